// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../config.hpp"

#include <cstdint>

namespace hotrow {

/// Nothing is remembered of rows outside of the cache.
struct NoGhosts {
    static constexpr int per_set = 0;  ///< words of a set
};

/// Each set remembers the scores of `PerSet` rows that are not in it: those with the greatest priorities among the rows that left
/// or were refused. A row that comes again goes on from there. Four bytes each: 16 bits of the row's key over 16 bits of
/// its score, so that two rows of a set may rarely be taken for one another, which costs hits, never correctness.
template <int PerSet>
struct Ghosts {
    static_assert(PerSet >= 1 && PerSet <= 128, "Ghosts<PerSet>: PerSet must be 1 to 128");
    static constexpr int per_set = PerSet;  ///< words of a set
};

namespace detail {

/// A ghost as it is stored; 0 is none.
using Ghost = std::uint32_t;

HOTROW_HD constexpr std::uint16_t ghost_tag(std::uint64_t key) { return static_cast<std::uint16_t>(key); }
HOTROW_HD constexpr Ghost make_ghost(std::uint16_t tag, std::uint16_t score) { return static_cast<Ghost>(tag) << 16 | score; }
HOTROW_HD constexpr bool ghost_is_of(Ghost ghost, std::uint16_t tag) { return ghost != 0u && (ghost >> 16) == tag; }
HOTROW_HD constexpr std::uint16_t ghost_score(Ghost ghost) { return static_cast<std::uint16_t>(ghost); }

}  // namespace detail

}  // namespace hotrow
