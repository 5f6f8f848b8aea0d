// SPDX-License-Identifier: Apache-2.0
#include "batches.hpp"

#include <algorithm>
#include <array>
#include <numeric>

namespace hit_rate {

Batches::Batches(const Trace& trace, std::size_t samples) {
    const std::span<const std::uint32_t> lookups = trace.lookups;
    if (samples <= 1) {
        table_rows_ = {trace.rows()};
        const std::vector<std::uint32_t> table_begin{0, trace.rows()};
        constexpr std::array<std::size_t, 2> one{0, 1};
        for (std::size_t i = 0; i < lookups.size(); ++i) add(lookups.subspan(i, 1), one, table_begin);
        return;
    }
    table_rows_ = trace.table_rows;
    const std::vector<std::uint32_t> table_begin = trace.table_begin();
    const std::span<const std::size_t> begin = trace.sample_begin;
    for (std::size_t first = 0; first < trace.samples(); first += samples) {
        const std::size_t count = std::min(samples, trace.samples() - first);
        add(lookups.subspan(begin[first], begin[first + count] - begin[first]), begin.subspan(first, count + 1), table_begin);
    }
}

/// Sorts the lookups by bag, stably: bag = table * samples + sample.
void Batches::add(std::span<const std::uint32_t> lookups, std::span<const std::size_t> sample_begin, const std::vector<std::uint32_t>& table_begin) {
    const std::size_t samples = sample_begin.size() - 1, bags = table_rows_.size() * samples;
    const auto table_of = [&](std::uint32_t row) {
        return static_cast<std::size_t>(std::upper_bound(table_begin.begin(), table_begin.end(), row) - table_begin.begin()) - 1;
    };
    const auto for_each = [&](auto&& f) {
        for (std::size_t sample = 0; sample < samples; ++sample) {
            for (std::size_t i = sample_begin[sample]; i < sample_begin[sample + 1]; ++i) {
                const std::uint32_t row = lookups[i - sample_begin[0]];
                const std::size_t table = table_of(row);
                f(row, table, table * samples + sample);
            }
        }
    };
    std::vector<std::int32_t> begin(bags + 1, 0);
    for_each([&](std::uint32_t, std::size_t, std::size_t bag) { ++begin[bag + 1]; });
    std::partial_sum(begin.begin(), begin.end(), begin.begin());
    bags_.push_back({indices_.size(), offsets_.size(), static_cast<std::int32_t>(samples)});
    offsets_.insert(offsets_.end(), begin.begin(), begin.end());
    const std::size_t first = indices_.size();
    indices_.resize(first + lookups.size());
    rows_.resize(first + lookups.size());
    for_each([&](std::uint32_t row, std::size_t table, std::size_t bag) {
        const std::size_t at = first + static_cast<std::size_t>(begin[bag]++);
        indices_[at] = static_cast<std::int32_t>(row - table_begin[table]);
        rows_[at] = row;
    });
    most_lookups_ = std::max(most_lookups_, lookups.size());
    most_bags_ = std::max(most_bags_, bags);
}

hotrow::Batch<std::int32_t> Batches::operator[](std::size_t i) const {
    const Bags& bags = bags_[i];
    const std::size_t offsets = table_rows_.size() * static_cast<std::size_t>(bags.samples) + 1;
    return {.indices = std::span(indices_).subspan(bags.first_index, rows(i).size()),
            .offsets = std::span(offsets_).subspan(bags.first_offset, offsets),
            .weights = {},
            .batch_size = bags.samples};
}

std::span<const std::uint32_t> Batches::rows(std::size_t i) const {
    const std::size_t begin = bags_[i].first_index, end = i + 1 < bags_.size() ? bags_[i + 1].first_index : rows_.size();
    return std::span(rows_).subspan(begin, end - begin);
}

}  // namespace hit_rate
