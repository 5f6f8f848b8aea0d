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
/// * `drop_bits(m, shift, random)`: `m / 2^shift` for `m < 2^24`, `shift >= 1`, likewise;
/// * `random_words(key, first, words)`: the words that go into both.
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
        const int s = shift < 26 ? shift : 26;
        const std::uint32_t half = 1u << (s - 1);
        return (m + (half - 1u) + ((m >> s) & 1u)) >> s;
    }
};

/// To the neighbour nearer to zero; qparams use it so that a range covers its row.
struct TowardZero : WithoutRandomness {
    HOTROW_HD static std::int32_t to_integer(float t, std::uint32_t) { return static_cast<std::int32_t>(t); }
    HOTROW_HD static std::uint32_t drop_bits(std::uint32_t m, int shift, std::uint32_t) { return m >> (shift < 26 ? shift : 26); }
};

/// To the neighbour farther from zero.
struct AwayFromZero : WithoutRandomness {
    HOTROW_HD static std::int32_t to_integer(float t, std::uint32_t) {
        const std::int32_t below = static_cast<std::int32_t>(t);
        return below + (static_cast<float>(below) < t ? 1 : 0);
    }
    HOTROW_HD static std::uint32_t drop_bits(std::uint32_t m, int shift, std::uint32_t) {
        const int s = shift < 26 ? shift : 26;
        return (m + ((1u << s) - 1u)) >> s;
    }
};

/// To either neighbour, with probabilities that make the mean exact: up with probability p, the distance to the neighbour
/// below in steps (Gupta et al., ICML 2015). `Bits` random bits decide: p is taken to the nearest multiple of 2^-Bits, so a
/// distance up to 2^-(Bits+1) of a step is lost, and p is off by at most that. (The thresholds are the odd multiples of 2^-(Bits+1): a distance that
/// is a multiple of 2^-Bits gets its exact probability.)
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
        return below + (distance > threshold ? 1 : 0);
    }

    HOTROW_HD static std::uint32_t drop_bits(std::uint32_t m, int shift, std::uint32_t random) {
        constexpr std::uint32_t keep = ~0u << (32 - Bits);
        const std::uint32_t threshold = (random & keep) | (1u << (31 - Bits));
        // The dropped bits as a fraction of 2^32; far below the smallest subnormal they shift out themselves.
        const int s = shift < 31 ? shift : 31;
        const int far = shift - s < 31 ? shift - s : 31;
        const std::uint32_t fraction = (m << (32 - s)) >> far;
        return (m >> s) + (fraction > threshold ? 1u : 0u);  // m < 2^24: nothing is left of it from 24 on
    }
};

}  // namespace hotrow
