// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "eviction.hpp"

#include <cstdint>

namespace hotrow {

/// Least recently used: the score is the step of the last use.
struct Lru {
    using Score = std::uint32_t;
    static constexpr const char* name = "lru";
    HOTROW_HD static Score admitted(const CacheClock& clock, std::uint32_t) { return static_cast<Score>(clock.step); }
    HOTROW_HD static Score hit(Score, const CacheClock& clock, std::uint32_t) { return static_cast<Score>(clock.step); }
    HOTROW_HD static std::uint32_t priority(Score score, std::uint64_t, const CacheClock& clock) {
        // Age, not time stamp: right also after 2^32 steps.
        return ~(static_cast<Score>(clock.step) - score);
    }
};

}  // namespace hotrow
