// SPDX-License-Identifier: Apache-2.0
// Narrow floats: every code and every tie against arithmetic in double that knows nothing of the implementation.
#include "support/catch.hpp"

#include <hotrow/storage/small_float.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

using namespace hotrow;

namespace {

/// What a format is, in words of its own.
template <class F>
struct Spec;
template <>
struct Spec<HalfFormat> {
    static constexpr int exponent = 5, mantissa = 10;
    static constexpr double largest = 65504;
    static constexpr bool ieee = true;
};
template <>
struct Spec<BFloatFormat> {
    static constexpr int exponent = 8, mantissa = 7;
    static constexpr double largest = 0x1.fep127;
    static constexpr bool ieee = true;
};
template <>
struct Spec<Fp8E4M3Format> {
    static constexpr int exponent = 4, mantissa = 3;
    static constexpr double largest = 448;
    static constexpr bool ieee = false;
};
template <>
struct Spec<Fp8E5M2Format> {
    static constexpr int exponent = 5, mantissa = 2;
    static constexpr double largest = 57344;
    static constexpr bool ieee = true;
};

/// The value of a code by its definition.
template <class F>
double value_of(std::uint32_t code) {
    using S = Spec<F>;
    const int exponent_mask = (1 << S::exponent) - 1;
    const int exponent = static_cast<int>(code >> S::mantissa) & exponent_mask;
    const int mantissa = static_cast<int>(code) & ((1 << S::mantissa) - 1);
    const double sign = (code >> (S::exponent + S::mantissa)) != 0 ? -1 : 1;
    const int bias = exponent_mask / 2;
    if (S::ieee && exponent == exponent_mask) {
        return mantissa == 0 ? sign * std::numeric_limits<double>::infinity() : std::numeric_limits<double>::quiet_NaN();
    }
    if (!S::ieee && exponent == exponent_mask && mantissa == (1 << S::mantissa) - 1) return std::numeric_limits<double>::quiet_NaN();
    if (exponent == 0) return sign * std::ldexp(mantissa, 1 - bias - S::mantissa);
    return sign * std::ldexp((1 << S::mantissa) + mantissa, exponent - bias - S::mantissa);
}

/// Magnitudes of the finite codes, in order.
template <class F>
const std::vector<double>& magnitudes() {
    static const std::vector<double> values = [] {
        std::vector<double> all;
        for (std::uint32_t code = 0; code <= F::max_ordinal; ++code) all.push_back(value_of<F>(code));
        return all;
    }();
    return values;
}

/// Nearest code, ties to the even one, saturating.
template <class F>
std::uint32_t nearest_code(float value) {
    const auto& all = magnitudes<F>();
    const double magnitude = std::fabs(static_cast<double>(value));
    const std::uint32_t sign = std::signbit(value) ? 1u << (F::bits - 1) : 0u;
    if (magnitude >= all.back()) return sign | F::max_ordinal;
    std::uint32_t below = static_cast<std::uint32_t>(std::upper_bound(all.begin(), all.end(), magnitude) - all.begin()) - 1u;
    const double down = magnitude - all[below], up = all[below + 1] - magnitude;
    if (up < down || (up == down && below % 2 == 1)) ++below;
    return sign | below;
}

template <class F>
std::uint32_t encoded(float value) {
    return F::template encode<NearestEven>(value, 0u);
}

}  // namespace

TEMPLATE_TEST_CASE("every code decodes to its exact value", "[storage]", HalfFormat, BFloatFormat, Fp8E4M3Format, Fp8E5M2Format) {
    using F = TestType;
    CHECK(F::max_value == Spec<F>::largest);
    for (std::uint32_t code = 0; code < 1u << F::bits; ++code) {
        const double expected = value_of<F>(code);
        const float decoded = F::decode(code);
        if (std::isnan(expected)) {
            if (!std::isnan(decoded)) FAIL("code " << code << " decodes to " << decoded);
            continue;
        }
        if (decoded != expected || std::signbit(decoded) != std::signbit(expected)) FAIL("code " << code << " decodes to " << decoded);
        // and back, whatever the rounding and its random bits
        if (!std::isinf(expected)) {
            if (encoded<F>(decoded) != code) FAIL("code " << code << " is not kept");
            for (const std::uint32_t random : {0u, 0x80000000u, 0xffffffffu}) {
                if (F::template encode<Stochastic<>>(decoded, random) != code) FAIL("code " << code << " is not kept");
                if (F::template encode<TowardZero>(decoded, random) != code) FAIL("code " << code << " is not kept");
                if (F::template encode<AwayFromZero>(decoded, random) != code) FAIL("code " << code << " is not kept");
            }
        }
    }
}

TEMPLATE_TEST_CASE("ties and their neighbours round to nearest even", "[storage]", HalfFormat, BFloatFormat, Fp8E4M3Format, Fp8E5M2Format) {
    using F = TestType;
    for (std::uint32_t code = 0; code < F::max_ordinal; ++code) {
        const float tie = static_cast<float>((value_of<F>(code) + value_of<F>(code + 1)) / 2);
        for (const float x : {tie, std::nextafter(tie, 0.0f), std::nextafter(tie, INFINITY)}) {
            if (encoded<F>(x) != nearest_code<F>(x)) FAIL(x << " becomes " << encoded<F>(x));
            if (encoded<F>(-x) != nearest_code<F>(-x)) FAIL(-x << " becomes " << encoded<F>(-x));
        }
        // Directed roundings give the two neighbours.
        if (F::template encode<TowardZero>(tie, 0u) != code || F::template encode<AwayFromZero>(tie, 0u) != code + 1)
            FAIL("between " << code << " and the next");
    }
}

TEMPLATE_TEST_CASE("floats of every magnitude round as in double", "[storage]", HalfFormat, BFloatFormat, Fp8E4M3Format, Fp8E5M2Format) {
    using F = TestType;
    std::mt19937 random(1);
    for (int i = 0; i < 400'000; ++i) {
        const float x = arithmetic::float_of(static_cast<std::uint32_t>(random()));
        if (!arithmetic::is_finite(x)) continue;
        if (encoded<F>(x) != nearest_code<F>(x)) FAIL(x << " becomes " << encoded<F>(x));
        // Whatever the random bits: one of the two neighbours, and saturated, never wrapped.
        const auto& all = magnitudes<F>();
        const std::uint32_t code = F::template encode<Stochastic<>>(x, static_cast<std::uint32_t>(random()));
        const std::uint32_t ordinal = code & F::magnitude_mask;
        const double magnitude = std::min(std::fabs(static_cast<double>(x)), all.back());
        if (ordinal > F::max_ordinal || (ordinal < F::max_ordinal && all[ordinal + 1] <= magnitude) || (ordinal > 0 && all[ordinal - 1] >= magnitude)) {
            FAIL(x << " becomes " << code);
        }
        if ((code >> (F::bits - 1) != 0) != std::signbit(x)) FAIL(x << " changes its sign");
    }
    for (const float x : {F::max_value, std::numeric_limits<float>::max(), std::nextafter(F::max_value, INFINITY)}) {
        CHECK(encoded<F>(x) == F::max_ordinal);
        CHECK(F::template encode<Stochastic<>>(x, 0u) == F::max_ordinal);
        CHECK(encoded<F>(-x) == (F::max_ordinal | 1u << (F::bits - 1)));
    }
}

TEMPLATE_TEST_CASE("output elements are nearest-even, infinite beyond the range, NaN for NaN", "[storage]", Float16, BFloat16) {
    using Cast = ScalarCast<TestType>;
    using F = std::conditional_t<std::is_same_v<TestType, Float16>, HalfFormat, BFloatFormat>;
    constexpr float infinity = std::numeric_limits<float>::infinity();
    CHECK(Cast::to_float(Cast::from_float(infinity)) == infinity);
    CHECK(Cast::to_float(Cast::from_float(-infinity)) == -infinity);
    CHECK(std::isnan(Cast::to_float(Cast::from_float(std::numeric_limits<float>::quiet_NaN()))));
    CHECK(std::isnan(Cast::to_float(Cast::from_float(-std::numeric_limits<float>::signaling_NaN()))));
    CHECK(std::signbit(Cast::to_float(Cast::from_float(-0.0f))));
    // Half a step beyond the largest value: infinite from there on.
    const double half_step = (value_of<F>(F::max_ordinal) - value_of<F>(F::max_ordinal - 1)) / 2;
    const float limit = static_cast<float>(F::max_value + half_step);
    CHECK(Cast::to_float(Cast::from_float(limit)) == infinity);
    CHECK(Cast::to_float(Cast::from_float(-limit)) == -infinity);
    CHECK(Cast::to_float(Cast::from_float(std::nextafter(limit, 0.0f))) == F::max_value);
    for (std::uint32_t code = 0; code < 0x10000u; ++code) {
        const float value = Cast::to_float(TestType{static_cast<std::uint16_t>(code)});
        if (std::isnan(value)) continue;
        if (Cast::from_float(value).bits != code) FAIL("code " << code << " is not kept");
    }
}

namespace {

template <class Rounding>
void same_as_bit_arithmetic(float value) {
    for (const float v : {value, -value}) {
        const std::uint32_t expected = HalfFormat::encode<Rounding>(v, 0u);
        const std::uint32_t got = detail::encode_one<HalfFormat, Rounding>(v);
        if (got != expected) FAIL("value " << v << ": " << got << ", not " << expected);
    }
}

}  // namespace

TEST_CASE("halves converted by the processor are those of the bit arithmetic", "[storage]") {
    for (std::uint32_t code = 0; code < 0x10000u; ++code) {
        if ((code & 0x7fffu) > HalfFormat::max_ordinal) continue;  // infinities and NaNs are no qparams
        REQUIRE(arithmetic::bits_of(detail::decode_one<HalfFormat>(code)) == arithmetic::bits_of(HalfFormat::decode(code)));
    }
    // Every half, what lies close to it, and the middle to the next; then numbers beyond both ends.
    std::vector<float> values;
    for (std::uint32_t code = 0; code <= HalfFormat::max_ordinal; ++code) {
        const float exact = HalfFormat::decode(code), next = HalfFormat::decode(code + (code < HalfFormat::max_ordinal ? 1u : 0u));
        const float middle = exact + (next - exact) / 2;
        for (const float v : {exact, middle}) { values.insert(values.end(), {v, std::nextafter(v, 1e30f), v == 0.0f ? v : std::nextafter(v, 0.0f)}); }
    }
    for (const float v : {65504.0f, 65519.0f, 65520.0f, 1e6f, 3e38f, 1e-10f, 1e-38f, 1e-45f}) values.push_back(v);
    for (const float v : values) {
        same_as_bit_arithmetic<TowardZero>(v);
        same_as_bit_arithmetic<AwayFromZero>(v);
        same_as_bit_arithmetic<NearestEven>(v);
    }
}
