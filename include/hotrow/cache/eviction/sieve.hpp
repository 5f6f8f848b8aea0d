// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "eviction.hpp"

#include <cstdint>

namespace hotrow {

/// SIEVE (Zhang et al., NSDI 2024) within a set: lines stand in order of admission, and a hand goes from old to new. It
/// evicts the first line that was not used since it last came by, and forgets the uses of those it passes; at the
/// newest it starts over. Rows that are used once do not push out others: it resists scans.
///
/// The score holds what the hand needs: whether it has passed the line in this round, whether the line was used since, and
/// the step of admission (modulo 2^30).
struct Sieve {
    using Score = std::uint32_t;
    static constexpr const char* name = "sieve";

    HOTROW_HD static Score admitted(const CacheClock& clock, std::uint32_t) { return static_cast<Score>(clock.step) & stamp; }
    HOTROW_HD static Score hit(Score score, const CacheClock&, std::uint32_t) { return score | used; }

    /// Class 0: ahead of the hand and unused. Class 1: candidates once the hand has started over. Class 2: those of the round after.
    HOTROW_HD static std::uint32_t priority(Score score, std::uint64_t, const CacheClock& clock) {
        const std::uint32_t age = (static_cast<std::uint32_t>(clock.step) - score) & stamp;
        return (class_of(score) << 30) | (stamp - age);
    }

    /// The hand went on to the line `evicted`.
    HOTROW_HD static Score passed(Score score, Score evicted, const CacheClock& clock) {
        const std::uint32_t now = static_cast<std::uint32_t>(clock.step);
        // Lines of one batch stand side by side: the hand has passed them when it leaves the last.
        const bool older = ((now - score) & stamp) > ((now - evicted) & stamp);
        switch (class_of(evicted)) {
        case 0: return older && (score & behind) == 0u ? (score & stamp) | behind : score;
        case 1: {
            // Started over: all uses ahead of the hand were forgotten in the first round, and those between the oldest and `evicted` in the second.
            const bool was_behind = (score & behind) != 0u;
            if (older) return was_behind ? (score & stamp) | behind : (score & stamp);
            return was_behind ? score & ~behind : (score & stamp);
        }
        default: return score & stamp;  // the hand has forgotten all uses
        }
    }

private:
    static constexpr Score used = 1u << 31, behind = 1u << 30, stamp = behind - 1u;

    HOTROW_HD static std::uint32_t class_of(Score score) {
        const bool is_used = (score & used) != 0u, is_behind = (score & behind) != 0u;
        return is_used ? (is_behind ? 2u : 1u) : (is_behind ? 1u : 0u);
    }
};

}  // namespace hotrow
