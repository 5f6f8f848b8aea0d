// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../batch/tables_view.hpp"
#include "../config.hpp"
#include "../execution/tile.hpp"
#include "foresight.hpp"
#include "ghosts.hpp"

#include <cstdint>
#include <type_traits>

namespace hotrow {

/// What is known of a line, in one byte: two lines of one word may be written by different tiles.
namespace LineFlag {
inline constexpr std::uint8_t dirty = 1;   ///< it differs from its stored row
inline constexpr std::uint8_t pinned = 2;  ///< it is never evicted
}  // namespace LineFlag

/// Which rows are in which lines; enough to find a row.
template <int Ways, class RowIdType>
struct TagsView : TablesView<RowIdType> {
    using RowId = RowIdType;
    static constexpr int ways = Ways;

    RowId* tags;          ///< [slots] row of each line, or `no_row`
    std::uint8_t* flags;  ///< [slots] `LineFlag`s

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
    static constexpr int ghosts_per_set = CacheType::ghosts_per_set;
    static constexpr bool has_score = !std::is_empty_v<Score>;

    Score* scores;                       ///< [slots] what the eviction policy keeps
    detail::Ghost* ghosts;               ///< [sets][ghosts_per_set]
    ForesightView<RowIdType> foresight;  ///< what announced batches need; empty for policies that do not look ahead

    HOTROW_HD Score score(std::uint64_t slot) const {
        if constexpr (has_score) {
            return scores[slot];
        } else {
            return {};
        }
    }
    HOTROW_HD void set_score(std::uint64_t slot, Score score) const {
        if constexpr (has_score) scores[slot] = score;
    }
};

}  // namespace hotrow
