// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "admission.hpp"
#include "eviction/eviction.hpp"
#include "eviction/lfu_aged.hpp"
#include "ghosts.hpp"

#include <concepts>
#include <type_traits>

namespace hotrow {

/// `Ways` lines share a set; a row may lie in any way of its set.
template <int Ways>
struct SetAssociative {
    static_assert(Ways >= 1 && Ways <= 128, "SetAssociative<Ways>: Ways must be 1 to 128");
    static constexpr int ways = Ways;  ///< lines of a set
};

/// One way: a row has one place only.
using DirectMapped = SetAssociative<1>;

namespace detail {

/// What an eviction policy asks for, else the plainest.
template <class E>
constexpr auto default_admission() {
    if constexpr (requires { typename E::DefaultAdmission; }) {
        return typename E::DefaultAdmission{};
    } else {
        return Always{};
    }
}
template <class E>
constexpr auto default_ghosts() {
    if constexpr (requires { typename E::DefaultGhosts; }) {
        return typename E::DefaultGhosts{};
    } else {
        return NoGhosts{};
    }
}

}  // namespace detail

/// What decides where hot rows live: associativity, eviction, the line's element type, admission, and what is remembered of
/// rows that are not cached. `Cache<SetAssociative<32>>` is the default that hit best in docs/cache.md.
template <class Associativity, class EvictionType = LfuAged<>, class LineType = float,
          class AdmissionType = decltype(detail::default_admission<EvictionType>()), class GhostsType = decltype(detail::default_ghosts<EvictionType>())>
struct Cache {
    static_assert(
        requires {
            { Associativity::ways } -> std::convertible_to<int>;
        }, "Cache: the first parameter must be DirectMapped or SetAssociative<Ways>");
    static_assert(Eviction<EvictionType>, "Cache: the second parameter is no Eviction (Score, admitted, hit, priority)");
    static_assert(std::is_same_v<LineType, float>, "Cache: lines hold float");
    static_assert(Admission<AdmissionType>, "Cache: the fourth parameter is no Admission (fills, competes, admits)");
    static_assert(
        requires {
            { GhostsType::per_set } -> std::convertible_to<int>;
        }, "Cache: the fifth parameter must be NoGhosts or Ghosts<PerSet>");
    static_assert(GhostsType::per_set == 0 || remembers<EvictionType>,
                  "Cache: Ghosts need an eviction policy with remember(score, clock) and recall(bits, clock), such as LfuAged or Lfu");

    static constexpr int ways = Associativity::ways;            ///< lines of a set
    static constexpr int ghosts_per_set = GhostsType::per_set;  ///< scores remembered besides
    using Eviction_t = EvictionType;                            ///< the eviction policy
    using Line = LineType;                                      ///< element of a line
    using Admission_t = AdmissionType;                          ///< the admission policy
};

}  // namespace hotrow
