// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../batch/tables_view.hpp"
#include "../config.hpp"
#include "../execution/tile.hpp"

#include <cstdint>

namespace hotrow {

/// Which rows are in which lines; enough to find a row.
template <int Ways, class RowIdType>
struct TagsView : TablesView<RowIdType> {
    using RowId = RowIdType;
    static constexpr int ways = Ways;

    RowId* tags;          ///< [slots] row of each line, or `no_row`
    std::uint8_t* dirty;  ///< [slots] 1: the line differs from its stored row

    HOTROW_HD std::uint64_t slots() const { return this->geometry.sets * static_cast<std::uint64_t>(Ways); }
    HOTROW_HD RowId stored_location(RowId row) const { return static_cast<RowId>(slots() + row); }

    /// The slot of `row` if it is cached, else `nowhere`: compares the tags of its set.
    template <Tile TileType>
    HOTROW_HD RowId probe(const TileType& tile, RowId row) const {
        if (this->geometry.sets == 0) return nowhere<RowId>;
        const std::uint64_t base = this->geometry.set(this->geometry.key(row)) * static_cast<std::uint64_t>(Ways);
        std::uint32_t found = 0;
        for (int way = tile.rank(); way < Ways; way += TileType::lanes) {
            found = tags[base + static_cast<std::uint64_t>(way)] == row ? static_cast<std::uint32_t>(way) + 1u : found;
        }
        found = highest(tile, found);
        return found == 0 ? nowhere<RowId> : static_cast<RowId>(base + found - 1u);
    }

    /// Where `row` is now: its line, or its stored row.
    template <Tile TileType>
    HOTROW_HD RowId locate(const TileType& tile, RowId row) const {
        const RowId slot = probe(tile, row);
        return slot == nowhere<RowId> ? stored_location(row) : slot;
    }
};

/// The cache without its lines: what decisions are made from.
template <class CacheType, class RowIdType>
struct CacheView : TagsView<CacheType::ways, RowIdType> {
    using RowId = RowIdType;
    using Eviction = typename CacheType::Eviction_t;
    using Admission = typename CacheType::Admission_t;
    using Score = typename Eviction::Score;

    Score* scores;  ///< [slots] what the eviction policy keeps
};

}  // namespace hotrow
