// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../execution/tile.hpp"
#include "batch.hpp"
#include "plan.hpp"
#include "tables_view.hpp"

#include <cstdint>

#if !defined(__CUDA_ARCH__)
#include <atomic>
#endif

namespace hotrow::detail {

/// Keeps the least value seen at `address`; integers, so the order of threads does not matter.
HOTROW_HD inline void atomic_minimum(std::uint64_t* address, std::uint64_t value) {
#if defined(__CUDA_ARCH__)
    atomicMin(reinterpret_cast<unsigned long long*>(address), static_cast<unsigned long long>(value));
#else
    std::atomic_ref<std::uint64_t> least(*address);
    std::uint64_t seen = least.load(std::memory_order_relaxed);
    while (value < seen && !least.compare_exchange_weak(seen, value, std::memory_order_relaxed)) {
    }
#endif
}

/// Notes the first bad index of the first batch that has one; `RecordBadIndex` adds its values.
template <class RowId>
HOTROW_HD void report_index(const TablesView<RowId>& tables, std::uint32_t position) {
    if (tables.bad_input->recorded == 0u) atomic_minimum(&tables.bad_input->position, position);
}

/// First step of a plan: the key of each lookup. One call serves `block` consecutive lookups: one search for
/// the first one's bag, then a walk along the offsets.
template <class RowId, Index I>
struct MakeKeys {
    TablesView<RowId> tables;
    BatchView<I> batch;
    PlanView<RowId> plan;
    std::uint32_t block;

    template <Tile TileType>
    HOTROW_HD void operator()(const TileType&, std::uint64_t index) const {
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
            const bool valid = row < rows;
            plan.bags[p] = bag;
            plan.positions[p] = p;
            plan.keys[p] = tables.geometry.key(valid ? begin + row : tables.geometry.rows);
            if (!valid) report_index(tables, p);
        }
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

}  // namespace hotrow::detail
