// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../execution/tile.hpp"
#include "generator.hpp"
#include "precision.hpp"
#include "quantizer.hpp"
#include "rounding.hpp"

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>

/// Where a policy of the user's lacks a part, these name the part; a bare concept would only say "constraints not satisfied".
namespace hotrow::detail {

template <class Q, class P, class R>
concept Initialises =
    requires(SingleLane tile, const float* values, std::byte* bytes, RandomKey key) { Q::template initialise<P, R, 4>(tile, values, bytes, bytes, key); };

template <class Q, class P>
concept Visits = requires(SingleLane tile, const std::byte* bytes, void (*f)(std::integral_constant<int, 4>, int, const float*)) {
    Q::template visit<P, 4>(tile, bytes, bytes, f);
};

template <class P>
concept PacksIntegers = requires(const std::int32_t (&codes)[4], std::byte* to) { P::template pack<4>(codes, to); };
template <class P, class R>
concept PacksValues = requires(const float (&values)[4], const std::uint32_t (&words)[4], std::byte* to) { P::template pack<4, R>(values, words, to); };

template <class R>
struct RoundingRequirements {
    static_assert(
        requires(RandomKey key) { R::prepare(key); }, "rounding policy: it lacks `prepare(key)`, which makes the state of a row");
    static_assert(
        requires(RandomKey key, std::uint32_t (&words)[4]) { R::random_words(R::prepare(key), 0, words); },
        "rounding policy: it lacks `random_words(state, first, words)`");
    static_assert(
        requires(float t, std::uint32_t word) {
            { R::to_integer(t, word) } -> std::same_as<std::int32_t>;
        }, "rounding policy: it lacks `std::int32_t to_integer(float, std::uint32_t random)`");
    static_assert(
        requires(std::uint32_t m, int shift) {
            { R::drop_bits(m, shift, m) } -> std::same_as<std::uint32_t>;
        }, "rounding policy: it lacks `std::uint32_t drop_bits(std::uint32_t, int shift, std::uint32_t random)`");
};

template <class P, class R, bool IsInteger>
struct PackRequirements {
    static_assert(PacksValues<P, R>, "precision: it lacks `pack<N, Rounding>(values, words, to)`");
};
template <class P, class R>
struct PackRequirements<P, R, true> {
    static_assert(
        requires {
            { P::levels } -> std::convertible_to<int>;
        }, "precision: integers lack `levels`, the largest code");
    static_assert(PacksIntegers<P>, "precision: it lacks `pack<N>(codes, to)`");
};

template <class P>
struct PrecisionRequirements {
    static_assert(
        requires {
            { P::bits } -> std::convertible_to<int>;
        }, "precision: it lacks `bits`, the width of an element");
    static_assert(
        requires {
            { P::is_integer } -> std::convertible_to<bool>;
        }, "precision: it lacks `is_integer`, whether elements are codes for a quantizer");
    static_assert(
        requires {
            { P::name } -> std::convertible_to<const char*>;
        }, "precision: it lacks `name`");
    static_assert(
        requires(const std::byte* from, float (&values)[4]) { P::template unpack<4>(from, values); }, "precision: it lacks `unpack<N>(from, values)`");
};

template <class P, class Q, class R>
struct QuantizerRequirements {
    static_assert(
        requires {
            { Q::template accepts<P> } -> std::convertible_to<bool>;
        }, "quantizer: it lacks `accepts<Precision>`, which says what it can serve");
    static_assert(
        requires {
            { Q::template qparam_bytes<4> } -> std::convertible_to<int>;
        }, "quantizer: it lacks `qparam_bytes<Dim>`, the size of its parameters");
    static_assert(
        requires {
            { Q::qparam_alignment } -> std::convertible_to<int>;
        }, "quantizer: it lacks `qparam_alignment`");
    static_assert(
        requires(SingleLane tile, const float* values, std::byte* bytes, RandomKey key) { Q::template encode<P, R, 4>(tile, values, bytes, bytes, key); },
        "quantizer: it lacks `encode<Precision, Rounding, Dim>(tile, values, codes, qparams, key)`");
    static_assert(
        requires(SingleLane tile, float* values, const std::byte* bytes) { Q::template decode<P, 4>(tile, bytes, bytes, values); },
        "quantizer: it lacks `decode<Precision, Dim>(tile, codes, qparams, values)`");
};

/// False where the member is missing, which is reported elsewhere.
template <class P>
constexpr bool holds_integers() {
    if constexpr (requires {
                      { P::is_integer } -> std::convertible_to<bool>;
                  }) {
        return P::is_integer;
    } else {
        return false;
    }
}

template <class Q, class P>
concept Refuses = requires { Q::template accepts<P>; } && !Q::template accepts<P>;

template <class P, class Q, class R>
struct RowFormatRequirements : RoundingRequirements<R>, PrecisionRequirements<P>, PackRequirements<P, R, holds_integers<P>()>, QuantizerRequirements<P, Q, R> {
    static_assert(!Refuses<Q, P>,
                  "RowFormat: this quantizer cannot serve this precision. Integers (Int8, Int4, Int2) take RowAffine, RowSymmetric, RowClipped, "
                  "RowLearned or their Block forms; narrow floats take Cast or RowScaled; Fp32 takes Cast");
};

}  // namespace hotrow::detail
