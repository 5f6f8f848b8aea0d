// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "batch/batch.hpp"
#include "memory/placement.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace hotrow {

/// What an embedding is made from; the types are template parameters, the numbers are here.
template <class OptimizerType, class PlacementType = BackendMemory>
struct EmbeddingOptions {
    std::vector<std::int64_t> table_rows;      ///< rows of each table; at least one table, each with at least one row
    double cache_fraction = 0.05;              ///< lines over rows, 0 to 1; 0 means no cache
    std::optional<std::int64_t> cache_sets{};  ///< number of sets, instead of what `cache_fraction` gives
    std::uint64_t seed = 0;                    ///< all random bits depend on it
    OptimizerType optimizer{};                 ///< hyperparameters
    std::optional<float> initial_range{};      ///< rows start uniform in +- this; default: sqrt(1 / rows of the table)
    std::int64_t max_lookups = 0;              ///< workspace reserved for batches of this many lookups
    int in_flight = 1;                         ///< plans that may be in flight at a time, 1 to 8; more allow prefetching
    Bounds bounds = Bounds::report;            ///< what an index outside its table does
    int threads = 0;                           ///< `Host` only: 0 takes all cores
    PlacementType placement{};                 ///< where stored rows live: a path, for a `MappedFile`
};

}  // namespace hotrow
