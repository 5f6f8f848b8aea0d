// SPDX-License-Identifier: Apache-2.0
// Error bounds of the formats as their documentation states them, from the row alone.
#pragma once

#include "storage/formats.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <tuple>
#include <type_traits>

namespace hotrow::test {

/// Relative error of a qparam rounded in one direction, its smallest unit, and its range.
template <class Q>
struct QparamErrors;
template <>
struct QparamErrors<Fp32> {
    static constexpr double relative = 0x1p-22, unit = 0, largest = 3.5e38;
};
template <>
struct QparamErrors<Fp16> {
    static constexpr double relative = 0x1p-10 + 0x1p-19, unit = 0x1p-24, largest = 65504;
};
template <>
struct QparamErrors<Bf16> {
    static constexpr double relative = 0x1p-7 + 0x1p-19, unit = 1e-40, largest = 3.3e38;
};

/// Below this a row is constant for all purposes: 256 scales of 2^-126.
constexpr double flushed = 256 * 0x1p-126;

/// Largest error of one element, in steps: half for nearest, one for stochastic. Infinite where the qparams' range does not reach.
template <class Storage>
struct ErrorBound;

template <class P, int N, class Q>
struct BlockBound {
    static constexpr int block = N;
    static double affine(std::span<const float> b, double steps) {
        const double low = *std::min_element(b.begin(), b.end()), high = *std::max_element(b.begin(), b.end());
        const double far = std::max(std::fabs(low), std::fabs(high));
        if (far > QparamErrors<Q>::largest) return INFINITY;
        const double span = high - low + std::fabs(low) * QparamErrors<Q>::relative + QparamErrors<Q>::unit;
        const double step = span / P::levels * (1 + QparamErrors<Q>::relative) + QparamErrors<Q>::unit;
        return (steps + 0.002) * step + 2 * far * 0x1p-23 + flushed;
    }
    static double symmetric(std::span<const float> b, double steps) {
        double far = 0;
        for (const float x : b) far = std::max(far, std::fabs(static_cast<double>(x)));
        constexpr int limit = (P::levels + 1) / 2 - 1;
        if (far / limit > QparamErrors<Q>::largest) return INFINITY;
        const double step = far / limit * (1 + QparamErrors<Q>::relative) + QparamErrors<Q>::unit;
        return (steps + 0.002) * step + flushed;
    }
};

/// A float of the format at `magnitude`: the distance of neighbours.
template <class P>
double spacing(double magnitude) {
    constexpr int mantissa = std::is_same_v<P, Fp32> ? 23 : std::is_same_v<P, Fp16> ? 10 : std::is_same_v<P, Bf16> ? 7 : std::is_same_v<P, Fp8E4M3> ? 3 : 2;
    constexpr int smallest = std::is_same_v<P, Fp16> || std::is_same_v<P, Fp8E5M2> ? -14 : std::is_same_v<P, Fp8E4M3> ? -6 : -126;
    const int exponent = magnitude > 0 ? std::ilogb(magnitude) : smallest;
    return std::ldexp(1.0, std::max(exponent, smallest) - mantissa);
}

template <class P>
struct ErrorBound<Storage<P, Cast>> {
    static constexpr int block = 0;
    static double of(std::span<const float>, float x, double steps) {
        if constexpr (std::is_same_v<P, Fp32>) {
            return 0;
        } else {
            const double far = std::fabs(static_cast<double>(x));
            return far > P::Format::max_value ? far - P::Format::max_value : steps * spacing<P>(far);
        }
    }
};

template <class P, int N, class Q>
struct ScaledBound {
    static constexpr int block = N;
    static double of(std::span<const float> b, float x, double steps) {
        double far = 0;
        for (const float y : b) far = std::max(far, std::fabs(static_cast<double>(y)));
        const double scale = far / P::Format::max_value * (1 + QparamErrors<Q>::relative) + QparamErrors<Q>::unit;
        if (scale > QparamErrors<Q>::largest) return INFINITY;
        const double magnitude = std::fabs(static_cast<double>(x)) / std::max(far / P::Format::max_value, 1e-300);
        // One binade up, should scaling take the value there.
        return 1.001 * steps * scale * spacing<P>(magnitude * 1.00001) + flushed * P::Format::max_value;
    }
};
template <class P, class Q>
struct ErrorBound<Storage<P, RowScaled<Q>>> : ScaledBound<P, 0, Q> {};
template <class P, int N, class Q>
struct ErrorBound<Storage<P, BlockScaled<N, Q>>> : ScaledBound<P, N, Q> {};

template <class P, int N, class Q>
struct AffineBound {
    static constexpr int block = N;
    static double of(std::span<const float> b, float, double steps) { return BlockBound<P, N, Q>::affine(b, steps); }
};
template <class P, int N, class Q>
struct SymmetricBound {
    static constexpr int block = N;
    static double of(std::span<const float> b, float, double steps) { return BlockBound<P, N, Q>::symmetric(b, steps); }
};
template <class P, class Q>
struct ErrorBound<Storage<P, RowAffine<Q>>> : AffineBound<P, 0, Q> {};
template <class P, int N, class Q>
struct ErrorBound<Storage<P, BlockAffine<N, Q>>> : AffineBound<P, N, Q> {};
template <class P, class Q>
struct ErrorBound<Storage<P, RowSymmetric<Q>>> : SymmetricBound<P, 0, Q> {};
template <class P, int N, class Q>
struct ErrorBound<Storage<P, BlockSymmetric<N, Q>>> : SymmetricBound<P, N, Q> {};
/// A row without history is encoded as `RowSymmetric` does.
template <class P, class Q>
struct ErrorBound<Storage<P, RowLearned<Q>>> : SymmetricBound<P, 0, Q> {};

}  // namespace hotrow::test
