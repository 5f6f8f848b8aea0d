// SPDX-License-Identifier: Apache-2.0
// Policies of the literature, simulated, to set beside those of the library. They may know more than a cache can keep.
#pragma once

#include "runs.hpp"

#include <array>
#include <cstdint>
#include <string_view>

namespace hit_rate {

enum class Reference {
    lru,                    ///< least recently used
    perfect_lfu,            ///< least frequently used; lookups of every row are counted for ever, also while it is not cached
    perfect_lfu_admission,  ///< the same, and a row enters only if it was looked up more often than its victim
    belady,                 ///< the line needed last leaves, and a row enters only if it is needed before that (knows the future)
};

inline constexpr std::array all_references{Reference::lru, Reference::perfect_lfu, Reference::perfect_lfu_admission, Reference::belady};

std::string_view name_of(Reference reference);

/// Lookups that hit. A batch's hits come first, then its misses in the order of their keys; lines that the batch uses
/// stay. Belady's rule takes the misses in the order of need.
std::uint64_t reference_hits(Reference reference, const SetRuns& runs, int ways);

/// The same for a cache of one set with `lines` ways, and batches of one lookup.
std::uint64_t fully_associative_hits(Reference reference, const Trace& trace, std::size_t lines);

}  // namespace hit_rate
