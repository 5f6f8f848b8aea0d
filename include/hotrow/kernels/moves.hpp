// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../batch/plan.hpp"
#include "../embedding_view.hpp"

#include <cstdint>

namespace hotrow::detail {

/// Moves the rows as the set walk decided: one tile a run. A dirty victim is encoded to its stored row, then the
/// admitted row is decoded into the line. Rows of different runs differ, so no two tiles share a byte.
template <class View>
struct MoveRows {
    View view;
    PlanView<typename View::RowId> plan;

    template <Tile TileType>
    HOTROW_HD void operator()(const TileType& tile, std::uint64_t run) const {
        prefetch(run);
        const auto evicted = plan.run_evicted[run];
        if (evicted == plan.not_admitted) return;
        const std::uint64_t slot = plan.run_location[run];
        float values[RowShape<View::dim, TileType::lanes>::local];
        if (evicted != plan.nothing_to_write) {
            view.load_line(tile, slot, values);
            View::RowFormat::template encode<View::dim>(tile, values, view.stored_row(evicted), view.random_key(evicted));
        }
        const auto row = view.geometry.row(plan.keys[plan.run_begin[run]]);
        View::RowFormat::template decode<View::dim>(tile, view.stored_row(row), values);
        view.store_line(tile, slot, values);
    }

private:
    /// Moves are few among runs: look further ahead than a lookup does.
    HOTROW_HD void prefetch(std::uint64_t run) const {
#if !defined(__CUDA_ARCH__)
        const std::uint64_t ahead = run + prefetch_distance;
        if (ahead >= *plan.run_count || plan.run_evicted[ahead] == plan.not_admitted) return;
        view.prefetch(plan.run_location[ahead]);
        view.prefetch(view.stored_location(view.geometry.row(plan.keys[plan.run_begin[ahead]])));
        if (plan.run_evicted[ahead] != plan.nothing_to_write) view.prefetch(view.stored_location(plan.run_evicted[ahead]));
#else
        (void)run;
#endif
    }
};

/// Encodes every dirty line to its stored row and marks it clean; one tile a slot.
template <class View>
struct FlushLines {
    View view;

    template <Tile TileType>
    HOTROW_HD void operator()(const TileType& tile, std::uint64_t slot) const {
        if (view.dirty[slot] == 0u) return;
        const auto row = view.tags[slot];
        float values[RowShape<View::dim, TileType::lanes>::local];
        view.load_line(tile, slot, values);
        View::RowFormat::template encode<View::dim>(tile, values, view.stored_row(row), view.random_key(row));
        tile.sync();  // every lane has read the dirty bit
        if (tile.rank() == 0) view.dirty[slot] = 0u;
    }
};

}  // namespace hotrow::detail
