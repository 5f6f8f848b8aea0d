// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../config.hpp"
#include "../execution/bits.hpp"
#include "../execution/tile.hpp"
#include "cache_view.hpp"
#include "eviction/eviction.hpp"
#include "ghosts.hpp"

#include <cstdint>
#include <type_traits>

namespace hotrow::detail {

/// One set in a tile's registers while a batch is planned: lane l has the ways l, l + lanes, ... Hits are entered at once, admissions
/// are only noted: a better row may still take the way, and nothing is written before all are settled.
template <class CacheViewType, Tile TileType>
class SetState {
public:
    using RowId = typename CacheViewType::RowId;
    using Eviction = typename CacheViewType::Eviction;
    using Admission = typename CacheViewType::Admission;
    using Score = typename Eviction::Score;

    static constexpr int ways = CacheViewType::ways;
    static constexpr int local = (ways + TileType::lanes - 1) / TileType::lanes;

    HOTROW_HD SetState(const CacheViewType& cache, const TileType& tile, std::uint64_t set, const CacheClock& clock)
        : cache_(cache), tile_(tile), clock_(clock), base_(set * static_cast<std::uint64_t>(ways)) {
        if constexpr (TileType::lanes > 1) load_tags();
    }

    HOTROW_HD std::uint64_t slot(int way) const { return base_ + static_cast<std::uint64_t>(way); }

    /// The way that holds `row`, plus one; 0 if none does.
    HOTROW_HD std::uint32_t find(RowId row) const {
        std::uint32_t found = 0;
        if constexpr (TileType::lanes == 1) {  // most sets have one run and a hit: not worth a copy
            const RowId* const tags = cache_.tags + base_;
            for (int way = 0; way < ways; ++way) found = tags[way] == row ? static_cast<std::uint32_t>(way) + 1u : found;
        } else {
            HOTROW_UNROLL
            for (int j = 0; j < local; ++j) {
                const std::uint32_t here = tile_.ballot(tags_[j] == row);
                found = here != 0u ? static_cast<std::uint32_t>(j * TileType::lanes + bit_width(here)) : found;
            }
        }
        return found;
    }

    /// The batch looks up the row in `way`: it stays. Called by all lanes.
    HOTROW_HD void keep(int way) {
        on_owner(way, [&](int j) { in_use_[j / 64] |= std::uint64_t{1} << j % 64; });
    }
    /// The policy's account of that. Called by one lane.
    HOTROW_HD void hit(int way, std::uint32_t lookups) const { cache_.set_score(slot(way), Eviction::hit(cache_.score(slot(way)), clock_, lookups)); }

    /// Orders the lines; once, after all hits.
    HOTROW_HD void weigh() {
        if constexpr (TileType::lanes == 1) load_tags();
        HOTROW_UNROLL
        for (int j = 0; j < local; ++j) {
            const bool exists = way_of(j) < ways;
            scores_[j] = exists ? cache_.score(slot(way_of(j))) : Score{};
            admitted_[j] = nobody;
            const bool stays = !exists || (in_use_[j / 64] >> j % 64 & 1u) != 0u || (cache_.flags[slot(way_of(j))] & LineFlag::pinned) != 0u;
            if (stays) {
                ranks_[j] = none;
            } else if (tags_[j] == no_row<RowId>) {
                ranks_[j] = static_cast<std::uint64_t>(way_of(j));
            } else {
                ranks_[j] = rank(priority(scores_[j], slot(way_of(j)), tags_[j]), way_of(j), false);
            }
        }
    }

    /// A line that could be evicted.
    class Victim {
    public:
        HOTROW_HD explicit Victim(std::uint64_t rank) : rank_(rank) {}
        HOTROW_HD bool exists() const { return rank_ != none; }
        HOTROW_HD bool is_empty() const { return rank_ >> 8 == 0u; }
        HOTROW_HD bool is_of_this_batch() const { return (rank_ & 0x80u) != 0u; }
        HOTROW_HD int way() const { return static_cast<int>(rank_ & 0x7fu); }
        HOTROW_HD std::uint64_t rank() const { return rank_; }
        HOTROW_HD std::uint32_t priority() const { return static_cast<std::uint32_t>(((rank_ >> 8) & 0x1ffffffffu) - 1u); }

    private:
        std::uint64_t rank_;
    };

    /// The line to evict next: empty ways first, then the least priority, then the lowest way. `held(row)` says of a row that a
    /// batch in flight uses it: its line stays too.
    template <class Held>
    HOTROW_HD Victim victim(Held&& held) {
        if (!knows_next_) {
            next_ = find_victim(held).rank();
            knows_next_ = true;
        }
        return Victim(next_);
    }

    /// Priority that `row` would have in `way`.
    HOTROW_HD std::uint32_t priority_in(int way, Score score, RowId row) const { return priority(score, slot(way), row); }

    /// Notes that the row of `run` takes the place of `victim`, for good if it is `pinned`.
    HOTROW_HD void enter(const Victim& victim, std::uint32_t run, RowId row, Score score, bool pinned) {
        const int way = victim.way();
        if constexpr (requires { Eviction::passed(score, score, clock_); }) {
            if (!victim.is_empty()) sweep(way, of_owner(way, scores_));
        }
        on_owner(way, [&](int j) {
            tags_[j] = row;
            scores_[j] = score;
            admitted_[j] = run;
            ranks_[j] = pinned ? none : rank(priority(score, slot(way), row), way, true);
        });
        knows_next_ = false;
    }

    /// Tag and score of a way, on every lane.
    HOTROW_HD RowId row_in(int way) const { return of_owner(way, tags_); }
    HOTROW_HD Score score_in(int way) const { return of_owner(way, scores_); }

    /// Writes the set as it is now. `admit(run, way, row, old row, was dirty)` is called for each row that has entered, by the lane that owns its way.
    template <class Admit>
    HOTROW_HD void settle(std::uint8_t new_flags, Admit&& admit) {
        HOTROW_UNROLL
        for (int j = 0; j < local; ++j) {
            if (way_of(j) >= ways) continue;
            const std::uint64_t s = slot(way_of(j));
            if (swept_) cache_.set_score(s, scores_[j]);
            if (admitted_[j] == nobody) continue;
            admit(admitted_[j], way_of(j), tags_[j], cache_.tags[s], (cache_.flags[s] & LineFlag::dirty) != 0u);
            cache_.tags[s] = tags_[j];
            cache_.set_score(s, scores_[j]);
            cache_.flags[s] = new_flags;
        }
    }

    HOTROW_HD const CacheClock& clock() const { return clock_; }

private:
    static constexpr std::uint64_t none = ~std::uint64_t{0};
    static constexpr std::uint32_t nobody = ~std::uint32_t{0};

    template <class Held>
    HOTROW_HD Victim find_victim(Held&& held) {
        for (;;) {
            std::uint64_t best = none;
            HOTROW_UNROLL
            for (int j = 0; j < local; ++j) best = ranks_[j] < best ? ranks_[j] : best;
            const Victim found(lowest(tile_, best));
            if (!found.exists() || found.is_empty() || found.is_of_this_batch()) return found;
            // Only the line that would go is looked for in the other plans, not all of the set.
            bool stays = false;
            on_owner(found.way(), [&](int j) {
                stays = held(tags_[j]);
                if (stays) ranks_[j] = none;
            });
            if (!tile_.any(stays)) return found;
        }
    }

    HOTROW_HD void load_tags() {
        HOTROW_UNROLL
        for (int j = 0; j < local; ++j) tags_[j] = way_of(j) < ways ? cache_.tags[slot(way_of(j))] : no_row<RowId>;
    }

    HOTROW_HD int way_of(int j) const { return j * TileType::lanes + tile_.rank(); }

    template <class F>
    HOTROW_HD void on_owner(int way, F&& f) const {
        if constexpr (TileType::lanes == 1) {
            f(way);
        } else {
            HOTROW_UNROLL
            for (int j = 0; j < local; ++j) {
                if (way_of(j) == way) f(j);
            }
        }
    }

    /// An element of the lane that owns `way`, on every lane.
    template <class T>
    HOTROW_HD T of_owner(int way, const T (&values)[local]) const {
        if constexpr (TileType::lanes == 1) {
            return values[way];
        } else if constexpr (std::is_empty_v<T>) {
            return {};
        } else {
            T value{};
            HOTROW_UNROLL
            for (int j = 0; j < local; ++j) {
                if (way / TileType::lanes == j) value = tile_.from(values[j], way % TileType::lanes);
            }
            return value;
        }
    }

    /// Order of eviction in one number: rows of this batch that do not compete, priority, rows of this batch, way.
    HOTROW_HD static std::uint64_t rank(std::uint32_t priority, int way, bool of_this_batch) {
        const std::uint64_t late = of_this_batch && !Admission::competes ? std::uint64_t{1} << 33 : 0u;
        return (late + 1u + priority) << 8 | (of_this_batch ? 0x80u : 0u) | static_cast<std::uint64_t>(way);
    }

    HOTROW_HD std::uint32_t priority(Score score, std::uint64_t slot, RowId row) const {
        if constexpr (looks_ahead<Eviction>) {
            return Eviction::priority(score, slot, clock_, cache_.foresight.next(row, clock_.step));
        } else {
            (void)row;
            return Eviction::priority(score, slot, clock_);
        }
    }

    /// The policy's account of an eviction, for the lines that stay.
    HOTROW_HD void sweep(int evicted_way, Score evicted) {
        swept_ = true;
        HOTROW_UNROLL
        for (int j = 0; j < local; ++j) {
            if (way_of(j) == evicted_way || tags_[j] == no_row<RowId>) continue;
            scores_[j] = Eviction::passed(scores_[j], evicted, clock_);
            if (ranks_[j] != none) ranks_[j] = rank(priority(scores_[j], slot(way_of(j)), tags_[j]), way_of(j), admitted_[j] != nobody);
        }
    }

    const CacheViewType& cache_;
    const TileType& tile_;
    CacheClock clock_;
    std::uint64_t base_;
    std::uint64_t in_use_[(local + 63) / 64] = {};  ///< one bit a way
    RowId tags_[local];                             ///< on the host from `weigh` on, as all below
    Score scores_[local];
    std::uint64_t ranks_[local];     ///< order of eviction
    std::uint32_t admitted_[local];  ///< run that enters
    std::uint64_t next_ = none;      ///< the line to evict, until a row enters
    bool knows_next_ = false;
    bool swept_ = false;
};

/// The ghosts of one set in a tile's registers.
template <class CacheViewType, Tile TileType>
class GhostState {
public:
    using Eviction = typename CacheViewType::Eviction;
    using Score = typename Eviction::Score;
    static constexpr int count = CacheViewType::ghosts_per_set;
    static constexpr int local = (count + TileType::lanes - 1) / TileType::lanes;

    HOTROW_HD GhostState(const CacheViewType& cache, const TileType& tile, std::uint64_t set, const CacheClock& clock)
        : tile_(tile), clock_(clock), ghosts_(cache.ghosts + set * static_cast<std::uint64_t>(count)) {
        HOTROW_UNROLL
        for (int j = 0; j < local; ++j) values_[j] = index_of(j) < count ? ghosts_[index_of(j)] : Ghost{0};
    }

    /// The ghost of a row: its place plus one, over the ghost; 0 if there is none.
    HOTROW_HD std::uint64_t find(std::uint16_t tag) const {
        std::uint64_t found = 0;
        HOTROW_UNROLL
        for (int j = 0; j < local; ++j) {
            if constexpr (TileType::lanes == 1) {
                const std::uint64_t here = (static_cast<std::uint64_t>(j) + 1u) << 32 | values_[j];
                found = ghost_is_of(values_[j], tag) ? here : found;
            } else {
                const std::uint32_t here = tile_.ballot(ghost_is_of(values_[j], tag));
                if (here == 0u) continue;
                const int lane = bit_width(here) - 1;
                found = static_cast<std::uint64_t>(j * TileType::lanes + lane + 1) << 32 | tile_.from(values_[j], lane);
            }
        }
        return found;
    }
    HOTROW_HD Score score_of(std::uint64_t found) const { return Eviction::recall(ghost_score(static_cast<Ghost>(found)), clock_); }

    /// The row of a found ghost has entered an empty way.
    HOTROW_HD void forget(std::uint64_t found) { put(found, 0u); }

    /// Remembers a row that is not cached: in the place of the ghost that was `found`, else of the least if it is not greater.
    HOTROW_HD void remember(std::uint64_t found, std::uint16_t tag, Score score) {
        const std::uint16_t kept = Eviction::remember(score, clock_);
        if (found == 0u) {
            const std::uint64_t least = find_least();
            if (1u + std::uint64_t{order_of(kept)} < least >> 8) return;
            found = ((least & 0xffu) + 1u) << 32;
        }
        put(found, make_ghost(tag, kept));
    }

    HOTROW_HD void settle() const {
        HOTROW_UNROLL
        for (int j = 0; j < local; ++j) {
            if (index_of(j) < count) ghosts_[index_of(j)] = values_[j];
        }
    }

private:
    HOTROW_HD int index_of(int j) const { return j * TileType::lanes + tile_.rank(); }
    HOTROW_HD std::uint32_t order_of(std::uint16_t kept) const { return Eviction::priority(Eviction::recall(kept, clock_), 0u, clock_); }

    /// Order of being forgotten: empty places first, then the least priority, then the lowest place.
    HOTROW_HD std::uint64_t rank(Ghost ghost, int index) const {
        const std::uint64_t order = ghost == 0u ? 0u : 1u + std::uint64_t{order_of(ghost_score(ghost))};
        return order << 8 | static_cast<std::uint64_t>(index);
    }
    HOTROW_HD std::uint64_t find_least() {
        if (!ranked_) {
            HOTROW_UNROLL
            for (int j = 0; j < local; ++j) ranks_[j] = index_of(j) < count ? rank(values_[j], index_of(j)) : ~std::uint64_t{0};
            ranked_ = true;
        }
        std::uint64_t least = ~std::uint64_t{0};
        HOTROW_UNROLL
        for (int j = 0; j < local; ++j) least = ranks_[j] < least ? ranks_[j] : least;
        return lowest(tile_, least);
    }
    HOTROW_HD void put(std::uint64_t found, Ghost ghost) {
        const int index = static_cast<int>(found >> 32) - 1;
        const std::uint64_t new_rank = ranked_ ? rank(ghost, index) : 0u;
        if constexpr (TileType::lanes == 1) {
            values_[index] = ghost;
            ranks_[index] = new_rank;
        } else {
            HOTROW_UNROLL
            for (int j = 0; j < local; ++j) {
                if (index_of(j) != index) continue;
                values_[j] = ghost;
                ranks_[j] = new_rank;
            }
        }
    }

    const TileType& tile_;
    CacheClock clock_;
    Ghost* ghosts_;
    Ghost values_[local];
    std::uint64_t ranks_[local];  ///< once `ranked_`
    bool ranked_ = false;
};

/// Nothing to remember.
template <class CacheViewType, Tile TileType>
    requires(CacheViewType::ghosts_per_set == 0)
class GhostState<CacheViewType, TileType> {
public:
    HOTROW_HD GhostState(const CacheViewType&, const TileType&, std::uint64_t, const CacheClock&) {}
    HOTROW_HD void settle() const {}
};

}  // namespace hotrow::detail
