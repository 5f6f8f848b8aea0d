// SPDX-License-Identifier: Apache-2.0
// A trace as the sets of a cache see it.
#pragma once

#include "trace.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace hit_rate {

/// All lookups of one row in one batch.
struct Run {
    std::uint32_t row;
    std::uint32_t batch;
    std::uint32_t lookups;
};

/// The runs of each set, in order of batch, and within a batch of the key of their row: the order in which hotrow
/// decides on them. Keys and sets are hotrow's (`hotrow::Geometry`), so that a simulation and the library differ in
/// policy only.
struct SetRuns {
    std::vector<Run> runs;
    std::vector<std::size_t> set_begin;  ///< [sets + 1]
    std::uint64_t lookups = 0;
    std::uint32_t rows = 0;

    std::size_t sets() const { return set_begin.size() - 1; }
    std::span<const Run> of_set(std::size_t set) const { return std::span(runs).subspan(set_begin[set], set_begin[set + 1] - set_begin[set]); }
};

/// `batch_samples` as for `batch_begins`.
SetRuns cut(const Trace& trace, std::size_t sets, std::size_t batch_samples);

/// Sets of a cache of about `share` of the rows; at least one.
std::int64_t sets_for(double share, std::uint32_t rows, int ways);

inline constexpr std::size_t never = std::numeric_limits<std::size_t>::max();

/// For each of the runs of a set the place of the next run of the same row, or `never`.
std::vector<std::size_t> next_uses(std::span<const Run> runs);

}  // namespace hit_rate
