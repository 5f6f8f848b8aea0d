// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../config.hpp"

#include <concepts>
#include <cstdint>

namespace hotrow {

/// An admission policy decides whether a row that missed may take the place of a victim.
/// * `fills`: whether any row enters at all; if so, empty ways are always filled;
/// * `admits(candidate, victim)`: compares priorities of the eviction policy;
/// * `competes`: whether a row that enters may lose its way to a better one of the same batch while worse lines of earlier batches are left
///   (true: the best of all stay), or only when no other line may be evicted (false). Either way it loses it to a strictly greater
///   priority only, and before any row has moved.
template <class A>
concept Admission = requires(std::uint32_t priority) {
    { A::fills } -> std::convertible_to<bool>;
    { A::competes } -> std::convertible_to<bool>;
    { A::admits(priority, priority) } -> std::same_as<bool>;
};

/// Every miss enters if a way of its set may be evicted.
struct Always {
    static constexpr bool fills = true;
    static constexpr bool competes = false;
    static constexpr const char* name = "always";
    HOTROW_HD static bool admits(std::uint32_t, std::uint32_t) { return true; }
};

/// Only a row with a greater priority than its victim enters.
struct IfMoreFrequent {
    static constexpr bool fills = true;
    static constexpr bool competes = true;
    static constexpr const char* name = "if_more_frequent";
    HOTROW_HD static bool admits(std::uint32_t candidate, std::uint32_t victim) { return candidate > victim; }
};

/// Nothing enters: the cache stays as it is.
struct Never {
    static constexpr bool fills = false;
    static constexpr bool competes = false;
    static constexpr const char* name = "never";
    HOTROW_HD static bool admits(std::uint32_t, std::uint32_t) { return false; }
};

}  // namespace hotrow
