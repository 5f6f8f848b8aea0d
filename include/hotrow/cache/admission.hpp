// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../config.hpp"

#include <concepts>
#include <cstdint>

namespace hotrow {

/// An admission policy decides whether a row that missed may take the place of a victim.
/// `admits(candidate, victim)` compares priorities of the eviction policy; empty ways are always filled unless `fills` is
/// false.
template <class A>
concept Admission = requires(std::uint32_t priority) {
    { A::fills } -> std::convertible_to<bool>;
    { A::admits(priority, priority) } -> std::same_as<bool>;
};

/// Every miss enters if a way of its set may be evicted.
struct Always {
    static constexpr bool fills = true;
    static constexpr const char* name = "always";
    HOTROW_HD static bool admits(std::uint32_t, std::uint32_t) { return true; }
};

/// Only a row with a greater priority than its victim enters.
struct IfMoreFrequent {
    static constexpr bool fills = true;
    static constexpr const char* name = "if_more_frequent";
    HOTROW_HD static bool admits(std::uint32_t candidate, std::uint32_t victim) { return candidate > victim; }
};

/// Nothing enters: the cache stays as it is.
struct Never {
    static constexpr bool fills = false;
    static constexpr const char* name = "never";
    HOTROW_HD static bool admits(std::uint32_t, std::uint32_t) { return false; }
};

}  // namespace hotrow
