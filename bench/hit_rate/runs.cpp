// SPDX-License-Identifier: Apache-2.0
#include "runs.hpp"

#include <hotrow/cache/geometry.hpp>

#include <algorithm>
#include <numeric>
#include <unordered_map>

namespace hit_rate {

SetRuns cut(const Trace& trace, std::size_t sets, std::size_t batch_samples) {
    const hotrow::Geometry<std::uint32_t> geometry(trace.rows(), sets);
    const std::vector<std::size_t> begins = batch_begins(trace, batch_samples);
    std::vector<Run> in_order;
    std::vector<std::size_t> set_of;
    SetRuns result;
    result.lookups = trace.lookups.size();
    result.rows = trace.rows();
    result.set_begin.assign(sets + 1, 0);
    std::vector<std::uint32_t> keys;
    for (std::size_t batch = 0; batch + 1 < begins.size(); ++batch) {
        keys.clear();
        for (std::size_t i = begins[batch]; i < begins[batch + 1]; ++i) keys.push_back(geometry.key(trace.lookups[i]));
        std::sort(keys.begin(), keys.end());
        for (auto first = keys.begin(); first != keys.end();) {
            const auto last = std::upper_bound(first, keys.end(), *first);
            in_order.push_back({geometry.row(*first), static_cast<std::uint32_t>(batch), static_cast<std::uint32_t>(last - first)});
            set_of.push_back(geometry.set(*first));
            ++result.set_begin[set_of.back() + 1];
            first = last;
        }
    }
    std::partial_sum(result.set_begin.begin(), result.set_begin.end(), result.set_begin.begin());
    std::vector<std::size_t> next = result.set_begin;
    result.runs.resize(in_order.size());
    for (std::size_t i = 0; i < in_order.size(); ++i) result.runs[next[set_of[i]]++] = in_order[i];
    return result;
}

std::int64_t sets_for(double share, std::uint32_t rows, int ways) {
    const double sets = share * static_cast<double>(rows) / ways;
    return sets < 1 ? 1 : static_cast<std::int64_t>(sets + 0.5);
}

std::vector<std::size_t> next_uses(std::span<const Run> runs) {
    std::vector<std::size_t> next(runs.size(), never);
    std::unordered_map<std::uint32_t, std::size_t> later;
    for (std::size_t i = runs.size(); i-- > 0;) {
        const auto [found, is_new] = later.try_emplace(runs[i].row, i);
        if (is_new) continue;
        next[i] = found->second;
        found->second = i;
    }
    return next;
}

}  // namespace hit_rate
