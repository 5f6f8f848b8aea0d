// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace hotrow {

/// Bytes that an embedding allocates, by component.
struct Footprint {
    std::int64_t stored_rows = 0;      ///< codes and qparams of all rows
    std::int64_t lines = 0;            ///< cached rows
    std::int64_t tags = 0;             ///< which row a line holds
    std::int64_t scores = 0;           ///< what the eviction policy keeps
    std::int64_t flags = 0;            ///< one byte a line: dirty, pinned
    std::int64_t ghosts = 0;           ///< scores of rows that are not cached
    std::int64_t foresight = 0;        ///< what announced batches need
    std::int64_t optimizer_state = 0;  ///< what the optimizer keeps of all rows
    std::int64_t control = 0;          ///< step, hyperparameters, counters, table bounds
    std::int64_t workspace = 0;        ///< plan and scratch for `max_lookups`
    std::int64_t apart = 0;            ///< of all these, bytes that a placement keeps apart from the backend's memory

    /// All bytes of the cache.
    std::int64_t cache() const { return lines + tags + scores + flags + ghosts + foresight; }
    /// What replaces the FP32 tables: stored rows and cache.
    std::int64_t embedding() const { return stored_rows + cache(); }
    /// All bytes.
    std::int64_t total() const { return embedding() + optimizer_state + control + workspace; }
    /// What is in the backend's own memory: of a GPU, what has to fit there.
    std::int64_t in_backend() const { return total() - apart; }
};

}  // namespace hotrow
