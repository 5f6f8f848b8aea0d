// SPDX-License-Identifier: Apache-2.0
// The most lookups that a cache could serve which knows the whole trace.
#pragma once

#include "runs.hpp"

#include <cstdint>

namespace hit_rate {

/// The greatest number of lookups that hit, over all decisions a cache of `ways` lines a set may take: admit a row that
/// misses or not, and evict lines that the batch does not use. So a row that is used in a batch holds its line
/// throughout that batch.
///
/// Exact: uses of a row that follow each other are arcs worth the lookups of the later one, and `ways` units of flow
/// pass through the batches of a set (minimum-cost flow by successive shortest paths, Dijkstra with potentials).
/// Belady's rule is not enough once runs differ in lookups.
std::uint64_t most_hits(const SetRuns& runs, int ways);

/// The same by Belady's rule with bypass (IBM Systems Journal 1966): of the lines that the batch does not use and the
/// rows that miss, those needed soonest stay. Optimal if each batch is one lookup; otherwise a bound from below. Much
/// faster.
std::uint64_t belady_hits(const SetRuns& runs, int ways);

/// The hit rate of the optimum: by Belady's rule where that is exact, else by flow.
double best_hit_rate(const Trace& trace, std::size_t sets, int ways, std::size_t batch_samples);

}  // namespace hit_rate
