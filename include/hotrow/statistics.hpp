// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config.hpp"
#include "execution/atomics.hpp"

#include <cstdint>

namespace hotrow {

/// What happened since construction or `reset_statistics`. Evaluation by `lookup` counts nothing.
struct Statistics {
    std::uint64_t steps = 0;             ///< plans
    std::uint64_t lookups = 0;           ///< valid indices planned, duplicates included
    std::uint64_t unique_rows = 0;       ///< different rows, summed over plans
    std::uint64_t hits = 0;              ///< lookups whose row was in a line when the batch came
    std::uint64_t misses = 0;            ///< the other lookups
    std::uint64_t conflict_misses = 0;   ///< unique rows that missed and found no way to evict, or are used in place by a batch in flight
    std::uint64_t admissions = 0;        ///< rows that entered the cache
    std::uint64_t evictions = 0;         ///< lines that made room
    std::uint64_t write_backs = 0;       ///< dirty evictions: encoded to the stored row
    std::uint64_t clean_evictions = 0;   ///< evictions that wrote nothing
    std::uint64_t rejected_updates = 0;  ///< updates with a NaN or infinite result; row and state stayed as they were
    std::uint64_t bad_indices = 0;       ///< indices outside their table
    std::uint64_t bytes_read = 0;        ///< of records, by steps, from a placement that is apart: rows admitted, and rows used in place
    std::uint64_t bytes_written = 0;     ///< of records, by steps, to such a placement: rows written back, and rows updated in place

    /// Share of the lookups that hit; 0 before any.
    double hit_rate() const { return lookups == 0 ? 0.0 : static_cast<double>(hits) / static_cast<double>(lookups); }
};

namespace detail {

/// The counters that kernels keep.
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
    bytes_read,
    bytes_written,
    counter_count
};

/// The counters of one replica: [tables + 1][counter_count], the last row for what belongs to no table. On the host each thread
/// has a replica of its own; on a device blocks share a few, by atomics on integers, whose order does not matter.
struct Counts {
    std::uint64_t* values;

    HOTROW_HD void add(std::uint32_t table, Counter counter, std::uint64_t amount = 1) const {
        std::uint64_t* value = values + place(table, counter);
#if defined(__CUDA_ARCH__)
        atomicAdd(reinterpret_cast<unsigned long long*>(value), static_cast<unsigned long long>(amount));
#else
        *value += amount;
#endif
    }
    HOTROW_HD static std::uint32_t place(std::uint32_t table, Counter counter) {
        return table * static_cast<std::uint32_t>(counter_count) + static_cast<std::uint32_t>(counter);
    }
};

/// All replicas; each begins on a cache line of its own.
struct CountReplicas {
    std::uint64_t* values;
    std::uint32_t stride;
    std::uint32_t count;

    static constexpr std::uint32_t stride_of(std::uint32_t tables) { return ((tables + 1u) * static_cast<std::uint32_t>(counter_count) + 7u) / 8u * 8u; }
    HOTROW_HD Counts replica(std::uint32_t i) const { return {values + static_cast<std::uint64_t>(i % count) * stride}; }

    /// Counts one thing, where nobody knows which threads share a replica.
    HOTROW_HD void add_shared(std::uint32_t table, Counter counter) const { atomic_add(values + Counts::place(table, counter), std::uint64_t{1}); }
};

}  // namespace detail

}  // namespace hotrow
