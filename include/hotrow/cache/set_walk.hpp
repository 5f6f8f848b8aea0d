// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../batch/plan.hpp"
#include "../statistics.hpp"
#include "cache_view.hpp"
#include "../execution/prefetch.hpp"
#include "eviction.hpp"

#include <bit>
#include <cstdint>

namespace hotrow::detail {

/// Lanes of the tile that walks one set.
template <int Ways>
constexpr int set_lanes() {
    constexpr int ways = static_cast<int>(std::bit_ceil(static_cast<unsigned>(Ways)));
    return ways < 32 ? ways : 32;
}

/// The cache decisions of a plan. Runs are sorted by set; the tile of a set's first run walks all of that set's runs, so
/// one set has one writer and needs no atomics.
///
/// First pass: hits get their slot and may not be evicted by this batch. Second pass: misses, in key order, take an
/// empty way or the way of least priority that is not in use, if the admission policy agrees; else they stay in place.
/// Tags, scores and dirty bits are changed here; the rows themselves move afterwards (`MoveRows`).
template <class CacheViewType>
struct WalkSets {
    using RowId = typename CacheViewType::RowId;
    using Eviction = typename CacheViewType::Eviction;
    using Admission = typename CacheViewType::Admission;

    CacheViewType cache;
    PlanView<RowId> plan;
    PlansInFlight<RowId> in_flight;

    template <Tile TileType>
    HOTROW_HD void operator()(const TileType& tile, std::uint64_t index, Counts counts) const {
        const std::uint32_t first = static_cast<std::uint32_t>(index);
        if (cache.geometry.sets == 0) {
            if (tile.rank() == 0) serve_in_place(first, counts);
            return;
        }
        prefetch(first);
        const std::uint64_t set = set_of(first);
        if (first > 0u && set_of(first - 1u) == set) return;
        Walk<TileType> walk(*this, tile, set);
        const std::uint32_t runs = *plan.run_count;
        std::uint32_t last = first;
        std::uint32_t missed = 0;
        for (; last < runs && set_of(last) == set; ++last) missed += walk.find(last, counts) ? 0u : 1u;
        if (missed == 0u) return;
        tile.sync();
        for (std::uint32_t run = first; run < last; ++run) {
            const RowId location = plan.run_location[run];
            if (location != nowhere<RowId> && location >= cache.slots()) walk.admit(run, counts);
        }
    }

private:
    HOTROW_HD RowId key_of(std::uint32_t run) const { return plan.keys[plan.run_begin[run]]; }
    HOTROW_HD std::uint64_t set_of(std::uint32_t run) const { return cache.geometry.set(key_of(run)); }

    HOTROW_HD void prefetch(std::uint32_t run) const {
#if !defined(__CUDA_ARCH__)
        if (run + prefetch_distance >= *plan.run_count) return;
        const std::uint64_t slot = set_of(run + prefetch_distance) * static_cast<std::uint64_t>(CacheViewType::ways);
        detail::prefetch(cache.tags + slot, CacheViewType::ways * static_cast<int>(sizeof(RowId)));
        detail::prefetch(cache.scores + slot, CacheViewType::ways * static_cast<int>(sizeof(typename CacheViewType::Score)));
        detail::prefetch(cache.dirty + slot, CacheViewType::ways);
#else
        (void)run;
#endif
    }

    /// Records a run that no line holds. Called by one lane.
    HOTROW_HD void serve_in_place(std::uint32_t run, Counts counts) const {
        const RowId row = cache.geometry.row(key_of(run));
        const std::uint32_t length = plan.run_length(run);
        const bool bad = row == cache.geometry.rows;
        plan.run_location[run] = bad ? nowhere<RowId> : cache.stored_location(row);
        plan.run_evicted[run] = plan.not_admitted;
        if (bad) {
            counts.add(cache.tables, bad_indices, length);
        } else {
            const std::uint32_t table = cache.table_of(row);
            counts.add(table, lookups, length);
            counts.add(table, unique_rows);
            counts.add(table, misses, length);
        }
    }

    /// One set's tags and scores in registers.
    template <class TileType>
    struct Walk {
        static constexpr int local = (CacheViewType::ways + TileType::lanes - 1) / TileType::lanes;

        const WalkSets& parent;
        const TileType& tile;
        CacheClock clock;
        std::uint64_t base;
        RowId tags[local];
        typename Eviction::Score scores[local];
        bool in_use[local];

        HOTROW_HD Walk(const WalkSets& walk, const TileType& lanes, std::uint64_t set)
            : parent(walk), tile(lanes), clock{*walk.plan.step, walk.cache.seed}, base(set * static_cast<std::uint64_t>(CacheViewType::ways)) {
            HOTROW_UNROLL
            for (int j = 0; j < local; ++j) {
                const bool exists = way(j) < CacheViewType::ways;
                tags[j] = exists ? parent.cache.tags[slot(way(j))] : no_row<RowId>;
                scores[j] = exists ? parent.cache.scores[slot(way(j))] : typename Eviction::Score{};
                in_use[j] = !exists;
            }
        }

        HOTROW_HD int way(int j) const { return j * TileType::lanes + tile.rank(); }
        HOTROW_HD std::uint64_t slot(int w) const { return base + static_cast<std::uint64_t>(w); }

        /// First pass: true if a line holds the run's row (or there is no such row).
        HOTROW_HD bool find(std::uint32_t run, Counts counts) {
            const RowId row = parent.cache.geometry.row(parent.key_of(run));
            std::uint32_t found = 0;
            HOTROW_UNROLL
            for (int j = 0; j < local; ++j) found = tags[j] == row ? static_cast<std::uint32_t>(way(j)) + 1u : found;
            found = highest(tile, found);
            if (found == 0u) {
                if (tile.rank() == 0) parent.serve_in_place(run, counts);
                return row == parent.cache.geometry.rows;
            }
            const int hit_way = static_cast<int>(found) - 1;
            const std::uint32_t length = parent.plan.run_length(run);
            HOTROW_UNROLL
            for (int j = 0; j < local; ++j) {
                if (way(j) != hit_way) continue;
                in_use[j] = true;
                scores[j] = Eviction::hit(scores[j], clock, length);
                parent.cache.scores[slot(hit_way)] = scores[j];
            }
            if (tile.rank() == 0) {
                parent.plan.run_location[run] = static_cast<RowId>(slot(hit_way));
                parent.plan.run_evicted[run] = parent.plan.not_admitted;
                const std::uint32_t table = parent.cache.table_of(row);
                counts.add(table, lookups, length);
                counts.add(table, unique_rows);
                counts.add(table, hits, length);
            }
            return true;
        }

        static constexpr std::uint64_t nobody = ~0ull;

        /// (priority + 1, way) of the line to evict: empty ways first, then the least priority, then the lowest way. Lines
        /// that this batch or one in flight uses are passed over.
        HOTROW_HD std::uint64_t victim_of_set() {
            for (;;) {
                std::uint64_t best = nobody;
                HOTROW_UNROLL
                for (int j = 0; j < local; ++j) {
                    if (in_use[j]) continue;
                    const std::uint64_t rank =
                        tags[j] == no_row<RowId> ? 0ull : 1ull + Eviction::priority(scores[j], slot(way(j)), clock);
                    const std::uint64_t candidate = (rank << 8) | static_cast<std::uint64_t>(way(j));
                    best = candidate < best ? candidate : best;
                }
                best = lowest(tile, best);
                if (best == nobody || best >> 8 == 0u || parent.in_flight.count == 0) return best;
                // Only the line that would go is looked for in the other plans, not all of the set.
                bool held = false;
                HOTROW_UNROLL
                for (int j = 0; j < local; ++j) {
                    if (way(j) != static_cast<int>(best & 0xffu)) continue;
                    held = parent.in_flight.use(parent.cache.geometry.key(tags[j]));
                    in_use[j] = held;
                }
                if (!tile.any(held)) return best;
            }
        }

        /// Second pass: finds a way for a run that missed.
        HOTROW_HD void admit(std::uint32_t run, Counts counts) {
            const RowId key = parent.key_of(run);
            const RowId row = parent.cache.geometry.row(key);
            const std::uint64_t best = parent.in_flight.use(key) ? nobody : victim_of_set();
            if (best == nobody) {
                if (tile.rank() == 0) counts.add(parent.cache.table_of(row), conflict_misses);
                return;
            }
            const std::uint64_t rank = best >> 8;
            const int victim = static_cast<int>(best & 0xffu);
            const typename Eviction::Score score = Eviction::admitted(clock, parent.plan.run_length(run));
            const bool empty = rank == 0u;
            const bool admits = Admission::fills &&
                                (empty || Admission::admits(Eviction::priority(score, slot(victim), clock),
                                                            static_cast<std::uint32_t>(rank - 1u)));
            if (!admits) return;
            HOTROW_UNROLL
            for (int j = 0; j < local; ++j) {
                if (way(j) != victim) continue;
                // The lane that owns the way does all of it: the old tag is in its registers.
                const bool dirty = !empty && parent.cache.dirty[slot(victim)] != 0u;
                parent.plan.run_evicted[run] = dirty ? tags[j] : parent.plan.nothing_to_write;
                parent.plan.run_location[run] = static_cast<RowId>(slot(victim));
                parent.cache.dirty[slot(victim)] = 0u;
                parent.cache.tags[slot(victim)] = row;
                parent.cache.scores[slot(victim)] = score;
                counts.add(parent.cache.table_of(row), admissions);
                if (!empty) {
                    const std::uint32_t table = parent.cache.table_of(tags[j]);
                    counts.add(table, evictions);
                    counts.add(table, dirty ? write_backs : clean_evictions);
                }
                tags[j] = row;
                scores[j] = score;
                in_use[j] = true;
            }
        }
    };
};

/// Spreads the locations of runs to their lookups.
template <class RowId>
struct SpreadLocations {
    PlanView<RowId> plan;

    template <Tile TileType>
    HOTROW_HD void operator()(const TileType&, std::uint64_t i) const {
        plan.locations[plan.positions[i]] = plan.run_location[plan.run_of[i]];
    }
};

}  // namespace hotrow::detail
