// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../config.hpp"
#include "../execution/arithmetic.hpp"
#include "block.hpp"
#include "generator.hpp"
#include "qparam.hpp"
#include "rounding.hpp"

#include <cstddef>
#include <cstdint>

namespace hotrow {

namespace detail {

/// The grid of a block: code c stands for fma(c, scale, bias).
struct AffineGrid {
    float scale;
    float bias;
    /// 1, or 1/4 where the block spans more than FP32's range and is measured in quarters.
    float unit;

    /// How many steps a value is above the bias; not clamped.
    struct Steps {
        float unit;
        float origin;
        float inverse;
        HOTROW_HD float operator()(float value) const { return arithmetic::product(arithmetic::fma(value, unit, origin), inverse); }
    };
    HOTROW_HD Steps steps() const { return {unit, -arithmetic::product(bias, unit), reciprocal_of_scale(arithmetic::product(scale, unit))}; }

    /// The grid that covers low .. high with `Levels` steps: bias <= low, and the last level reaches high.
    template <int Levels, class Qparam>
    HOTROW_HD static AffineGrid covering(float low, float high) {
        AffineGrid grid;
        grid.bias = Qparam::at_most(low);
        grid.unit = arithmetic::is_finite(high - grid.bias) ? 1.0f : 0.25f;
        const float span = arithmetic::fma(high, grid.unit, -arithmetic::product(grid.bias, grid.unit));
        // A row below all that the bias can be has none.
        grid.scale = Qparam::at_least(arithmetic::quotient(span > 0.0f ? span : 0.0f, grid.unit * static_cast<float>(Levels)));
        grid.keep_finite<Levels, Qparam>();
        return grid;
    }

    /// At the end of FP32's range rounding upwards may take the last level beyond it.
    template <int Levels, class Qparam>
    HOTROW_HD void keep_finite() {
        if (!arithmetic::is_finite(arithmetic::fma(static_cast<float>(Levels), scale, bias))) scale = Qparam::below(scale);
    }
};

/// The range policy of plain min/max quantization.
struct MinMax {
    template <int Levels, class Qparam, class Part>
    HOTROW_HD static AffineGrid grid(const Part& part, const float* values) {
        const auto [low, high] = part.range(values);
        return AffineGrid::covering<Levels, Qparam>(low, high);
    }
};

/// Quantizers with a scale and a bias for each block of `N` elements (0: the row). `Range` chooses the grid.
template <int N, class Q, class Range>
struct AffineBlocks {
    using Qparam = QparamStorage<Q>;

    template <class P>
    static constexpr bool accepts = P::is_integer;
    template <int Dim>
    static constexpr int qparam_bytes = BlockShape<Dim, N, 1>::blocks * 2 * Qparam::bytes;
    static constexpr int qparam_alignment = Qparam::bytes;

    template <class P, class RoundingType, int Dim, Tile TileType>
    HOTROW_HD static void encode(const TileType& tile, const float* values, std::byte* codes, std::byte* qparams, const RandomKey& key) {
        const auto state = RoundingType::prepare(key);
        const Clamp clamp(0.0f, static_cast<float>(P::levels));
        for_each_block<Dim, N>(tile, [&](const auto& part) HOTROW_INLINE_LAMBDA {
            const AffineGrid grid = Range::template grid<P::levels, Qparam>(part, values);
            if (part.leads()) {
                std::byte* to = qparams + part.index() * 2 * Qparam::bytes;
                Qparam::store(grid.scale, to);
                Qparam::store(grid.bias, to + Qparam::bytes);
            }
            const auto steps_of = grid.steps();
            part.for_each_stretch([&](auto width, int i, int element) HOTROW_INLINE_LAMBDA {
                constexpr int n = decltype(width)::value;
                std::uint32_t words[n];
                RoundingType::random_words(state, element, words);
                std::int32_t quantized[n];
                HOTROW_UNROLL
                for (int j = 0; j < n; ++j) {
                    const float steps = steps_of(Dim % 4 == 0 || element + j < Dim ? values[i + j] : grid.bias);
                    quantized[j] = round_to_code<RoundingType, P::levels>(clamp(steps), words[j]);
                }
                P::pack(quantized, codes + element * P::bits / 8);
            });
        });
    }

    template <class P, int Dim, Tile TileType>
    HOTROW_HD HOTROW_INLINE static void decode(const TileType& tile, const std::byte* codes, const std::byte* qparams, float* values) {
        visit<P, Dim>(tile, codes, qparams, CopyTo{values});
    }

    template <class P, int Dim, Tile TileType, class F>
    HOTROW_HD HOTROW_INLINE static void visit(const TileType& tile, const std::byte* codes, const std::byte* qparams, F&& f) {
        const auto value_of = [&](int block) HOTROW_INLINE_LAMBDA {
            const std::byte* from = qparams + block * 2 * Qparam::bytes;
            const float scale = Qparam::load(from), bias = Qparam::load(from + Qparam::bytes);
            return [=](float code) HOTROW_INLINE_LAMBDA { return arithmetic::fma(code, scale, bias); };
        };
        visit_blocks<P, Dim, N>(tile, codes, value_of, f);
    }
};

}  // namespace detail

/// Min/max quantization of a row: value = fma(code, scale, bias), with bias <= min(row) and
/// bias + levels * scale >= max(row) in `Q`, rounded outwards so that narrow qparams clip nothing and add no bias.
/// The qparams of a stored row are: scale, bias, both in `Q`.
///
/// Errors: at most half a scale (nearest), less than a scale (stochastic). With `Fp16` qparams values beyond +-65504 saturate,
/// the scale is at least 2^-24, and with any narrow `Q` a bias far from zero widens the range: by up to 2^-11 |min| with `Fp16`,
/// 2^-8 |min| with `Bf16`. Rows whose scale would be below 2^-126 are stored as constant.
template <class Q = Fp32>
struct RowAffine : detail::AffineBlocks<0, Q, detail::MinMax> {};

/// The same for each block of `N` elements (a power of two, at least 4; the last block may be shorter). The qparams are: scale and
/// bias of block 0, scale and bias of block 1, ...
template <int N, class Q = Fp16>
struct BlockAffine : detail::AffineBlocks<N, Q, detail::MinMax> {};

}  // namespace hotrow
