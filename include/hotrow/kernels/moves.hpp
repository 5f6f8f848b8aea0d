// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../batch/plan.hpp"
#include "../batch/tables_view.hpp"
#include "../cache/cache_view.hpp"
#include "../storage/rows_view.hpp"

#include <cstdint>

namespace hotrow::detail {

/// Moves the rows as the set walk decided: one tile a run. A dirty victim is encoded to its stored row, then the
/// admitted row is decoded into the line. Rows of different runs differ, so no two tiles share a byte.
template <class Rows>
struct MoveRows {
    TablesView<typename Rows::RowId> tables;
    Rows rows;
    PlanView<typename Rows::RowId> plan;

    template <Tile TileType>
    HOTROW_HD void operator()(const TileType& tile, std::uint64_t run) const {
        prefetch(run);
        const auto evicted = plan.run_evicted[run];
        if (evicted == plan.not_admitted) return;
        const std::uint64_t slot = plan.run_location[run];
        float values[RowShape<Rows::dim, TileType::lanes>::local];
        if (evicted != plan.nothing_to_write) {
            rows.load_line(tile, slot, values);
            rows.store_stored(tile, evicted, values, tables.random_key(evicted, *plan.step));
        }
        rows.load_stored(tile, tables.geometry.row(plan.keys[plan.run_begin[run]]), values);
        rows.store_line(tile, slot, values);
    }

private:
    /// Moves are few among runs: look further ahead than a lookup does.
    HOTROW_HD void prefetch(std::uint64_t run) const {
#if !defined(__CUDA_ARCH__)
        const std::uint64_t ahead = run + prefetch_distance;
        if (ahead >= *plan.run_count || plan.run_evicted[ahead] == plan.not_admitted) return;
        rows.prefetch(plan.run_location[ahead]);
        rows.prefetch_stored(tables.geometry.row(plan.keys[plan.run_begin[ahead]]));
        if (plan.run_evicted[ahead] != plan.nothing_to_write) rows.prefetch_stored(plan.run_evicted[ahead]);
#else
        (void)run;
#endif
    }
};

/// Encodes every dirty line to its stored row and marks it clean; one tile a slot.
template <class Rows>
struct FlushLines {
    TablesView<typename Rows::RowId> tables;
    Rows rows;
    const typename Rows::RowId* tags;
    std::uint8_t* flags;

    template <Tile TileType>
    HOTROW_HD void operator()(const TileType& tile, std::uint64_t slot) const {
        if ((flags[slot] & LineFlag::dirty) == 0u) return;
        const auto row = tags[slot];
        float values[RowShape<Rows::dim, TileType::lanes>::local];
        rows.load_line(tile, slot, values);
        rows.store_stored(tile, row, values, tables.random_key(row, *tables.step));
        tile.sync();  // every lane has read the flag
        if (tile.rank() == 0) flags[slot] &= static_cast<std::uint8_t>(~LineFlag::dirty);
    }
};

}  // namespace hotrow::detail
