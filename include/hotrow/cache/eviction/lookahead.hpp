// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "lfu_aged.hpp"

#include <cstdint>

namespace hotrow {

/// Keeps the rows that announced batches need most and soonest: see `CachedEmbedding::announce`. A row's priority is its lookups at its
/// next use over the batches until then, the lookups that its line serves for each batch that it stays (Belady's rule,
/// IBM Systems Journal 1966, by density, since uses of a row differ by orders of magnitude). Rows that no announced batch needs
/// come after all others, in the order of `Base`.
template <class Base = LfuAged<>>
struct Lookahead {
    using Score = typename Base::Score;
    using DefaultAdmission = IfMoreFrequent;
    using DefaultGhosts = NoGhosts;
    static constexpr const char* name = "lookahead";
    static constexpr bool looks_ahead = true;

    HOTROW_HD static std::uint32_t time(std::uint64_t lookups, std::uint64_t slots)
        requires requires { Base::time(lookups, slots); }
    {
        return Base::time(lookups, slots);
    }
    HOTROW_HD static Score admitted(const CacheClock& clock, std::uint32_t lookups) { return Base::admitted(clock, lookups); }
    HOTROW_HD static Score hit(Score score, const CacheClock& clock, std::uint32_t lookups) { return Base::hit(score, clock, lookups); }
    HOTROW_HD static std::uint32_t priority(Score score, std::uint64_t slot, const CacheClock& clock, const NextUse& next) {
        constexpr std::uint32_t needed = 1u << 31;
        if (next.batches == 0u) return Base::priority(score, slot, clock) >> 1;
        const std::uint64_t density = (static_cast<std::uint64_t>(next.lookups) << 16) / (static_cast<std::uint64_t>(next.uses) * next.batches);
        return needed | static_cast<std::uint32_t>(density < needed ? density : needed - 1u);
    }
};

}  // namespace hotrow
