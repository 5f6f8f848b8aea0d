// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../config.hpp"
#include "../execution/arithmetic.hpp"
#include "block.hpp"
#include "generator.hpp"
#include "qparam.hpp"
#include "rounding.hpp"
#include "symmetric.hpp"

#include <cstddef>
#include <cstdint>

namespace hotrow {

/// A step that is learned: each time a row is encoded, its step takes one descent step from the one that the stored row
/// has, and the codes are made with the result. Codes, reading and layout are those of `RowSymmetric`.
///
/// The idea is that of ALPT (Li et al.: "Adaptive Low-Precision Training for Embeddings in Click-Through Rate Prediction", AAAI 2023), which
/// trains a step per row beside the row. It differs in what it descends: ALPT takes the gradient of the task's loss, from a
/// second forward and backward pass with the quantized row; a row that is written back from a cache has no
/// such gradient, so this descends the row's own squared rounding error. The estimator is that of LSQ (Esser et al., ICLR 2020),
/// with the residual in the place of the loss's gradient, and the residual inside the range replaced by its expectation over a step
/// (1/12 for nearest, 1/6 for stochastic). With limit L, step s and the elements with |w| > L s called out:
///     s' = s (1 + r (sum over out of L (|w| / s - L) - v n_in) / (v n_in + L^2 (n_out + 1))),   r = 1/2
/// i.e. a damped Newton step, whose curvature counts the next element to leave the range. s' is kept between a quarter of max|w| / L
/// and max|w| / L, so that a row that changed at once (new values, a restored table) is served at once.
///
/// A row's first encoding (`initialise`) starts at max|w| / L. As with `RowClipped`, what is clipped is biased.
template <class Q = Fp32>
struct RowLearned {
    /// How the step is stored.
    using Qparam = QparamStorage<Q>;

    template <class P>
    static constexpr bool accepts = P::is_integer;
    template <int Dim>
    static constexpr int qparam_bytes = Qparam::bytes;
    static constexpr int qparam_alignment = Qparam::bytes;

    /// Encodes a row that has no stored predecessor.
    template <class P, class RoundingType, int Dim, Tile TileType>
    HOTROW_HD static void initialise(const TileType& tile, const float* values, std::byte* codes, std::byte* qparams, const RandomKey& key) {
        detail::SymmetricBlocks<0, Q>::template encode<P, RoundingType, Dim>(tile, values, codes, qparams, key);
    }

    template <class P, class RoundingType, int Dim, Tile TileType>
    HOTROW_HD static void encode(const TileType& tile, const float* values, std::byte* codes, std::byte* qparams, const RandomKey& key) {
        using Codes = detail::SymmetricCodes<P>;
        const float previous = Qparam::load(qparams);
        tile.sync();  // every lane has read the step before one lane overwrites it
        const auto state = RoundingType::prepare(key);
        detail::for_each_block<Dim, 0>(tile, [&](const auto& part) HOTROW_INLINE_LAMBDA {
            const float step = next_step<Codes, RoundingType>(part, values, previous);
            if (part.leads()) Qparam::store(step, qparams);
            Codes::template encode<RoundingType, Dim>(part, values, step, codes, state);
        });
    }

    template <class P, int Dim, Tile TileType>
    HOTROW_HD HOTROW_INLINE static void decode(const TileType& tile, const std::byte* codes, const std::byte* qparams, float* values) {
        visit<P, Dim>(tile, codes, qparams, detail::CopyTo{values});
    }

    template <class P, int Dim, Tile TileType, class F>
    HOTROW_HD HOTROW_INLINE static void visit(const TileType& tile, const std::byte* codes, const std::byte* qparams, F&& f) {
        detail::SymmetricCodes<P>::template visit<0, Dim, Qparam>(tile, codes, qparams, f);
    }

private:
    template <class Codes, class RoundingType, class Part>
    HOTROW_HD static float next_step(const Part& part, const float* values, float previous) {
        constexpr float limit = static_cast<float>(Codes::limit);
        constexpr float variance = rounding_variance<RoundingType>();
        const float widest = arithmetic::quotient(part.largest_magnitude(values), limit);
        const float narrowest = 0.25f * widest;
        // Compared so that whatever the stored bytes hold, the start is a usable step.
        float start = previous > narrowest ? previous : narrowest;
        start = start < widest ? start : widest;
        if (!(previous > 0.0f)) start = widest;
        const float inverse = detail::reciprocal_of_scale(start);
        // Both sums at once would save little: what costs is the row's magnitudes.
        const float excess = part.sum([&](int i, float sum) {
            const float over = arithmetic::fma(magnitude(values[i]), inverse, -limit);
            return sum + (over > 0.0f ? over : 0.0f);
        });
        const float out = part.sum([&](int i, float sum) { return sum + (arithmetic::fma(magnitude(values[i]), inverse, -limit) > 0.0f ? 1.0f : 0.0f); });
        const float in = static_cast<float>(part.size()) - out;
        const float descent = arithmetic::fma(limit, excess, -arithmetic::product(variance, in));
        const float curvature = arithmetic::fma(limit * limit, out + 1.0f, arithmetic::product(variance, in));
        const float factor = arithmetic::fma(0.5f, arithmetic::quotient(descent, curvature), 1.0f);
        float step = arithmetic::product(start, factor);
        step = step > narrowest ? step : narrowest;
        step = step < widest ? step : widest;
        // Rounded to nearest: where the step is stored more coarsely than it moves, it rests.
        const float stored = Qparam::nearest(step);
        return Codes::template keep_finite<Qparam>(stored > 0.0f ? stored : Qparam::at_least(step));
    }

    HOTROW_HD static float magnitude(float value) { return value < 0.0f ? -value : value; }

    template <class RoundingType>
    HOTROW_HD static constexpr float rounding_variance() {
        if constexpr (requires { RoundingType::mean_variance; }) {
            return RoundingType::mean_variance;
        } else {
            return 1.0f / 12.0f;
        }
    }
};

}  // namespace hotrow
