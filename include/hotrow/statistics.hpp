// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config.hpp"

#include <cstdint>

namespace hotrow {

/// What happened since construction or `reset_statistics`. Evaluation by `lookup` counts nothing.
struct Statistics {
    std::uint64_t steps = 0;             ///< plans
    std::uint64_t lookups = 0;           ///< valid indices planned, duplicates included
    std::uint64_t unique_rows = 0;       ///< different rows, summed over plans
    std::uint64_t hits = 0;              ///< lookups whose row was in a line when the batch came
    std::uint64_t misses = 0;            ///< the other lookups
    std::uint64_t conflict_misses = 0;   ///< unique rows that missed while no way of their set could be evicted
    std::uint64_t admissions = 0;        ///< rows that entered the cache
    std::uint64_t evictions = 0;         ///< lines that made room
    std::uint64_t write_backs = 0;       ///< dirty evictions: encoded to the stored row
    std::uint64_t clean_evictions = 0;   ///< evictions that wrote nothing
    std::uint64_t rejected_updates = 0;  ///< updates with a NaN or infinite result; row and state stayed as they were
    std::uint64_t bad_indices = 0;       ///< indices outside their table

    /// Share of the lookups that hit; 0 before any.
    double hit_rate() const { return lookups == 0 ? 0.0 : static_cast<double>(hits) / static_cast<double>(lookups); }
};

namespace detail {

/// The counters that kernels keep, in the order of `Statistics` (from `lookups` on).
enum Counter : int {
    lookups,
    unique_rows,
    hits,
    misses,
    conflict_misses,
    admissions,
    evictions,
    write_backs,
    clean_evictions,
    rejected_updates,
    bad_indices,
    counter_count
};

/// A kernel that counts says which counters it may change, as a bit set: `Body::counters`.
inline constexpr std::uint32_t all_counters = (1u << counter_count) - 1u;

/// One thread's share, added up by the backend. Integer sums do not depend on their order.
struct Counts {
    std::uint64_t value[counter_count] = {};
    HOTROW_HD void add(Counter counter, std::uint64_t amount = 1) { value[counter] += amount; }
};

}  // namespace detail

}  // namespace hotrow
