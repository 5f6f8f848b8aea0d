// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../config.hpp"
#include "../execution/arithmetic.hpp"
#include "block.hpp"
#include "generator.hpp"
#include "qparam.hpp"

#include <cstddef>
#include <cstdint>

namespace hotrow {

namespace detail {

/// Narrow floats with a scale for each block of `N` elements (0: the row).
template <int N, class Q>
struct ScaledBlocks {
    using Qparam = QparamStorage<Q>;

    template <class P>
    static constexpr bool accepts = !P::is_integer && requires { P::Format::max_value; };
    template <int Dim>
    static constexpr int qparam_bytes = BlockShape<Dim, N, 1>::blocks * Qparam::bytes;
    static constexpr int qparam_alignment = Qparam::bytes;

    template <class P, class RoundingType, int Dim, Tile TileType>
    HOTROW_HD static void encode(const TileType& tile, const float* values, std::byte* codes, std::byte* qparams, const RandomKey& key) {
        const auto state = RoundingType::prepare(key);
        for_each_block<Dim, N>(tile, [&](const auto& part) HOTROW_INLINE_LAMBDA {
            float scale = Qparam::at_least(arithmetic::quotient(part.largest_magnitude(values), P::Format::max_value));
            if (!arithmetic::is_finite(arithmetic::product(scale, P::Format::max_value))) scale = Qparam::below(scale);
            if (part.leads()) Qparam::store(scale, qparams + part.index() * Qparam::bytes);
            const float inverse = reciprocal_of_scale(scale);
            part.for_each_stretch([&](auto width, int i, int element) HOTROW_INLINE_LAMBDA {
                constexpr int n = decltype(width)::value;
                std::uint32_t words[n];
                RoundingType::random_words(state, element, words);
                float scaled[n];
                HOTROW_UNROLL
                for (int j = 0; j < n; ++j) { scaled[j] = Dim % 4 == 0 || element + j < Dim ? arithmetic::product(values[i + j], inverse) : 0.0f; }
                P::template pack<n, RoundingType>(scaled, words, codes + element * P::bits / 8);
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
            const float scale = Qparam::load(qparams + block * Qparam::bytes);
            return [=](float code) HOTROW_INLINE_LAMBDA { return arithmetic::product(code, scale); };
        };
        visit_blocks<P, Dim, N>(tile, codes, value_of, f);
    }
};

}  // namespace detail

/// A narrow float (`Fp8E4M3`, `Fp8E5M2`, `Fp16`, `Bf16`) with a scale for the row that takes its largest magnitude to the
/// largest of the format: value = code * scale. The qparam of a stored row is the scale, rounded upwards to `Q`.
/// Relative errors are those of the format down to scale times its smallest normal number. `Fp16` scales are 2^-24 to 65504.
/// Rows whose scale would be below 2^-126 are stored as zeros.
template <class Q = Fp32>
struct RowScaled : detail::ScaledBlocks<0, Q> {};

/// The same for each block of `N` elements. The qparams are the scales of block 0, block 1, ...
template <int N, class Q = Fp16>
struct BlockScaled : detail::ScaledBlocks<N, Q> {};

}  // namespace hotrow
