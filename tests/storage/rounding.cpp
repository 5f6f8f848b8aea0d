// SPDX-License-Identifier: Apache-2.0
// Rounding policies. Probabilities are counted over all random words, not sampled: the result is exact.
#include "support/catch.hpp"

#include <hotrow/storage/rounding.hpp>
#include <hotrow/storage/small_float.hpp>

#include <cmath>
#include <cstdint>
#include <random>

using namespace hotrow;

namespace {

template <int Bits>
using Coarse = Stochastic<CounterHash, Bits>;

/// How many of the 2^Bits words round `t` up.
template <int Bits>
int ups(float t) {
    int count = 0;
    const auto below = static_cast<std::int32_t>(std::floor(t));
    for (std::uint32_t word = 0; word < 1u << Bits; ++word) {
        // The lower bits of the word must not matter.
        const std::int32_t code = Coarse<Bits>::to_integer(t, word << (32 - Bits) | (word * 2654435761u) >> Bits);
        if (code != below && code != below + 1) return -1;
        count += code - below;
    }
    return count;
}

template <int Bits>
int ups(std::uint32_t m, int shift) {
    int count = 0;
    const std::uint32_t below = m >> shift;
    for (std::uint32_t word = 0; word < 1u << Bits; ++word) {
        const std::uint32_t code = Coarse<Bits>::drop_bits(m, shift, word << (32 - Bits) | (word * 2654435761u) >> Bits);
        if (code != below && code != below + 1) return -1;
        count += static_cast<int>(code - below);
    }
    return count;
}

/// p in units of 2^-Bits, to the nearest; half-way up.
int nearest_multiple(double p, int bits) { return static_cast<int>(std::floor(std::ldexp(p, bits) + 0.5)); }

}  // namespace

TEST_CASE("the probability of rounding up is the distance, to the nearest multiple of 2^-Bits", "[storage]") {
    std::mt19937 random(1);
    for (int i = 0; i < 300; ++i) {
        const float t = std::uniform_real_distribution<float>(0.0f, i % 3 == 0 ? 2.0f : 255.0f)(random);
        const double p = t - std::floor(static_cast<double>(t));
        if (ups<8>(t) != nearest_multiple(p, 8)) FAIL("Bits 8, " << t);
        if (ups<12>(t) != nearest_multiple(p, 12)) FAIL("Bits 12, " << t);
        if (i < 10 && ups<16>(t) != nearest_multiple(p, 16)) FAIL("Bits 16, " << t);
    }
    CHECK(ups<1>(0.3f) == 1);
    CHECK(ups<1>(0.2f) == 0);
    // All 16-bit fractions of the default are exact.
    for (std::uint32_t k = 1; k < 65536; k += 4099) CHECK(ups<16>(static_cast<float>(k) / 65536.0f) == static_cast<int>(k));
}

TEST_CASE("dropping bits of a mantissa has the same probabilities, however many are dropped", "[storage]") {
    std::mt19937 random(2);
    for (int i = 0; i < 1000; ++i) {
        const std::uint32_t m = static_cast<std::uint32_t>(random()) >> (i % 2 == 0 ? 1 : 8);
        const int shift = 1 + static_cast<int>(random() % 24);
        const double exact = std::ldexp(m, -shift);
        if (ups<10>(m, shift) != nearest_multiple(exact - std::floor(exact), 10)) FAIL(m << " >> " << shift);
        if (i < 20 && ups<16>(m, shift) != nearest_multiple(exact - std::floor(exact), 16)) FAIL(m << " >> " << shift);
    }
}

TEMPLATE_TEST_CASE("what is representable stays", "[storage]", NearestEven, TowardZero, AwayFromZero, Stochastic<>, (Stochastic<Philox4x32<7>, 23>),
                   (Stochastic<CounterHash, 1>)) {
    for (std::int32_t code = 0; code < 70'000; ++code) {
        const std::uint32_t random = static_cast<std::uint32_t>(code) * 2654435761u;
        if (TestType::to_integer(static_cast<float>(code), random) != code) FAIL(code);
        for (const int shift : {1, 7, 13}) {
            const std::uint32_t m = static_cast<std::uint32_t>(code & 1023) << shift;
            if (TestType::drop_bits(m, shift, random) != static_cast<std::uint32_t>(code & 1023)) FAIL(code);
        }
    }
    for (int shift = 1; shift <= 24; ++shift) CHECK(TestType::drop_bits(0u, shift, 0u) == 0u);
}

TEST_CASE("nearest even, towards zero and away from it are what they say", "[storage]") {
    std::mt19937 random(3);
    for (int i = 0; i < 100'000; ++i) {
        const float t = i % 2 == 0 ? std::uniform_real_distribution<float>(0.0f, 300.0f)(random) : static_cast<float>(random() % 600) / 2;
        if (NearestEven::to_integer(t, 0) != static_cast<std::int32_t>(std::nearbyint(t))) FAIL(t);
        if (TowardZero::to_integer(t, 0) != static_cast<std::int32_t>(std::floor(t))) FAIL(t);
        if (AwayFromZero::to_integer(t, 0) != static_cast<std::int32_t>(std::ceil(t))) FAIL(t);
        const std::uint32_t m = static_cast<std::uint32_t>(random()) >> 1;
        const int shift = 1 + static_cast<int>(random() % 24);
        const double exact = std::ldexp(m, -shift);
        if (NearestEven::drop_bits(m, shift, 0) != static_cast<std::uint32_t>(std::nearbyint(exact))) FAIL(m << " >> " << shift);
        if (TowardZero::drop_bits(m, shift, 0) != static_cast<std::uint32_t>(std::floor(exact))) FAIL(m << " >> " << shift);
        if (AwayFromZero::drop_bits(m, shift, 0) != static_cast<std::uint32_t>(std::ceil(exact))) FAIL(m << " >> " << shift);
    }
}

TEMPLATE_TEST_CASE("small numbers are rounded in fixed point to what they are rounded to otherwise", "[storage]", Stochastic<>, (Stochastic<CounterHash, 1>),
                   (Stochastic<CounterHash, 8>), (Stochastic<CounterHash, 20>)) {
    constexpr int levels = 255;
    std::mt19937 random(5);
    for (int i = 0; i < 1'000'000; ++i) {
        // Halves of the last random bit's worth among them, where a distance equals a threshold
        float t = std::uniform_real_distribution<float>(0.0f, i % 3 == 0 ? 1.0f : static_cast<float>(levels))(random);
        if (i % 2 == 0) t = std::round(t * 131072.0f) / 131072.0f;
        if (i % 1000 == 0) t = static_cast<float>(levels);
        const auto word = static_cast<std::uint32_t>(random());
        if (TestType::template to_code<levels>(t, word) != TestType::to_integer(t, word)) FAIL(t << " with " << word);
    }
}

// Subnormals of the narrow floats, counted exactly: their probabilities are as honest as those of normal numbers.
TEMPLATE_TEST_CASE("narrow floats are rounded without bias, subnormals included", "[storage]", HalfFormat, BFloatFormat, Fp8E4M3Format, Fp8E5M2Format) {
    using F = TestType;
    std::mt19937 random(4);
    for (int i = 0; i < 200; ++i) {
        const std::uint32_t code = i < 20 ? static_cast<std::uint32_t>(i) / 4 : static_cast<std::uint32_t>(random() % F::max_ordinal);
        const double low = F::decode(code), high = F::decode(code + 1);
        const float x = static_cast<float>(low + (high - low) * std::uniform_real_distribution<>()(random));
        const double p = (x - low) / (high - low);
        int count = 0;
        for (std::uint32_t word = 0; word < 1024; ++word) {
            const std::uint32_t got = F::template encode<Coarse<10>>(x, word << 22);
            if (got != code && got != code + 1) FAIL(x << " becomes " << got);
            count += static_cast<int>(got - code);
        }
        if (count != nearest_multiple(p, 10)) FAIL(x << " is rounded up " << count << " times in 1024, not " << p * 1024);
    }
}
