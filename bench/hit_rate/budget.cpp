// SPDX-License-Identifier: Apache-2.0
#include "budget.hpp"

#include <algorithm>
#include <numeric>

namespace hit_rate {

std::optional<std::int64_t> most_sets(const Embedding& embedding, const std::vector<std::int64_t>& table_rows, std::int64_t lookups, std::int64_t bytes) {
    const std::int64_t without = embedding.footprint(table_rows, 0, lookups).embedding();
    if (without > bytes) return std::nullopt;
    const std::int64_t set = embedding.footprint(table_rows, 1, lookups).embedding() - without;  // every set takes the same
    const std::int64_t rows = std::accumulate(table_rows.begin(), table_rows.end(), std::int64_t{0});
    return std::min((bytes - without) / set, rows / embedding.ways);
}

}  // namespace hit_rate
