// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../embedding_view.hpp"

#include <cstdint>

/// Tiny single-thread tasks that run in stream order, so that a captured step repeats them.
namespace hotrow::detail {

/// A new step begins: random keys and cache clocks of the batch depend on it.
template <class View>
struct AdvanceStep {
    View view;
    template <Tile TileType>
    HOTROW_HD void operator()(const TileType&, std::uint64_t) const {
        ++view.state->step;
    }
};

/// New hyperparameters.
template <class View>
struct SetOptimizer {
    View view;
    typename View::OptimizerPolicy optimizer;
    template <Tile TileType>
    HOTROW_HD void operator()(const TileType&, std::uint64_t) const {
        view.state->optimizer = optimizer;
    }
};

/// Nothing reported yet.
template <class View>
struct ResetReports {
    View view;
    template <Tile TileType>
    HOTROW_HD void operator()(const TileType&, std::uint64_t) const {
        view.state->bad_input = BadInput{};
    }
};

template <class View>
struct ResetCounts {
    View view;
    template <Tile TileType>
    HOTROW_HD void operator()(const TileType&, std::uint64_t) const {
        view.state->counts = Counts{};
    }
};

/// An empty cache: no tags, nothing dirty. One call a slot.
template <class View>
struct ClearSlots {
    View view;
    template <Tile TileType>
    HOTROW_HD void operator()(const TileType&, std::uint64_t slot) const {
        view.tags[slot] = View::no_row;
        view.scores[slot] = typename View::Score{};
        view.dirty[slot] = 0u;
    }
};

}  // namespace hotrow::detail
