// SPDX-License-Identifier: Apache-2.0
// Random numbers that depend only on (seed, what, which), so that they are the same wherever they are drawn.
#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>

namespace examples {

// The finaliser of SplitMix64: every bit of the result depends on every bit of x.
inline std::uint64_t mix(std::uint64_t x) {
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

inline std::uint64_t mix(std::uint64_t a, std::uint64_t b) { return mix(mix(a) ^ b); }
inline std::uint64_t mix(std::uint64_t a, std::uint64_t b, std::uint64_t c) { return mix(mix(a, b) ^ c); }

// In (0, 1): never 0, so that its logarithm is finite.
inline double to_uniform(std::uint64_t bits) { return (static_cast<double>(bits >> 11) + 0.5) * 0x1p-53; }

// Standard normal (Box and Muller).
inline double to_normal(std::uint64_t bits) {
    double const radius = std::sqrt(-2.0 * std::log(to_uniform(bits)));
    return radius * std::cos(2.0 * std::numbers::pi * to_uniform(mix(bits)));
}

}  // namespace examples
