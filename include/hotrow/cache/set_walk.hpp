// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../batch/plan.hpp"
#include "../execution/bits.hpp"
#include "../execution/prefetch.hpp"
#include "../statistics.hpp"
#include "../storage/precision.hpp"
#include "cache_view.hpp"
#include "set_state.hpp"

#include <bit>
#include <cstdint>
#include <type_traits>

namespace hotrow::detail {

/// Lanes of the tile that walks one set.
template <int Ways>
constexpr int set_lanes() {
    constexpr int ways = static_cast<int>(std::bit_ceil(static_cast<unsigned>(Ways)));
    return ways < 32 ? ways : 32;
}

/// What becomes of a run, and what is counted for it.
template <class CacheViewType, bool Pins = false>
struct RunOutcome {
    using RowId = typename CacheViewType::RowId;

    const CacheViewType& cache;
    const PlanView<RowId>& plan;

    HOTROW_HD void count([[maybe_unused]] std::uint32_t run, [[maybe_unused]] Counter outcome, [[maybe_unused]] Counts counts) const {
        if constexpr (!Pins) {
            const std::uint32_t length = plan.run_length(run);
            const std::uint32_t table = cache.tables == 1u ? 0u : plan.table_of_run(run);
            counts.add(table, lookups, length);
            counts.add(table, unique_rows);
            counts.add(table, outcome, length);
        }
    }

    /// Records a run that no line holds. Called by one lane.
    HOTROW_HD void in_place(std::uint32_t run, RowId row, Counts counts) const {
        const bool bad = row == cache.geometry.rows;
        plan.run_location[run] = bad ? nowhere<RowId> : cache.stored_location(row);
        plan.run_evicted[run] = plan.not_admitted;
        if (bad) {
            counts.add(cache.tables, bad_indices, plan.run_length(run));
        } else {
            count(run, misses, counts);
        }
    }
};

/// The plan's decisions where there is no cache. One call a run.
template <class CacheViewType>
struct ServeInPlace {
    CacheViewType cache;
    PlanView<typename CacheViewType::RowId> plan;

    template <Tile TileType>
    HOTROW_HD void operator()(const TileType&, std::uint64_t index, Counts counts) const {
        const std::uint32_t run = static_cast<std::uint32_t>(index);
        RunOutcome<CacheViewType>{cache, plan}.in_place(run, cache.geometry.row(plan.keys[plan.run_begin[run]]), counts);
    }
};

/// The cache decisions of a plan. Runs are sorted by set; the tile of a set's first run walks all of that set's runs, so
/// one set has one writer and needs no atomics.
///
/// First pass: hits get their slot and may not be evicted by this batch. Second pass: misses, in key order, take an
/// empty way or the way of least priority that is not in use, if the admission policy agrees; else they stay in place. A miss may
/// also take the way of an earlier miss of lesser priority, since rows move only afterwards (`MoveRows`): when a
/// batch has more misses than a set has ways, the best of them stay, not the first.
///
/// `Pins`: the runs are rows to pin. They enter whatever the policies say, and are not counted as lookups.
template <class CacheViewType, bool Pins = false>
struct WalkSets {
    using RowId = typename CacheViewType::RowId;
    using Eviction = typename CacheViewType::Eviction;
    using Admission = typename CacheViewType::Admission;
    using Score = typename Eviction::Score;

    CacheViewType cache;
    PlanView<RowId> plan;
    PlansInFlight<RowId> in_flight;

    /// Runs in which one call looks for the first ones of sets. Few, since it walks one set after the other.
    template <int Lanes>
    static constexpr int items_a_call = Lanes < 8 ? Lanes : 8;

    template <Tile TileType>
    HOTROW_HD void operator()(const TileType& tile, std::uint64_t index, Counts counts) const {
        constexpr std::uint32_t items = items_a_call<TileType::lanes>;
        const std::uint32_t first = static_cast<std::uint32_t>(index) * items;
        const std::uint32_t runs = *plan.run_count;
        if (first + prefetch_distance < runs) prefetch(first + prefetch_distance);
        const std::uint32_t lane = static_cast<std::uint32_t>(tile.rank());
        std::uint64_t set = 0;
        bool leads = false;
        if (lane < items && first + lane < runs) {
            const std::uint32_t run = first + lane;
            set = cache.geometry.set(key_of(run));
            leads = run == 0u || cache.geometry.set(key_of(run - 1u)) != set;
        }
        for (std::uint32_t leaders = tile.ballot(leads); leaders != 0u; leaders &= leaders - 1u) {
            const int leader = lowest_bit(leaders);
            walk(tile, tile.from(set, leader), first + static_cast<std::uint32_t>(leader), runs, counts);
        }
    }

private:
    using Outcome = RunOutcome<CacheViewType, Pins>;
    HOTROW_HD Outcome outcome() const { return {cache, plan}; }
    HOTROW_HD RowId key_of(std::uint32_t run) const { return plan.keys[plan.run_begin[run]]; }

    /// All runs of one set, from `first` on.
    template <Tile TileType>
    HOTROW_HD void walk(const TileType& tile, std::uint64_t set, std::uint32_t first, std::uint32_t runs, Counts counts) const {
        const CacheClock now = clock();
        SetState<CacheViewType, TileType> state(cache, tile, set, now);
        const std::uint32_t last = find_runs_of(tile, state, set, first, runs, counts);
        if (last == first) return;
        tile.sync();
        state.weigh();
        GhostState<CacheViewType, TileType> ghosts(cache, tile, set, now);
        admit_misses(tile, state, ghosts, first, last, counts);
        ghosts.settle();
        settle(state, counts);
    }

    HOTROW_HD CacheClock clock() const {
        CacheClock clock{*plan.step, cache.seed};
        if constexpr (requires { Eviction::time(clock.step, clock.step); }) clock.now = Eviction::time(*plan.lookups_before, cache.slots());
        return clock;
    }

    /// Asks for the memory of a run's set.
    HOTROW_HD void prefetch([[maybe_unused]] std::uint32_t run) const {
#if !defined(__CUDA_ARCH__)
        const std::uint64_t set = cache.geometry.set(key_of(run));
        const std::uint64_t slot = set * static_cast<std::uint64_t>(CacheViewType::ways);
        detail::prefetch(cache.tags + slot, CacheViewType::ways * static_cast<int>(sizeof(RowId)));
        if constexpr (CacheViewType::has_score) detail::prefetch(cache.scores + slot, CacheViewType::ways * static_cast<int>(sizeof(Score)));
        detail::prefetch(cache.flags + slot, CacheViewType::ways);
        if constexpr (CacheViewType::ghosts_per_set > 0) {
            constexpr int ghosts = CacheViewType::ghosts_per_set;
            detail::prefetch(cache.ghosts + set * static_cast<std::uint64_t>(ghosts), ghosts * static_cast<int>(sizeof(Ghost)));
        }
#endif
    }

    /// A run of the set that is walked.
    struct Run {
        std::uint32_t index;
        RowId key;
        RowId row;
        std::uint32_t length;
    };
    HOTROW_HD Run run_at(std::uint32_t run, RowId key) const { return {run, key, cache.geometry.row(key), Pins ? 1u : plan.run_length(run)}; }

    /// First pass: finds which runs a line holds. Returns one past the set's last run, and `first` if none missed, so that nothing is
    /// left to do. The lanes of a tile take a run each; only the tags are compared by all.
    template <Tile TileType>
    HOTROW_HD std::uint32_t find_runs_of(const TileType& tile, SetState<CacheViewType, TileType>& state, std::uint64_t set, std::uint32_t first,
                                         std::uint32_t runs, Counts counts) const {
        std::uint32_t next = first;
        bool missed = false;
        for (bool goes_on = true; goes_on;) {
            const std::uint32_t index = next + static_cast<std::uint32_t>(tile.rank());
            bool ours = index < runs;
            RowId key{};
            if (ours) {
                key = key_of(index);
                ours = cache.geometry.set(key) == set;
            }
            const Run run = ours ? run_at(index, key) : Run{};
            std::uint32_t found = 0;
            const int count = bit_width(tile.ballot(ours));  // they are neighbours
            for (int lane = 0; lane < count; ++lane) {
                const std::uint32_t here = state.find(tile.from(run.row, lane));
                if (here != 0u) state.keep(static_cast<int>(here) - 1);
                if (tile.rank() == lane) found = here;
            }
            if (ours) missed |= !note(state, run, found, counts);
            next += static_cast<std::uint32_t>(count);
            goes_on = count == TileType::lanes;
        }
        return tile.any(missed) ? next : first;
    }

    /// What a run finds: true if a line holds its row (or there is no such row).
    template <class State>
    HOTROW_HD bool note(State& state, const Run& run, std::uint32_t found, Counts counts) const {
        if (found == 0u) {
            outcome().in_place(run.index, run.row, counts);
            return run.row == cache.geometry.rows;
        }
        const int way = static_cast<int>(found) - 1;
        if constexpr (!Pins) state.hit(way, run.length);
        plan.run_location[run.index] = static_cast<RowId>(state.slot(way));
        plan.run_evicted[run.index] = plan.not_admitted;
        if constexpr (Pins) cache.flags[state.slot(way)] |= LineFlag::pinned;
        outcome().count(run.index, hits, counts);
        return true;
    }

    /// Second pass: one missed run after the other, in the order of keys.
    template <Tile TileType>
    HOTROW_HD void admit_misses(const TileType& tile, SetState<CacheViewType, TileType>& state, GhostState<CacheViewType, TileType>& ghosts,
                                std::uint32_t first, std::uint32_t last, Counts counts) const {
        for (std::uint32_t next = first; next < last; next += static_cast<std::uint32_t>(TileType::lanes)) {
            const std::uint32_t index = next + static_cast<std::uint32_t>(tile.rank());
            const RowId location = index < last ? plan.run_location[index] : nowhere<RowId>;
            const bool misses = location != nowhere<RowId> && location >= cache.slots();
            const Run run = misses ? run_at(index, key_of(index)) : Run{};
            const Score score = Eviction::admitted(state.clock(), run.length + (misses ? 0u : 1u));
            for (std::uint32_t left = tile.ballot(misses); left != 0u; left &= left - 1u) {
                const int lane = lowest_bit(left);
                const Run one{next + static_cast<std::uint32_t>(lane), tile.from(run.key, lane), tile.from(run.row, lane), tile.from(run.length, lane)};
                admit(tile, state, ghosts, one, broadcast_score(tile, score, lane), counts);
            }
        }
    }

    /// Looks for a way for a run that missed.
    template <Tile TileType>
    HOTROW_HD void admit(const TileType& tile, SetState<CacheViewType, TileType>& state, GhostState<CacheViewType, TileType>& ghosts, const Run& run,
                         Score score, Counts counts) const {
        constexpr bool has_ghosts = CacheViewType::ghosts_per_set > 0;
        const RowId key = run.key;
        const RowId row = run.row;
        if (in_flight.use(key)) {
            if (tile.rank() == 0) counts.add(cache.table_of(row), conflict_misses);
            return;
        }
        const auto victim = state.victim([&](RowId held) { return in_flight.use(cache.geometry.key(held)); });
        [[maybe_unused]] std::uint64_t own = 0;
        if constexpr (has_ghosts) {
            own = ghosts.find(ghost_tag(key));
            if (own != 0u && !Pins) score = Eviction::hit(ghosts.score_of(own), state.clock(), run.length);
        }
        const bool enters = victim.exists() && may_enter(state, victim, score, row);
        // What becomes of the loser, this row or the victim.
        RowId loser = row;
        Score loser_score = score;
        const bool displaces = enters && !victim.is_empty();
        if (displaces && (has_ghosts || !Admission::competes)) {
            loser = state.row_in(victim.way());
            loser_score = state.score_in(victim.way());
        }
        if (enters) state.enter(victim, run.index, row, score, Pins);
        if constexpr (has_ghosts) {
            if (enters && victim.is_empty()) {
                if (own != 0u) ghosts.forget(own);
            } else if (!Pins || enters) {
                ghosts.remember(own, enters ? ghost_tag(cache.geometry.key(loser)) : ghost_tag(key), loser_score);
            }
        }
        // No way could be given up: for this row, or for the one that it displaced.
        const bool conflict = !victim.exists() || (!Admission::competes && !Pins && victim.is_of_this_batch());
        if (conflict && tile.rank() == 0) counts.add(cache.table_of(loser), conflict_misses);
    }

    template <Tile TileType>
    HOTROW_HD static Score broadcast_score(const TileType& tile, Score score, int lane) {
        if constexpr (std::is_empty_v<Score>) {
            return score;
        } else {
            return tile.from(score, lane);
        }
    }

    template <Tile TileType>
    HOTROW_HD bool may_enter(const SetState<CacheViewType, TileType>& state, const typename SetState<CacheViewType, TileType>::Victim& victim, Score score,
                             RowId row) const {
        if (Pins || !Admission::fills) return Pins;
        if (victim.is_empty()) return true;
        const std::uint32_t priority = state.priority_in(victim.way(), score, row);
        return victim.is_of_this_batch() ? priority > victim.priority() : Admission::admits(priority, victim.priority());
    }

    /// Makes the admissions known.
    template <Tile TileType>
    HOTROW_HD void settle(SetState<CacheViewType, TileType>& state, Counts counts) const {
        state.settle(Pins ? LineFlag::pinned : std::uint8_t{0}, [&](std::uint32_t run, int way, RowId row, RowId evicted, bool was_dirty) {
            plan.run_location[run] = static_cast<RowId>(state.slot(way));
            plan.run_evicted[run] = evicted != no_row<RowId> && was_dirty ? evicted : plan.nothing_to_write;
            counts.add(cache.table_of(row), admissions);
            if (evicted == no_row<RowId>) return;
            const std::uint32_t table = cache.table_of(evicted);
            counts.add(table, evictions);
            counts.add(table, was_dirty ? write_backs : clean_evictions);
        });
    }
};

/// Spreads the locations of runs to their lookups.
template <class RowId>
struct SpreadLocations {
    template <int Lanes>
    static constexpr int items_a_call = 4;

    PlanView<RowId> plan;

    template <Tile TileType>
    HOTROW_HD void operator()(const TileType&, std::uint64_t index) const {
        const std::uint32_t first = static_cast<std::uint32_t>(index) * 4u;
        if (plan.lookups - first < 4u) {
            for (std::uint32_t i = first; i < plan.lookups; ++i) plan.locations[plan.positions[i]] = plan.run_location[plan.run_of[i]];
            return;
        }
        std::uint32_t positions[4], runs[4];
        load_scalars<4>(plan.positions + first, positions);
        load_scalars<4>(plan.run_of + first, runs);
        HOTROW_UNROLL
        for (int k = 0; k < 4; ++k) plan.locations[positions[k]] = plan.run_location[runs[k]];
    }
};

}  // namespace hotrow::detail
