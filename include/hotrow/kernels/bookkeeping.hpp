// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../batch/tables_view.hpp"
#include "../cache/cache_view.hpp"
#include "../config.hpp"
#include "../execution/arithmetic.hpp"
#include "../execution/tile.hpp"
#include "../statistics.hpp"

#include <cstdint>

/// Tiny single-thread tasks that run in stream order, so that a captured step repeats them.
namespace hotrow::detail {

/// A new step begins: random keys and cache clocks of the batch depend on it.
struct AdvanceStep {
    std::uint64_t* step;
    std::uint64_t* lookups;
    std::uint64_t* plan_step;
    std::uint64_t* plan_lookups_before;
    std::uint32_t lookups_of_batch;
    template <Tile TileType>
    HOTROW_HD void operator()(const TileType&, std::uint64_t) const {
        *plan_step = ++*step;
        *plan_lookups_before = *lookups;
        *lookups += lookups_of_batch;
    }
};

/// A plan that is no step: it takes the clock as it stands.
struct TakeClock {
    const std::uint64_t* step;
    const std::uint64_t* lookups;
    std::uint64_t* plan_step;
    std::uint64_t* plan_lookups_before;
    std::uint32_t* run_count;
    std::uint32_t runs;
    template <Tile TileType>
    HOTROW_HD void operator()(const TileType&, std::uint64_t) const {
        *plan_step = *step;
        *plan_lookups_before = *lookups;
        *run_count = runs;
    }
};

/// One call a row: its line, if it has one, may be evicted again.
template <class TagsViewType>
struct UnpinRows {
    TagsViewType tags;
    const typename TagsViewType::RowId* rows;
    template <Tile TileType>
    HOTROW_HD void operator()(const TileType& tile, std::uint64_t i) const {
        const auto slot = tags.probe(tile, rows[i]);
        if (slot != nowhere<typename TagsViewType::RowId> && tile.rank() == 0) tags.flags[slot] &= static_cast<std::uint8_t>(~LineFlag::pinned);
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

/// A new learning rate. A separate task: other hyperparameters may have been changed where they are.
template <class OptimizerType>
struct SetLearningRate {
    OptimizerType* to;
    float rate;
    template <Tile TileType>
    HOTROW_HD void operator()(const TileType&, std::uint64_t) const {
        to->learning_rate = rate;
    }
};

/// The same with a rate that is read when it is needed, and reported if it is none.
template <class OptimizerType>
struct SetLearningRateFrom {
    OptimizerType* to;
    const float* rate;
    BadInput* bad_input;
    template <Tile TileType>
    HOTROW_HD void operator()(const TileType&, std::uint64_t) const {
        const float read = *rate;
        if (read >= 0.0f && arithmetic::is_finite(read)) {
            to->learning_rate = read;
        } else {
            bad_input->rate = read;
            bad_input->has_rate = 1u;
        }
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
        cache.set_score(slot, typename CacheViewType::Score{});
        cache.flags[slot] = 0u;
    }
};

/// Nothing remembered. One call a ghost.
struct ClearGhosts {
    Ghost* ghosts;
    template <Tile TileType>
    HOTROW_HD void operator()(const TileType&, std::uint64_t i) const {
        ghosts[i] = 0u;
    }
};

}  // namespace hotrow::detail
