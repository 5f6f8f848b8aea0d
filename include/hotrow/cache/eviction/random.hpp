// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../../storage/generator.hpp"
#include "eviction.hpp"

#include <cstdint>

namespace hotrow {

/// Any line, by a number drawn from seed, step and slot: the same on every machine. Keeps nothing.
struct Random {
    using Score = NoScore;
    static constexpr const char* name = "random";
    HOTROW_HD static Score admitted(const CacheClock&, std::uint32_t) { return {}; }
    HOTROW_HD static Score hit(Score, const CacheClock&, std::uint32_t) { return {}; }
    HOTROW_HD static std::uint32_t priority(Score, std::uint64_t slot, const CacheClock& clock) {
        // Steps that no plan reaches, so that the bits are not those that round some row.
        return CounterHash::prepare(RandomKey{clock.seed, clock.step | std::uint64_t{1} << 63, slot}).high;
    }
};

}  // namespace hotrow
