// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../cache/foresight.hpp"
#include "../execution/atomics.hpp"
#include "../execution/tile.hpp"
#include "batch.hpp"
#include "plan.hpp"
#include "tables_view.hpp"

#include <cstdint>
#include <type_traits>

namespace hotrow::detail {

/// Notes the first bad index of the first batch that has one; `RecordBadIndex` adds its values.
template <class RowId>
HOTROW_HD void report_index(const TablesView<RowId>& tables, std::uint32_t position) {
    if (tables.bad_input->recorded == 0u) atomic_minimum(&tables.bad_input->position, position);
}

/// Calls `f(from, to, table)` for the stretches of lookups `from .. to` in one table that make up block `index`, of `block`
/// lookups. Ends whatever the offsets say.
template <class RowId, Index I, class F>
HOTROW_HD void for_each_stretch_of_table(const TablesView<RowId>& tables, const BatchView<I>& batch, std::uint64_t index, std::uint32_t block, F&& f) {
    std::uint32_t from = static_cast<std::uint32_t>(index) * block;
    const std::uint32_t last = batch.lookups - from < block ? batch.lookups : from + block;
    for (std::uint32_t table = batch.bag_of(from) / batch.batch_size; from < last; ++table) {
        const bool goes_on = table + 1u < tables.tables;
        const std::int64_t end = goes_on ? static_cast<std::int64_t>(batch.offsets[(table + 1u) * batch.batch_size]) : std::int64_t{last};
        const std::uint32_t to = end < std::int64_t{last} ? static_cast<std::uint32_t>(end > 0 ? end : 0) : last;
        if (to <= from) continue;
        f(from, to, table);
        from = to;
    }
}

/// Calls `f(position, row)` for lookups `from .. to` of one table. `row` is the linear id, and the number of rows for a bad index, which is reported
/// with `reports`.
template <class RowId, Index I, class F>
HOTROW_HD void for_each_row(const TablesView<RowId>& tables, const BatchView<I>& batch, std::uint32_t from, std::uint32_t to, std::uint32_t table, bool reports,
                            F&& f) {
    using U = std::make_unsigned_t<I>;  // negative indices become huge
    const std::uint64_t begin = tables.table_begin[table];
    const std::uint64_t rows = tables.table_begin[table + 1u] - begin;
    constexpr std::uint64_t most = std::uint64_t{1} << (8 * sizeof(I) - 1);
    const U limit = static_cast<U>(rows < most ? rows : most);
    const RowId first = static_cast<RowId>(begin), bad = static_cast<RowId>(tables.geometry.rows);
    std::uint32_t wrong = 0;
    for (std::uint32_t p = from; p < to; ++p) {
        const U row = static_cast<U>(batch.indices[p]);
        wrong |= row < limit ? 0u : 1u;
        f(p, row < limit ? static_cast<RowId>(first + static_cast<RowId>(row)) : bad);
    }
    if (wrong == 0u || !reports) return;
    for (std::uint32_t p = from; p < to; ++p) {
        if (static_cast<U>(batch.indices[p]) >= limit) report_index(tables, p);
    }
}

/// First step of a plan: the key of each lookup, and its bag. A call serves many lookups, so that tables and bags are looked for
/// once: `block` neighbours, in loops that vectorise, or as many of a warp's, `stride` apart, so that lanes touch neighbours.
template <class RowId, Index I>
struct MakeKeys {
    TablesView<RowId> tables;
    BatchView<I> batch;
    PlanView<RowId> plan;
    std::uint32_t block;
    std::uint32_t stride;

    template <Tile TileType>
    HOTROW_HD void operator()(const TileType&, std::uint64_t index) const {
#if defined(__CUDA_ARCH__)
        const std::uint32_t lane = static_cast<std::uint32_t>(index) % stride;
        make_apart((static_cast<std::uint32_t>(index) - lane) * block + lane);
#else
        make_neighbours(index);
#endif
    }

private:
    HOTROW_HD void make_neighbours(std::uint64_t index) const {
        const Geometry<RowId> geometry = tables.geometry;
        RowId* const keys = plan.keys;
        std::uint32_t* const positions = plan.positions;
        for_each_stretch_of_table(tables, batch, index, block, [&](std::uint32_t from, std::uint32_t to, std::uint32_t table) {
            for_each_row(tables, batch, from, to, table, true, [&](std::uint32_t p, RowId row) { keys[p] = geometry.key(row); });
            for (std::uint32_t p = from; p < to; ++p) positions[p] = p;
            name_bags(from, to);
        });
    }

    HOTROW_HD void name_bags(std::uint32_t from, std::uint32_t to) const {
        for (std::uint32_t bag = batch.bag_of(from); from < to; ++bag) {
            const std::int64_t end = bag + 1u < batch.bags ? static_cast<std::int64_t>(batch.offsets[bag + 1u]) : std::int64_t{to};
            for (; from < to && std::int64_t{from} < end; ++from) plan.bags[from] = bag;
        }
    }

    HOTROW_HD void make_apart(std::uint32_t first) const {
        if (first >= batch.lookups) return;
        std::uint32_t bag = batch.bag_of(first);
        std::uint32_t next_bag = bag_after(bag);
        std::uint32_t table = bag / batch.batch_size;
        std::uint64_t begin = tables.table_begin[table], rows = tables.table_begin[table + 1u] - begin;
        for (std::uint32_t k = 0, p = first; k < block && p < batch.lookups; ++k, p += stride) {
            if (p >= next_bag) {
                do { next_bag = bag_after(++bag); } while (p >= next_bag);
                if (bag - table * batch.batch_size >= batch.batch_size) {
                    table = bag / batch.batch_size;
                    begin = tables.table_begin[table];
                    rows = tables.table_begin[table + 1u] - begin;
                }
            }
            const std::uint64_t row = static_cast<std::uint64_t>(static_cast<std::int64_t>(batch.indices[p]));
            const bool bad = row >= rows;
            if (bad) report_index(tables, p);
            plan.keys[p] = tables.geometry.key(static_cast<RowId>(bad ? tables.geometry.rows : begin + row));
            plan.positions[p] = p;
            plan.bags[p] = bag;
        }
    }

    /// The first lookup behind a bag, which is behind the batch for the last one.
    HOTROW_HD std::uint32_t bag_after(std::uint32_t bag) const { return bag + 1u < batch.bags ? batch.begin(bag + 1u) : ~std::uint32_t{0}; }
};

/// Checks that offsets start at 0, never decrease, and end at the number of lookups. A call serves `block` bags.
template <class RowId, Index I>
struct CheckOffsets {
    TablesView<RowId> tables;
    BatchView<I> batch;
    std::uint32_t block;

    template <Tile TileType>
    HOTROW_HD void operator()(const TileType&, std::uint64_t index) const {
        const std::uint32_t first = static_cast<std::uint32_t>(index) * block;
        const std::uint32_t last = batch.bags - first < block ? batch.bags : first + block;
        const I* const offsets = batch.offsets;
        std::uint32_t wrong = first == 0u && offsets[0] != 0 ? 1u : 0u;
        wrong |= last == batch.bags && static_cast<std::int64_t>(offsets[last]) != static_cast<std::int64_t>(batch.lookups) ? 1u : 0u;
        for (std::uint32_t bag = first; bag < last; ++bag) wrong |= offsets[bag] > offsets[bag + 1u] ? 1u : 0u;
        if (wrong == 0u) return;
        for (std::uint32_t bag = first; bag < last; ++bag) {
            const bool first_wrong = bag == 0u && offsets[0] != 0;
            const bool last_wrong = bag + 1u == batch.bags && static_cast<std::int64_t>(offsets[batch.bags]) != static_cast<std::int64_t>(batch.lookups);
            if (offsets[bag] > offsets[bag + 1u] || first_wrong || last_wrong) atomic_minimum(&tables.bad_input->bag, bag);
        }
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
        for_each_stretch_of_table(tables, batch, index, block, [&](std::uint32_t from, std::uint32_t to, std::uint32_t table) {
            for_each_row(tables, batch, from, to, table, false, [&](std::uint32_t, RowId row) {
                if (row != tables.geometry.rows) foresight.add(row, step);
            });
        });
    }
};

}  // namespace hotrow::detail
