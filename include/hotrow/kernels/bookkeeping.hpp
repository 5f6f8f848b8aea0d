// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../batch/tables_view.hpp"
#include "../execution/tile.hpp"
#include "../statistics.hpp"

#include <cstdint>

/// Tiny single-thread tasks that run in stream order, so that a captured step repeats them.
namespace hotrow::detail {

/// A new step begins: random keys and cache clocks of the batch depend on it.
struct AdvanceStep {
    std::uint64_t* step;
    std::uint64_t* plan_step;
    template <Tile TileType>
    HOTROW_HD void operator()(const TileType&, std::uint64_t) const {
        *plan_step = ++*step;
    }
};

/// New hyperparameters.
template <class OptimizerType>
struct SetOptimizer {
    OptimizerType* to;
    OptimizerType optimizer;
    template <Tile TileType>
    HOTROW_HD void operator()(const TileType&, std::uint64_t) const {
        *to = optimizer;
    }
};

/// Nothing reported yet.
struct ResetReports {
    BadInput* bad_input;
    template <Tile TileType>
    HOTROW_HD void operator()(const TileType&, std::uint64_t) const {
        *bad_input = BadInput{};
    }
};

/// All counters to zero. One call a counter.
struct ResetCounts {
    std::uint64_t* values;
    template <Tile TileType>
    HOTROW_HD void operator()(const TileType&, std::uint64_t i) const {
        values[i] = 0;
    }
};

/// An empty cache: no tags, nothing dirty. One call a slot.
template <class CacheViewType>
struct ClearSlots {
    CacheViewType cache;
    template <Tile TileType>
    HOTROW_HD void operator()(const TileType&, std::uint64_t slot) const {
        cache.tags[slot] = no_row<typename CacheViewType::RowId>;
        cache.scores[slot] = typename CacheViewType::Score{};
        cache.dirty[slot] = 0u;
    }
};

}  // namespace hotrow::detail
