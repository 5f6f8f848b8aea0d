// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "lru.hpp"

#include <cstdint>

namespace hotrow {

/// First in, first out: the score is the step of admission, which hits do not change.
struct Fifo {
    using Score = std::uint32_t;
    static constexpr const char* name = "fifo";
    HOTROW_HD static Score admitted(const CacheClock& clock, std::uint32_t) { return static_cast<Score>(clock.step); }
    HOTROW_HD static Score hit(Score score, const CacheClock&, std::uint32_t) { return score; }
    HOTROW_HD static std::uint32_t priority(Score score, std::uint64_t slot, const CacheClock& clock) { return Lru::priority(score, slot, clock); }
};

}  // namespace hotrow
