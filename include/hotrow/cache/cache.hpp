// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "admission.hpp"
#include "eviction.hpp"

#include <concepts>
#include <type_traits>

namespace hotrow {

/// `Ways` lines share a set; a row may lie in any way of its set.
template <int Ways>
struct SetAssociative {
    static_assert(Ways >= 1 && Ways <= 128, "SetAssociative<Ways>: Ways must be 1 to 128");
    static constexpr int ways = Ways;
};

/// One way: a row has one place only.
using DirectMapped = SetAssociative<1>;

/// What decides where hot rows live: associativity, eviction, the line's element type, and admission.
template <class Associativity, class EvictionType, class LineType = float, class AdmissionType = Always>
struct Cache {
    static_assert(requires { { Associativity::ways } -> std::convertible_to<int>; },
                  "Cache: the first parameter must be DirectMapped or SetAssociative<Ways>");
    static_assert(Eviction<EvictionType>, "Cache: the second parameter is no Eviction (Score, admitted, hit, priority)");
    static_assert(std::is_same_v<LineType, float>, "Cache: lines hold float");
    static_assert(Admission<AdmissionType>, "Cache: the fourth parameter is no Admission (fills, admits)");

    static constexpr int ways = Associativity::ways;
    using Eviction_t = EvictionType;
    using Line = LineType;
    using Admission_t = AdmissionType;
};

}  // namespace hotrow
