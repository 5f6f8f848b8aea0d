// SPDX-License-Identifier: Apache-2.0
// The cache that fits a number of bytes.
#pragma once

#include "embedding.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace hit_rate {

/// Sets of the largest cache with which stored rows and cache (`Footprint::embedding`) take at most `bytes`: 0 if the
/// stored rows leave no room for a set, at most as many lines as rows, and nothing if the stored rows alone are too
/// many.
std::optional<std::int64_t> most_sets(const Embedding& embedding, const std::vector<std::int64_t>& table_rows, std::int64_t lookups, std::int64_t bytes);

}  // namespace hit_rate
