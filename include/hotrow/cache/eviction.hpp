// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../config.hpp"

#include <concepts>
#include <cstdint>

namespace hotrow {

/// What a cache decision may depend on besides the line itself.
struct CacheClock {
    std::uint64_t step;  ///< number of plans so far, this one included
    std::uint64_t seed;
};

/// An eviction policy keeps one score per slot and orders the lines of a set by it.
/// * `Score`: an unsigned integer;
/// * `admitted(clock, lookups)`: the score of a row that enters with `lookups` lookups in this batch;
/// * `hit(score, clock, lookups)`: the new score of a cached row that this batch looks up;
/// * `priority(score, slot, clock)`: the line with the least priority goes first; ties go to the lowest way.
template <class E>
concept Eviction = requires(typename E::Score score, CacheClock clock, std::uint32_t lookups, std::uint64_t slot) {
    requires std::unsigned_integral<typename E::Score>;
    { E::admitted(clock, lookups) } -> std::same_as<typename E::Score>;
    { E::hit(score, clock, lookups) } -> std::same_as<typename E::Score>;
    { E::priority(score, slot, clock) } -> std::same_as<std::uint32_t>;
};

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

/// Least frequently used: the score counts the lookups since admission, and saturates.
struct Lfu {
    using Score = std::uint32_t;
    static constexpr const char* name = "lfu";
    HOTROW_HD static Score admitted(const CacheClock&, std::uint32_t lookups) { return lookups; }
    HOTROW_HD static Score hit(Score score, const CacheClock&, std::uint32_t lookups) {
        const Score sum = score + lookups;
        return sum < score ? ~Score{0} : sum;
    }
    HOTROW_HD static std::uint32_t priority(Score score, std::uint64_t, const CacheClock&) { return score; }
};

}  // namespace hotrow
