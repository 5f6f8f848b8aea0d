// SPDX-License-Identifier: Apache-2.0
// The embeddings that the benchmark can run, by name: rows in `HostMemory`, trained by row-wise Adagrad on `Host`. Counts and
// bytes are those of `Cuda`.
#pragma once

#include "batches.hpp"

#include <hotrow/statistics.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace link_bytes {

inline constexpr int dim = 64;
inline constexpr int ways = 32;
inline constexpr const char* default_policy = "lfu_aged";
inline constexpr const char* full_precision = "fp32";
/// As many batches ahead of its plan is each one announced, to policies that look ahead.
inline constexpr int batches_ahead = 8;

/// One choice of eviction policy (with admission and ghosts) and row format.
struct Embedding {
    std::string policy, precision;
    int row_bytes;     ///< of a stored row
    int used_bytes;    ///< of it and what the optimizer keeps of it
    int record_bytes;  ///< of that and padding, as the statistics count; from one record to the next
    /// Trains on all batches once, from an empty cache of `sets` sets (0: none): plan, forward, backward. What lines hold at the
    /// end is not written back.
    hotrow::Statistics (*train)(const hit_rate::Batches& batches, std::int64_t sets, int threads);
};

/// All of them: each precision with the default policy, `lru` and `lookahead` with the widest and the narrowest rows.
const std::vector<Embedding>& embeddings();

// The files that they come from.
void add_lfu_aged(std::vector<Embedding>& all);
void add_lru(std::vector<Embedding>& all);
void add_lookahead(std::vector<Embedding>& all);

}  // namespace link_bytes
