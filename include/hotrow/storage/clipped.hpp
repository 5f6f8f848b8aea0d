// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../config.hpp"
#include "../execution/arithmetic.hpp"
#include "affine.hpp"
#include "rounding.hpp"

namespace hotrow {

namespace detail {

/// The range policy that looks for less squared error than min/max has: clipping a few outliers makes every step shorter.
/// Tries `Shrinks` higher lower ends, keeps the best, tries as many lower upper ends, then takes `Fits` steps of alternating least
/// squares (codes for a grid, the best grid for those codes). Every candidate is judged as stored, by the error of
/// rounding to nearest over the block; min/max is the first candidate, so the result is never worse.
///
/// All of it is measured in steps of the min/max grid, in which no row is large or small.
struct LeastSquares {
    static constexpr int shrinks = 4;
    static constexpr float shrink = 0.04f;  ///< of the range, each
    static constexpr int fits = 2;

    template <int Levels, class Qparam, class Part>
    HOTROW_HD static AffineGrid grid(const Part& part, const float* values) {
        const auto range = part.range(values);
        Search<Levels, Qparam> search{AffineGrid::covering<Levels, Qparam>(range.low, range.high)};
        constexpr int local = 4 * Part::Shape::local_packs;
        float y[local];
        HOTROW_UNROLL
        for (int i = 0; i < local; ++i) y[i] = 0.0f;  // elements past the row are not summed, but compilers cannot tell
        part.for_each([&](int i) { y[i - part.first] = search.steps_of(values[i]); });

        constexpr float levels = static_cast<float>(Levels);
        Candidate best{search.whole.scale, search.whole.bias, 0.0f, 1.0f};
        float error = search.error(part, y, best);
        const auto consider = [&](float low, float width) {
            const auto candidate = search.candidate(low, width);
            const float its_error = search.error(part, y, candidate);
            // At the end of FP32's range a candidate may reach beyond it.
            const bool usable = candidate.width > 0.0f && arithmetic::is_finite(arithmetic::fma(levels, candidate.scale, candidate.bias));
            const bool better = usable && its_error < error;
            best = better ? candidate : best;
            error = better ? its_error : error;
        };
        for (int k = 1; k <= shrinks; ++k) consider(levels * shrink * static_cast<float>(k), 1.0f - shrink * static_cast<float>(k));
        const float low = best.low, width = best.width;
        for (int k = 1; k <= shrinks; ++k) consider(low, width - shrink * static_cast<float>(k));
        for (int k = 0; k < fits; ++k) {
            const auto fitted = search.fit(part, y, best);
            consider(fitted.low, fitted.width);
        }
        return {best.scale, best.bias, search.whole.unit};
    }

private:
    /// A grid as stored, and where its levels lie in steps of the min/max grid: low + code * width.
    struct Candidate {
        float scale;
        float bias;
        float low;
        float width;
    };
    struct Line {
        float low;
        float width;
    };

    template <int Levels, class Qparam>
    struct Search {
        AffineGrid whole;
        AffineGrid::Steps steps_of;
        Clamp clamp{0.0f, static_cast<float>(Levels)};

        HOTROW_HD explicit Search(const AffineGrid& grid) : whole(grid), steps_of(grid.steps()) {}

        HOTROW_HD Candidate candidate(float low, float width) const {
            const float scale = Qparam::nearest(arithmetic::product(width, whole.scale));
            const float bias = Qparam::nearest(arithmetic::fma(low, whole.scale, whole.bias));
            return {scale, bias, steps_of(bias), arithmetic::product(arithmetic::product(scale, whole.unit), steps_of.inverse)};
        }

        HOTROW_HD float code(float y, float low, float inverse) const {
            return static_cast<float>(NearestEven::to_integer(clamp(arithmetic::product(y - low, inverse)), 0u));
        }

        template <class Part>
        HOTROW_HD float error(const Part& part, const float* y, const Candidate& c) const {
            const float inverse = reciprocal_of_scale(c.width);
            // All squares first, then their sum: the first loop vectorises on the host.
            constexpr int local = 4 * Part::Shape::local_packs;
            float squares[local];
            HOTROW_UNROLL
            for (int i = 0; i < local; ++i) {
                const float off = arithmetic::fma(code(y[i], c.low, inverse), c.width, c.low - y[i]);
                squares[i] = arithmetic::product(off, off);
            }
            return part.sum([&](int i, float sum) { return sum + squares[i - part.first]; });
        }

        /// The line through (code, y) of least squared error. Both are centred, which keeps the sums small.
        template <class Part>
        HOTROW_HD Line fit(const Part& part, const float* y, const Candidate& c) const {
            constexpr float middle = 0.5f * static_cast<float>(Levels);
            const float inverse = reciprocal_of_scale(c.width);
            const float n = static_cast<float>(part.size());
            constexpr int local = 4 * Part::Shape::local_packs;
            float x[local];
            HOTROW_UNROLL
            for (int i = 0; i < local; ++i) x[i] = code(y[i], c.low, inverse) - middle;
            const int first = part.first;
            const float x1 = part.sum([&](int i, float sum) { return sum + x[i - first]; });
            const float y1 = part.sum([&](int i, float sum) { return sum + (y[i - first] - middle); });
            const float x2 = part.sum([&](int i, float sum) { return arithmetic::fma(x[i - first], x[i - first], sum); });
            const float xy = part.sum([&](int i, float sum) { return arithmetic::fma(x[i - first], y[i - first] - middle, sum); });
            const float variance = arithmetic::fma(n, x2, -arithmetic::product(x1, x1));
            const float covariance = arithmetic::fma(n, xy, -arithmetic::product(x1, y1));
            if (!(variance > 0.0f && covariance > 0.0f)) return {c.low, c.width};
            const float width = arithmetic::quotient(covariance, variance);
            const float centre = arithmetic::quotient(arithmetic::fma(-width, x1, y1), n);
            return {arithmetic::fma(-middle, width, centre + middle), width};
        }
    };
};

}  // namespace detail

/// `RowAffine` with a range that is clipped where that lowers the row's squared error: for `Int4` and `Int2`, whose steps
/// are long. Same layout, same reading speed; encoding takes some 12 times as long (0.6 microseconds at dim 64 on one Zen 4 core).
///
/// With nearest rounding a row's squared error is never above `RowAffine`'s with the same qparams, about 0.85 times it for
/// `Int4`, half of it for `Int2`. What is clipped is biased, so with `Stochastic` only the elements inside the range are unbiased.
template <class Q = Fp16>
struct RowClipped : detail::AffineBlocks<0, Q, detail::LeastSquares> {};

/// The same for each block of `N` elements; layout of `BlockAffine`.
template <int N, class Q = Fp16>
struct BlockClipped : detail::AffineBlocks<N, Q, detail::LeastSquares> {};

}  // namespace hotrow
