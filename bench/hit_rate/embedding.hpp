// SPDX-License-Identifier: Apache-2.0
// The embeddings that the benchmark can run, by name. Each is a `hotrow::CachedEmbedding` of the library, behind plain
// functions, so that what compiles for long compiles in files of its own.
#pragma once

#include "batches.hpp"

#include <hotrow/footprint.hpp>
#include <hotrow/statistics.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace hit_rate {

inline constexpr int dim = 64;
inline constexpr int default_ways = 32;
inline constexpr const char* default_policy = "lfu_aged";
inline constexpr const char* default_precision = "int8";

/// Rows that a training run reads and writes, counted as if no processor cache kept any. A lookup of a row in a line
/// reads a line, any other reads the stored row; a row that enters is read from its stored row and written to its line;
/// a write-back is the reverse; an update reads and writes the row where it is.
struct Traffic {
    std::uint64_t stored_reads = 0, stored_writes = 0;
    std::uint64_t line_reads = 0, line_writes = 0;
};

/// What one pass over a trace did.
struct Replay {
    hotrow::Statistics statistics;
    Traffic traffic;
    double seconds = 0;  ///< of plan and forward, and of announcing
};

/// One choice of eviction policy (with admission and ghosts), ways and row format.
struct Embedding {
    std::string policy;
    int ways;
    std::string precision;
    std::int64_t stored_row_bytes;
    /// Bytes with so many sets.
    hotrow::Footprint (*footprint)(const std::vector<std::int64_t>& table_rows, std::int64_t sets, std::int64_t lookups);
    /// Trains on all batches once, from an empty cache: plan, forward, backward. Batches of one lookup get plan and
    /// forward only.
    Replay (*replay)(const Batches& batches, std::int64_t sets, int threads);
    /// Root of the mean square of the error of a stored row of standard Gaussian elements, with stochastic rounding.
    double (*row_error)();

    std::int64_t sets_for(double share, std::uint32_t rows) const;
};

/// All of them.
const std::vector<Embedding>& embeddings();

// The files that they come from.
void add_policies(std::vector<Embedding>& all);
void add_ways_lru(std::vector<Embedding>& all);
void add_ways_lfu_aged(std::vector<Embedding>& all);
void add_precisions(std::vector<Embedding>& all);

}  // namespace hit_rate
