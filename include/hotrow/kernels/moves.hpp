// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../batch/plan.hpp"
#include "../batch/tables_view.hpp"
#include "../cache/cache_view.hpp"
#include "../optimizer/states_view.hpp"
#include "../statistics.hpp"
#include "../storage/rows_view.hpp"

#include <cstdint>

namespace hotrow::detail {

/// Moves the rows as the set walk decided. A dirty victim is encoded to its stored row, then the admitted row is decoded into the
/// line. Rows of different runs differ, so no two tiles share a byte. `RowLanes` of a warp's lanes share a row; a warp looks at some neighbouring runs and
/// shares out those that move, as in `UpdateRows`. States that go with their rows move too.
template <class Rows, class States, int RowLanes>
struct MoveRows {
    using RowId = typename Rows::RowId;
    template <int Lanes>
    static constexpr int items_a_call = Lanes;

    TablesView<RowId> tables;
    Rows rows;
    PlanView<RowId> plan;
    States states;  ///< `MovedStates`

    template <Tile TileType>
    HOTROW_HD void operator()(const TileType& tile, std::uint64_t index) const {
        if constexpr (TileType::lanes == 1) {
            prefetch(index);
            if (plan.run_evicted[index] != plan.not_admitted) move(tile, move_of(static_cast<std::uint32_t>(index)));
        } else {
            const std::uint64_t run = index * static_cast<std::uint64_t>(TileType::lanes) + static_cast<std::uint64_t>(tile.rank());
            const bool moves = run < *plan.run_count && plan.run_evicted[run] != plan.not_admitted;
            const Move own = moves ? move_of(static_cast<std::uint32_t>(run)) : Move{};
            HOTROW_UNROLL_BY(1)
            for (int writes = 0; writes < 2; ++writes) {
                const bool is_of_kind = moves && (own.evicted != plan.nothing_to_write) == (writes != 0);
                tile.template share_out<RowLanes>(is_of_kind, [&](const auto& part, int from, bool takes) {
                    const Move one = broadcast(tile, own, from);
                    if (takes) move(part, one);
                });
            }
        }
    }

private:
    struct Move {
        RowId evicted;  ///< written back, unless `nothing_to_write`
        RowId admitted;
        RowId slot;
    };
    HOTROW_HD Move move_of(std::uint32_t run) const {
        return {plan.run_evicted[run], static_cast<RowId>(tables.geometry.row(plan.keys[plan.run_begin[run]])), plan.run_location[run]};
    }
    template <Tile TileType>
    HOTROW_HD void move(const TileType& tile, const Move& one) const {
        float values[RowShape<Rows::dim, TileType::lanes>::local];
        if (one.evicted != plan.nothing_to_write) {
            rows.begin_write(one.evicted);
            rows.load_line(tile, one.slot, values);
            rows.store_stored(tile, one.evicted, values, tables.random_key(one.evicted, *plan.step));
            states.to_record(tile, one.slot, one.evicted);
        }
        rows.with_record(one.admitted, [&](const std::byte* record) HOTROW_INLINE_LAMBDA {
            Rows::RowFormat::template decode<Rows::dim>(tile, record, values);
            states.to_line(tile, record, one.slot);
        });
        rows.store_line(tile, one.slot, values);
    }

    /// Moves are few among runs: look further ahead than a lookup does.
    HOTROW_HD void prefetch(std::uint64_t run) const {
#if !defined(__CUDA_ARCH__)
        const std::uint64_t ahead = run + prefetch_distance;
        if (ahead >= *plan.run_count || plan.run_evicted[ahead] == plan.not_admitted) return;
        rows.prefetch(plan.run_location[ahead]);
        states.prefetch(plan.run_location[ahead]);
        rows.prefetch_stored(tables.geometry.row(plan.keys[plan.run_begin[ahead]]));
        if (plan.run_evicted[ahead] != plan.nothing_to_write) rows.prefetch_stored(plan.run_evicted[ahead]);
#else
        (void)run;
#endif
    }
};

/// Asks the disk for the records that a batch needs: those of rows that are admitted, and those used in place. One call a run.
template <class Rows>
struct AskForRecords {
    Rows rows;
    PlanView<typename Rows::RowId> plan;
    Geometry<typename Rows::RowId> geometry;

    template <Tile TileType>
    HOTROW_HD void operator()(const TileType&, std::uint64_t run) const {
        const auto location = plan.run_location[run];
        if (location == nowhere<typename Rows::RowId>) return;
        if (plan.run_evicted[run] != plan.not_admitted) {
            rows.will_need(geometry.row(plan.keys[plan.run_begin[run]]));
        } else if (!rows.is_line(location)) {
            rows.will_need(rows.row_of(location));
        }
    }
};

/// Counts the bytes that `MoveRows` moves between records and lines. One call a run.
template <class RowId>
struct CountMoves {
    PlanView<RowId> plan;
    std::uint64_t record_bytes;

    template <Tile TileType>
    HOTROW_HD void operator()(const TileType&, std::uint64_t index, Counts counts) const {
        const std::uint32_t run = static_cast<std::uint32_t>(index);
        if (plan.run_evicted[run] == plan.not_admitted) return;
        const std::uint32_t table = plan.table_of_run(run);
        counts.add(table, bytes_read, record_bytes);
        if (plan.run_evicted[run] != plan.nothing_to_write) counts.add(table, bytes_written, record_bytes);
    }
};

/// Counts the bytes of records that are read and written where they lie, by a forward or a backward. One call a run.
template <class RowId>
struct CountInPlace {
    PlanView<RowId> plan;
    std::uint64_t slots;
    std::uint64_t read_a_lookup, read_a_row, written_a_row;

    template <Tile TileType>
    HOTROW_HD void operator()(const TileType&, std::uint64_t index, Counts counts) const {
        const std::uint32_t run = static_cast<std::uint32_t>(index);
        const RowId location = plan.run_location[run];
        if (location == nowhere<RowId> || location < slots) return;
        const std::uint32_t table = plan.table_of_run(run);
        counts.add(table, bytes_read, read_a_lookup * plan.run_length(run) + read_a_row);
        if (written_a_row != 0) counts.add(table, bytes_written, written_a_row);
    }
};

/// Encodes every dirty line to its stored row and marks it clean; one tile a slot.
template <class Rows, class States>
struct FlushLines {
    TablesView<typename Rows::RowId> tables;
    Rows rows;
    const typename Rows::RowId* tags;
    std::uint8_t* flags;
    States states;  ///< `MovedStates`

    template <Tile TileType>
    HOTROW_HD void operator()(const TileType& tile, std::uint64_t slot) const {
        if ((flags[slot] & LineFlag::dirty) == 0u) return;
        const auto row = tags[slot];
        float values[RowShape<Rows::dim, TileType::lanes>::local];
        rows.begin_write(row);
        rows.load_line(tile, slot, values);
        rows.store_stored(tile, row, values, tables.random_key(row, *tables.step));
        states.to_record(tile, slot, row);
        tile.sync();  // every lane has read the flag
        if (tile.rank() == 0) flags[slot] &= static_cast<std::uint8_t>(~LineFlag::dirty);
    }
};

}  // namespace hotrow::detail
