// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "team.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace hotrow::detail {

/// Stable least-significant-digit radix sort of (key, position) pairs on the host.
///
/// Own code, because the host half must build without the CUDA Toolkit (Thrust), and because a plan sorts k-bit keys: two
/// passes for most tables where a general sort takes four, on all threads, without allocation.
class RadixSort {
public:
    static constexpr int digit_bits = 11;
    static constexpr std::size_t buckets = std::size_t{1} << digit_bits;
    static constexpr std::size_t max_threads = 64;

    /// Bytes of histogram scratch.
    static constexpr std::size_t scratch_bytes(int threads) { return static_cast<std::size_t>(threads) * buckets * sizeof(std::uint32_t); }

    /// Sorts by the low `bits` bits of the keys. The `other` arrays are scratch of equal size; arrays and scratch may change
    /// places, so that no pass is a copy.
    template <class Key>
    static void sort(Team& team, Key*& keys, Key*& other_keys, std::uint32_t*& positions, std::uint32_t*& other_positions, std::uint32_t n, int bits,
                     std::uint32_t* histograms) {
        const int passes = (bits + digit_bits - 1) / digit_bits;
        const int width = (bits + passes - 1) / passes;  // equal digits: fewer buckets to walk
        const std::uint32_t mask = (1u << width) - 1u;
        const std::uint32_t threads = n < 4096u ? 1u : static_cast<std::uint32_t>(team.size());
        const std::uint32_t part = (n + threads - 1u) / threads;
        const auto in_parts = [&](auto&& work) {
            const auto guarded = [&](int thread) {
                const std::uint32_t t = static_cast<std::uint32_t>(thread);
                if (t < threads) work(t, std::min(n, t * part), std::min(n, (t + 1u) * part));
            };
            if (threads == 1u) {
                guarded(0);
            } else {
                team.run(guarded);
            }
        };
        for (int pass = 0; pass < passes; ++pass) {
            const int shift = pass * width;
            in_parts([&](std::uint32_t t, std::uint32_t begin, std::uint32_t end) {
                std::uint32_t* counts = histograms + t * buckets;
                std::fill_n(counts, mask + 1u, 0u);
                const Key* const from = keys;
                for (std::uint32_t i = begin; i < end; ++i) ++counts[static_cast<std::uint32_t>(from[i] >> shift) & mask];
            });
            std::uint32_t sum = 0;
            for (std::uint32_t digit = 0; digit <= mask; ++digit) {
                for (std::uint32_t t = 0; t < threads; ++t) sum += std::exchange(histograms[t * buckets + digit], sum);
            }
            in_parts([&](std::uint32_t t, std::uint32_t begin, std::uint32_t end) {
                // Copies, which no store can change
                std::uint32_t* const next = histograms + t * buckets;
                const Key* const from_keys = keys;
                Key* const to_keys = other_keys;
                const std::uint32_t* const from_positions = positions;
                std::uint32_t* const to_positions = other_positions;
                for (std::uint32_t i = begin; i < end; ++i) {
                    const Key key = from_keys[i];
                    const std::uint32_t to = next[static_cast<std::uint32_t>(key >> shift) & mask]++;
                    to_keys[to] = key;
                    to_positions[to] = from_positions[i];
                }
            });
            std::swap(keys, other_keys);
            std::swap(positions, other_positions);
        }
    }
};

}  // namespace hotrow::detail
