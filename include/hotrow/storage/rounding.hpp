// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../config.hpp"
#include "../execution/arithmetic.hpp"
#include "generator.hpp"

#include <cmath>
#include <concepts>
#include <cstdint>

namespace hotrow {

/// A rounding policy decides which neighbour of a value becomes its code.
/// * `to_integer(t, random)`: `0 <= t < 2^23` to one of the integers around it;
/// * `drop_bits(m, shift, random)`: `m / 2^shift` for `m < 2^31`, `1 <= shift <= 24`, likewise;
/// * `random_words(key, first, words)`: the words that go into both;
/// * optionally `to_code<Levels>(t, random)`: what `to_integer` gives for `0 <= t <= Levels`, if that can be had faster.
/// A value that is representable stays as it is.
template <class R>
concept Rounding = requires(float t, std::uint32_t word, int shift, RandomKey key, std::uint32_t (&words)[4]) {
    { R::to_integer(t, word) } -> std::same_as<std::int32_t>;
    { R::drop_bits(word, shift, word) } -> std::same_as<std::uint32_t>;
    { R::random_words(R::prepare(key), 0, words) };
};

/// What deterministic roundings share: no random words.
struct WithoutRandomness {
    struct State {};
    HOTROW_HD static State prepare(const RandomKey&) { return {}; }
    template <int N>
    HOTROW_HD static void random_words(const State&, int, std::uint32_t (&words)[N]) {
        HOTROW_UNROLL
        for (int i = 0; i < N; ++i) words[i] = 0u;
    }
};

/// To the nearest neighbour, ties to even.
struct NearestEven : WithoutRandomness {
    /// Squared error of a value anywhere between two neighbours, in steps.
    static constexpr float mean_variance = 1.0f / 12.0f;

    HOTROW_HD static std::int32_t to_integer(float t, std::uint32_t) {
        // Adding 2^23 leaves no bits behind the point, so the sum itself rounds to nearest even; it vectorises everywhere.
        const std::uint32_t shifted = arithmetic::bits_of(t + 8388608.0f);
        return static_cast<std::int32_t>(shifted - 0x4b000000u);
    }
    HOTROW_HD static std::uint32_t drop_bits(std::uint32_t m, int shift, std::uint32_t) {
        const std::uint32_t half = 1u << (shift - 1);
        return (m + (half - 1u) + ((m >> shift) & 1u)) >> shift;
    }
};

/// To the neighbour nearer to zero; qparams use it so that a range covers its row.
struct TowardZero : WithoutRandomness {
    HOTROW_HD static std::int32_t to_integer(float t, std::uint32_t) { return static_cast<std::int32_t>(t); }
    HOTROW_HD static std::uint32_t drop_bits(std::uint32_t m, int shift, std::uint32_t) { return m >> shift; }
};

/// To the neighbour farther from zero.
struct AwayFromZero : WithoutRandomness {
    HOTROW_HD static std::int32_t to_integer(float t, std::uint32_t) {
        const std::int32_t below = static_cast<std::int32_t>(t);
        return below + (static_cast<float>(below) < t ? 1 : 0);
    }
    HOTROW_HD static std::uint32_t drop_bits(std::uint32_t m, int shift, std::uint32_t) { return (m + ((1u << shift) - 1u)) >> shift; }
};

/// To either neighbour, with probabilities that make the mean exact: up with probability p, the distance to the neighbour
/// below in steps (Gupta et al., ICML 2015). `Bits` random bits decide: p is taken to the nearest multiple of 2^-Bits, so a
/// distance below 2^-(Bits+1) of a step is lost, and p is off by at most that. (A random r < 2^Bits rounds up from the threshold
/// (2 r + 1) / 2^(Bits+1) on: a distance that is a multiple of 2^-Bits gets its exact probability.)
template <class GeneratorType = CounterHash, int Bits = 16>
struct Stochastic {
    static_assert(Generator<GeneratorType>, "Stochastic<Generator, Bits>: the generator lacks prepare(key) or fill<N>(state, first, words)");
    static_assert(Bits >= 1 && Bits <= 23, "Stochastic<Generator, Bits>: Bits must be 1 to 23");

    static constexpr float mean_variance = 1.0f / 6.0f;

    using State = decltype(GeneratorType::prepare(RandomKey{}));
    HOTROW_HD static State prepare(const RandomKey& key) { return GeneratorType::prepare(key); }

    template <int N>
    HOTROW_HD static void random_words(const State& state, int first, std::uint32_t (&words)[N]) {
        GeneratorType::fill(state, first, words);
    }

    HOTROW_HD static std::int32_t to_integer(float t, std::uint32_t random) {
        constexpr float step = arithmetic::power_of_two(-Bits);
        const std::int32_t below = static_cast<std::int32_t>(t);
        const float distance = t - static_cast<float>(below);
        const float threshold = arithmetic::fma(static_cast<float>(static_cast<std::int32_t>(random >> (32 - Bits))), step, 0.5f * step);
        return below + (distance >= threshold ? 1 : 0);
    }

    /// In fixed point with `Bits` + 1 bits behind the point, what is missing from the threshold to one carries into the integer: one
    /// conversion instead of three.
    template <int Levels>
        requires(Levels < (1 << (30 - Bits)))
    HOTROW_HD static std::int32_t to_code(float t, std::uint32_t random) {
        constexpr int shift = Bits + 1;
        const std::int32_t fixed = static_cast<std::int32_t>(t * arithmetic::power_of_two(shift));
#if defined(__CUDA_ARCH__)
        std::uint32_t missing;  // (a ^ b) | c
        asm("lop3.b32 %0, %1, %2, 1, 0xbe;" : "=r"(missing) : "r"(random >> (32 - shift)), "n"((1u << shift) - 1u));
#else
        const std::uint32_t missing = (~random >> (32 - shift)) | 1u;
#endif
        return (fixed + static_cast<std::int32_t>(missing)) >> shift;
    }

    HOTROW_HD static std::uint32_t drop_bits(std::uint32_t m, int shift, std::uint32_t random) {
        // Again what is missing from the threshold to one is added; the threshold is a fraction of 2^32.
        if (shift <= Bits) return (m + (~random >> (32 - shift))) >> shift;
        constexpr std::uint32_t keep = ~0u << (32 - Bits);
        const std::uint32_t threshold = (random & keep) | (1u << (31 - Bits));
        return (m + ((1u << shift) - (threshold >> (32 - shift)))) >> shift;
    }
};

namespace detail {

/// `to_integer` of 0 <= t <= Levels, the faster way if the rounding has one.
template <class R, int Levels>
HOTROW_HD HOTROW_INLINE std::int32_t round_to_code(float t, std::uint32_t random) {
    if constexpr (requires { R::template to_code<Levels>(t, random); }) {
        return R::template to_code<Levels>(t, random);
    } else {
        return R::to_integer(t, random);
    }
}

}  // namespace detail

}  // namespace hotrow
