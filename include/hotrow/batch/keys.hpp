// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../cache/foresight.hpp"
#include "../execution/atomics.hpp"
#include "../execution/tile.hpp"
#include "batch.hpp"
#include "plan.hpp"
#include "tables_view.hpp"

#include <cstdint>

namespace hotrow::detail {

/// Notes the first bad index of the first batch that has one; `RecordBadIndex` adds its values.
template <class RowId>
HOTROW_HD void report_index(const TablesView<RowId>& tables, std::uint32_t position) {
    if (tables.bad_input->recorded == 0u) atomic_minimum(&tables.bad_input->position, position);
}

/// Calls `f(position, bag, row)` for the lookups of block `index`, each of `block` consecutive ones: one search for the first one's
/// bag, then a walk along the offsets. `row` is the linear id; for a bad index it is the number of rows.
template <class RowId, Index I, class F>
HOTROW_HD void for_each_lookup(const TablesView<RowId>& tables, const BatchView<I>& batch, std::uint64_t index, std::uint32_t block, F&& f) {
    const std::uint32_t first = static_cast<std::uint32_t>(index) * block;
    const std::uint32_t last = batch.lookups - first < block ? batch.lookups : first + block;
    std::uint32_t bag = batch.bag_of(first);
    std::uint32_t table = bag / batch.batch_size;
    for (std::uint32_t p = first; p < last; ++p) {
        while (bag + 1u < batch.bags && static_cast<std::int64_t>(batch.offsets[bag + 1u]) <= static_cast<std::int64_t>(p)) {
            ++bag;
            if (bag == (table + 1u) * batch.batch_size) ++table;
        }
        const std::uint64_t begin = tables.table_begin[table];
        const std::uint64_t rows = tables.table_begin[table + 1u] - begin;
        const std::uint64_t row = static_cast<std::uint64_t>(batch.indices[p]);  // negative ones become huge
        f(p, bag, row < rows ? begin + row : tables.geometry.rows);
    }
}

/// First step of a plan: the key of each lookup.
template <class RowId, Index I>
struct MakeKeys {
    TablesView<RowId> tables;
    BatchView<I> batch;
    PlanView<RowId> plan;
    std::uint32_t block;

    template <Tile TileType>
    HOTROW_HD void operator()(const TileType&, std::uint64_t index) const {
        for_each_lookup(tables, batch, index, block, [&](std::uint32_t p, std::uint32_t bag, std::uint64_t row) {
            plan.bags[p] = bag;
            plan.positions[p] = p;
            plan.keys[p] = tables.geometry.key(row);
            if (row == tables.geometry.rows) report_index(tables, p);
        });
    }
};

/// Checks that offsets start at 0, never decrease, and end at the number of lookups.
template <class RowId, Index I>
struct CheckOffsets {
    TablesView<RowId> tables;
    BatchView<I> batch;

    template <Tile TileType>
    HOTROW_HD void operator()(const TileType&, std::uint64_t bag) const {
        const std::int64_t begin = static_cast<std::int64_t>(batch.offsets[bag]);
        const std::int64_t end = static_cast<std::int64_t>(batch.offsets[bag + 1u]);
        const bool first_wrong = bag == 0u && begin != 0;
        const bool last_wrong = bag + 1u == batch.bags && end != static_cast<std::int64_t>(batch.lookups);
        if (begin > end || first_wrong || last_wrong) atomic_minimum(&tables.bad_input->bag, bag);
    }
};

/// Checks the indices of one bag, for reads without a plan.
template <class RowId, Index I>
struct CheckIndices {
    TablesView<RowId> tables;
    BatchView<I> batch;

    template <Tile TileType>
    HOTROW_HD void operator()(const TileType&, std::uint64_t index) const {
        const std::uint32_t bag = static_cast<std::uint32_t>(index);
        const std::uint32_t table = bag / batch.batch_size;
        const std::uint64_t rows = tables.table_begin[table + 1u] - tables.table_begin[table];
        for (std::uint32_t p = batch.begin(bag); p < batch.end(bag); ++p) {
            if (static_cast<std::uint64_t>(batch.indices[p]) >= rows) report_index(tables, p);
        }
    }
};

/// Notes which index it was, after `MakeKeys` of the same batch.
template <class RowId, Index I>
struct RecordBadIndex {
    TablesView<RowId> tables;
    BatchView<I> batch;

    template <Tile TileType>
    HOTROW_HD void operator()(const TileType&, std::uint64_t) const {
        BadInput& bad = *tables.bad_input;
        if (bad.position == BadInput::none || bad.recorded != 0u) return;
        bad.recorded = 1u;
        bad.index = static_cast<std::int64_t>(batch.indices[bad.position]);
        bad.table = batch.bag_of(static_cast<std::uint32_t>(bad.position)) / batch.batch_size;
        bad.limit = tables.table_begin[bad.table + 1u] - tables.table_begin[bad.table];
    }
};

/// What a coming batch will look up.
template <class RowId, Index I>
struct AnnounceLookups {
    TablesView<RowId> tables;
    BatchView<I> batch;
    ForesightView<RowId> foresight;
    std::uint64_t step;  ///< of the plan that it is announced for
    std::uint32_t block;

    template <Tile TileType>
    HOTROW_HD void operator()(const TileType&, std::uint64_t index) const {
        for_each_lookup(tables, batch, index, block, [&](std::uint32_t, std::uint32_t, std::uint64_t row) {
            if (row != tables.geometry.rows) foresight.add(static_cast<RowId>(row), step);
        });
    }
};

}  // namespace hotrow::detail
