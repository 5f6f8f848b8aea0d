// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../config.hpp"

#include <concepts>
#include <cstdint>

namespace hotrow {

/// What random bits of a row depend on, and nothing else: they are the same on any device and launch shape.
struct RandomKey {
    std::uint64_t seed;  ///< of the embedding
    std::uint64_t step;  ///< number of the plan
    std::uint64_t row;   ///< linear row id over all tables
};

/// A counter-based generator: `fill(key, first, words)` writes the 32-bit words of the elements `first, first + 1, ...` of a
/// row. `first` and `N` are multiples of four.
template <class G>
concept Generator = requires(RandomKey key, std::uint32_t (&words)[4]) {
    { G::prepare(key) };
    { G::template fill<4>(G::prepare(key), 0, words) };
};

/// Philox4x32 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC 2011), with `Rounds` = 10 or 7.
/// Counter: (pack of the row, row low, row high, step low); key: seed, step's upper half mixed in.
template <int Rounds = 10>
struct Philox4x32 {
    /// What of the key goes into every word.
    struct State {
        std::uint32_t counter[4];
        std::uint32_t key[2];
    };

    HOTROW_HD static State prepare(const RandomKey& k) {
        return {{0u, static_cast<std::uint32_t>(k.row), static_cast<std::uint32_t>(k.row >> 32), static_cast<std::uint32_t>(k.step)},
                {static_cast<std::uint32_t>(k.seed), static_cast<std::uint32_t>(k.seed >> 32) ^ static_cast<std::uint32_t>(k.step >> 32)}};
    }

    /// The published bijection: four words out of four counter words and two key words.
    HOTROW_HD static void block(const std::uint32_t (&counter)[4], const std::uint32_t (&key)[2], std::uint32_t* out) {
        std::uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3], k0 = key[0], k1 = key[1];
        HOTROW_UNROLL
        for (int round = 0; round < Rounds; ++round) {
            const std::uint64_t p0 = std::uint64_t{0xD2511F53u} * c0;
            const std::uint64_t p1 = std::uint64_t{0xCD9E8D57u} * c2;
            c0 = static_cast<std::uint32_t>(p1 >> 32) ^ c1 ^ k0;
            c1 = static_cast<std::uint32_t>(p1);
            c2 = static_cast<std::uint32_t>(p0 >> 32) ^ c3 ^ k1;
            c3 = static_cast<std::uint32_t>(p0);
            k0 += 0x9E3779B9u;
            k1 += 0xBB67AE85u;
        }
        out[0] = c0;
        out[1] = c1;
        out[2] = c2;
        out[3] = c3;
    }

    template <int N>
    HOTROW_HD static void fill(const State& state, int first, std::uint32_t (&words)[N]) {
        HOTROW_UNROLL
        for (int i = 0; i < N; i += 4) {
            const std::uint32_t counter[4] = {static_cast<std::uint32_t>(first + i) / 4u, state.counter[1], state.counter[2], state.counter[3]};
            block(counter, state.key, words + i);
        }
    }
};

/// The cheap default: two 32-bit multiplications a word, which vectorise on every host. A row's key is the 64-bit
/// finaliser of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014) over seed, step and row; an element's word is a two-round
/// multiply-xorshift hash (constants by Wellons' "hash prospector" search) of key + element, with the second
/// half of the key added between its rounds.
struct CounterHash {
    /// The halves of the row's key.
    struct State {
        std::uint32_t low;
        std::uint32_t high;
    };

    HOTROW_HD static std::uint64_t mix(std::uint64_t x) {
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ull;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EBull;
        return x ^ (x >> 31);
    }

    HOTROW_HD static State prepare(const RandomKey& k) {
        const std::uint64_t stream = mix(k.seed + 0x9E3779B97F4A7C15ull * (k.step + 1u));
        const std::uint64_t key = mix(stream + 0xD1B54A32D192ED03ull * (k.row + 1u));
        return {static_cast<std::uint32_t>(key), static_cast<std::uint32_t>(key >> 32)};
    }

    template <int N>
    HOTROW_HD static void fill(const State& state, int first, std::uint32_t (&words)[N]) {
        HOTROW_UNROLL
        for (int i = 0; i < N; ++i) {
            std::uint32_t x = state.low + static_cast<std::uint32_t>(first + i) * 0x9E3779B9u;
            x = (x ^ (x >> 16)) * 0x7FEB352Du;
            x = ((x ^ (x >> 15)) + state.high) * 0x846CA68Bu;
            words[i] = x ^ (x >> 16);
        }
    }
};

}  // namespace hotrow
