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

/// Codes around zero: code c stands for (c - zero) * scale, |c - zero| <= limit. Code 0 is not used, so that x and -x are
/// rounded alike.
template <class P>
struct SymmetricCodes {
    static constexpr int zero = (P::levels + 1) / 2;
    static constexpr int limit = zero - 1;

    /// The scale that covers magnitudes up to `largest`, as stored.
    template <class Qparam>
    HOTROW_HD static float covering(float largest) {
        return keep_finite<Qparam>(Qparam::at_least(arithmetic::quotient(largest, static_cast<float>(limit))));
    }
    /// At the end of FP32's range rounding upwards may take the last level beyond it.
    template <class Qparam>
    HOTROW_HD static float keep_finite(float scale) {
        return arithmetic::is_finite(arithmetic::product(scale, static_cast<float>(limit))) ? scale : Qparam::below(scale);
    }

    template <class RoundingType, int Dim, class Part, class State>
    HOTROW_HD static void encode(const Part& part, const float* values, float scale, std::byte* codes, const State& state) {
        const float inverse = reciprocal_of_scale(scale);
        const Clamp clamp(1.0f, static_cast<float>(P::levels));
        part.for_each_stretch([&](auto width, int i, int element) HOTROW_INLINE_LAMBDA {
            constexpr int n = decltype(width)::value;
            std::uint32_t words[n];
            RoundingType::random_words(state, element, words);
            std::int32_t quantized[n];
            HOTROW_UNROLL
            for (int j = 0; j < n; ++j) {
                const float value = Dim % 4 == 0 || element + j < Dim ? values[i + j] : 0.0f;
                const float steps = arithmetic::fma(value, inverse, static_cast<float>(zero));
                quantized[j] = round_to_code<RoundingType, P::levels>(clamp(steps), words[j]);
            }
            P::pack(quantized, codes + element * P::bits / 8);
        });
    }

    template <int N, int Dim, class Qparam, Tile TileType, class F>
    HOTROW_HD HOTROW_INLINE static void visit(const TileType& tile, const std::byte* codes, const std::byte* qparams, F&& f) {
        const auto value_of = [&](int block) HOTROW_INLINE_LAMBDA {
            const float scale = Qparam::load(qparams + block * Qparam::bytes);
            return [=](float code) HOTROW_INLINE_LAMBDA { return arithmetic::product(code - static_cast<float>(zero), scale); };
        };
        visit_blocks<P, Dim, N>(tile, codes, value_of, f);
    }
};

/// Quantizers with one scale for each block of `N` elements (0: the row).
template <int N, class Q>
struct SymmetricBlocks {
    using Qparam = QparamStorage<Q>;

    template <class P>
    static constexpr bool accepts = P::is_integer;
    template <int Dim>
    static constexpr int qparam_bytes = BlockShape<Dim, N, 1>::blocks * Qparam::bytes;
    static constexpr int qparam_alignment = Qparam::bytes;

    template <class P, class RoundingType, int Dim, Tile TileType>
    HOTROW_HD static void encode(const TileType& tile, const float* values, std::byte* codes, std::byte* qparams, const RandomKey& key) {
        using Codes = SymmetricCodes<P>;
        const auto state = RoundingType::prepare(key);
        for_each_block<Dim, N>(tile, [&](const auto& part) HOTROW_INLINE_LAMBDA {
            const float scale = Codes::template covering<Qparam>(part.largest_magnitude(values));
            if (part.leads()) Qparam::store(scale, qparams + part.index() * Qparam::bytes);
            Codes::template encode<RoundingType, Dim>(part, values, scale, codes, state);
        });
    }

    template <class P, int Dim, Tile TileType>
    HOTROW_HD HOTROW_INLINE static void decode(const TileType& tile, const std::byte* codes, const std::byte* qparams, float* values) {
        visit<P, Dim>(tile, codes, qparams, CopyTo{values});
    }

    template <class P, int Dim, Tile TileType, class F>
    HOTROW_HD HOTROW_INLINE static void visit(const TileType& tile, const std::byte* codes, const std::byte* qparams, F&& f) {
        SymmetricCodes<P>::template visit<N, Dim, Qparam>(tile, codes, qparams, f);
    }
};

}  // namespace detail

/// Absolute-maximum quantization of a row: value = (code - 2^(bits-1)) * scale, scale = max|row| / (2^(bits-1) - 1) rounded
/// upwards to `Q`. Zero is exact. The codes are 1 .. 2^bits - 1; 0 is not used (`Int2`: -scale, 0, scale).
/// The qparam of a stored row is the scale.
///
/// Errors: at most half a scale (nearest), less than a scale (stochastic). `Fp16` scales are 2^-24 to 65504: larger values
/// saturate. Rows whose scale would be below 2^-126 are stored as zeros.
template <class Q = Fp32>
struct RowSymmetric : detail::SymmetricBlocks<0, Q> {};

/// The same for each block of `N` elements (a power of two, at least 4; the last block may be shorter). The qparams are the
/// scales of block 0, block 1, ...
template <int N, class Q = Fp16>
struct BlockSymmetric : detail::SymmetricBlocks<N, Q> {};

}  // namespace hotrow
