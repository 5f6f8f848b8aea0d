// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "eviction.hpp"

#include <cstdint>

namespace hotrow {

/// Least frequently used: the score counts the lookups since admission, and saturates. With `Ghosts`, which remember the
/// counts of rows that left, up to 65,535.
struct Lfu {
    using Score = std::uint32_t;
    static constexpr const char* name = "lfu";
    HOTROW_HD static Score admitted(const CacheClock&, std::uint32_t lookups) { return lookups; }
    HOTROW_HD static Score hit(Score score, const CacheClock&, std::uint32_t lookups) {
        const Score sum = score + lookups;
        return sum < score ? ~Score{0} : sum;
    }
    HOTROW_HD static std::uint32_t priority(Score score, std::uint64_t, const CacheClock&) { return score; }

    HOTROW_HD static std::uint16_t remember(Score score, const CacheClock&) { return static_cast<std::uint16_t>(score < 0xffffu ? score : 0xffffu); }
    HOTROW_HD static Score recall(std::uint16_t count, const CacheClock&) { return count; }
};

}  // namespace hotrow
