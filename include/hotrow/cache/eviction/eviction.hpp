// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../../config.hpp"
#include "../foresight.hpp"

#include <concepts>
#include <cstdint>
#include <type_traits>

namespace hotrow {

/// What a cache decision may depend on besides the line itself.
struct CacheClock {
    std::uint64_t step;     ///< number of plans so far, this one included
    std::uint64_t seed;     ///< of the embedding
    std::uint32_t now = 0;  ///< the policy's own time, if it has one: `time(lookups, slots)`
};

/// The score of a policy that keeps nothing; it takes no memory.
struct NoScore {
    /// All are equal.
    bool operator==(const NoScore&) const = default;
};

/// An eviction policy keeps one score per slot and orders the lines of a set by it.
/// * `Score`: an unsigned integer, or `NoScore`;
/// * `admitted(clock, lookups)`: the score of a row that enters with `lookups` lookups in this batch;
/// * `hit(score, clock, lookups)`: the new score of a cached row that this batch looks up;
/// * `priority(score, slot, clock)`: the line with the least priority goes first; ties go to the lowest way.
///
/// It may also have
/// * `time(lookups, slots)`: what `CacheClock::now` is in a batch before which `lookups` lookups were planned;
/// * `passed(score, evicted)`: the new score of a line that stayed when the line with score `evicted` of its set was evicted;
/// * `remember(score, clock)` to 16 bits and `recall(bits, clock)`, which `Ghosts` need;
/// * `looks_ahead = true`, and then `priority(score, slot, clock, next_use)`;
/// * `DefaultAdmission` and `DefaultGhosts`: what goes best with it.
template <class E>
concept Eviction =
    requires(typename E::Score score, CacheClock clock, std::uint32_t lookups) {
        requires std::unsigned_integral<typename E::Score> || std::is_empty_v<typename E::Score>;
        { E::admitted(clock, lookups) } -> std::same_as<typename E::Score>;
        { E::hit(score, clock, lookups) } -> std::same_as<typename E::Score>;
    } &&
    (
        requires(typename E::Score score, CacheClock clock, std::uint64_t slot) {
            { E::priority(score, slot, clock) } -> std::same_as<std::uint32_t>;
        } ||
        requires(typename E::Score score, CacheClock clock, std::uint64_t slot, NextUse next) {
            { E::priority(score, slot, clock, next) } -> std::same_as<std::uint32_t>;
        });

/// Whether the policy wants to know what announced batches will look up.
template <class E>
inline constexpr bool looks_ahead = requires { requires E::looks_ahead; };

/// Whether its scores can be kept in 16 bits after a row has left.
template <class E>
inline constexpr bool remembers = requires(typename E::Score score, std::uint16_t bits, CacheClock clock) {
    { E::remember(score, clock) } -> std::same_as<std::uint16_t>;
    { E::recall(bits, clock) } -> std::same_as<typename E::Score>;
};

}  // namespace hotrow
