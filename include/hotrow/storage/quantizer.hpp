// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../config.hpp"
#include "../execution/arithmetic.hpp"
#include "../execution/reduction.hpp"
#include "../execution/tile.hpp"
#include "precision.hpp"
#include "rounding.hpp"

#include <concepts>
#include <cstddef>
#include <cstdint>

namespace hotrow {

/// The type of quantization parameters: FP32, or a narrow float rounded in a given direction.
template <class Q>
struct QparamStorage {
    using type = typename Q::Storage;
    HOTROW_HD static float load(const std::byte* from) { return Q::Format::decode(*reinterpret_cast<const type*>(from)); }
    /// The largest representable value that is <= value (within the range), as stored in `to`.
    HOTROW_HD static float store_down(float value, std::byte* to, bool write) {
        return store(value < 0.0f ? Q::Format::template encode<AwayFromZero>(value, 0) : Q::Format::template encode<TowardZero>(value, 0), to, write);
    }
    /// The smallest representable value that is >= value (within the range), as stored in `to`.
    HOTROW_HD static float store_up(float value, std::byte* to, bool write) {
        return store(value < 0.0f ? Q::Format::template encode<TowardZero>(value, 0) : Q::Format::template encode<AwayFromZero>(value, 0), to, write);
    }

private:
    HOTROW_HD static float store(std::uint32_t code, std::byte* to, bool write) {
        if (write) *reinterpret_cast<type*>(to) = static_cast<type>(code);
        return Q::Format::decode(code);
    }
};

template <>
struct QparamStorage<Fp32> {
    using type = float;
    HOTROW_HD static float load(const std::byte* from) { return *reinterpret_cast<const float*>(from); }
    HOTROW_HD static float store_down(float value, std::byte* to, bool write) {
        if (write) *reinterpret_cast<float*>(to) = value;
        return value;
    }
    HOTROW_HD static float store_up(float value, std::byte* to, bool write) { return store_down(value, to, write); }
};

/// A quantizer maps a row of finite floats to codes and qparams and back. It has
/// * `accepts<Precision>`: which precisions it can serve;
/// * `qparam_bytes<Dim>`, `qparam_alignment`: what follows the codes in a stored row;
/// * `encode<Precision, Rounding, Dim>(tile, values, codes, qparams, random_key)`;
/// * `decode<Precision, Dim>(tile, codes, qparams, values)`.
/// `values` are a lane's elements in the order of `RowShape`; codes must be made with the qparams *as stored*.
template <class Q, class P>
concept QuantizerFor = Precision<P> && Q::template accepts<P> && requires {
    { Q::template qparam_bytes<4> } -> std::convertible_to<int>;
    { Q::qparam_alignment } -> std::convertible_to<int>;
};

/// Values are stored as they are, each rounded on its own; no qparams.
struct Cast {
    template <class P>
    static constexpr bool accepts = !P::is_integer;
    template <int Dim>
    static constexpr int qparam_bytes = 0;
    static constexpr int qparam_alignment = 1;

    template <class P, class RoundingType, int Dim, Tile TileType>
    HOTROW_HD static void encode(const TileType& tile, const float* values, std::byte* codes, std::byte*, const RandomKey& key) {
        const auto state = RoundingType::prepare(key);
        for_each_stretch<Dim>(tile, [&](auto width, int i, int element) {
            constexpr int n = decltype(width)::value;
            std::uint32_t words[n];
            RoundingType::random_words(state, element, words);
            float kept[n];
            HOTROW_UNROLL
            for (int j = 0; j < n; ++j) kept[j] = Dim % 4 == 0 || element + j < Dim ? values[i + j] : 0.0f;
            P::template pack<n, RoundingType>(kept, words, codes + element * P::bits / 8);
        });
    }

    template <class P, int Dim, Tile TileType>
    HOTROW_HD static void decode(const TileType& tile, const std::byte* codes, const std::byte*, float* values) {
        for_each_stretch<Dim>(tile, [&](auto width, int i, int element) {
            constexpr int n = decltype(width)::value;
            float unpacked[n];
            P::template unpack<n>(codes + element * P::bits / 8, unpacked);
            HOTROW_UNROLL
            for (int j = 0; j < n; ++j) values[i + j] = unpacked[j];
        });
    }
};

/// Min/max quantization of a row, as FBGEMM's fused 8-bit rows: value = fma(code, scale, bias), with bias <= min(row) and
/// bias + levels * scale >= max(row) in `Q`, rounded outwards so that narrow qparams clip nothing and add no bias.
/// A stored row is: codes, scale, bias.
template <class Q = Fp32>
struct RowAffine {
    template <class P>
    static constexpr bool accepts = P::is_integer;
    template <int Dim>
    static constexpr int qparam_bytes = 2 * static_cast<int>(sizeof(typename QparamStorage<Q>::type));
    static constexpr int qparam_alignment = static_cast<int>(sizeof(typename QparamStorage<Q>::type));

    template <class P, class RoundingType, int Dim, Tile TileType>
    HOTROW_HD static void encode(const TileType& tile, const float* values, std::byte* codes, std::byte* qparams, const RandomKey& key) {
        using Qparam = QparamStorage<Q>;
        const auto [low, high] = reduction::row_range<Dim>(tile, values);
        const bool writes = tile.rank() == 0;
        const float bias = Qparam::store_down(low, qparams + qparam_alignment, writes);
        // A span beyond FP32's range is measured in quarters.
        const float unit = arithmetic::is_finite(high - bias) ? 1.0f : 0.25f;
        const float origin = -arithmetic::product(bias, unit);
        const float span = arithmetic::fma(high, unit, origin);
        const float scale = Qparam::store_up(arithmetic::quotient(span, unit * static_cast<float>(P::levels)), qparams, writes);
        const float inverse = invertible(scale) ? arithmetic::quotient(1.0f, arithmetic::product(scale, unit)) : 0.0f;

        const auto state = RoundingType::prepare(key);
        for_each_stretch<Dim>(tile, [&](auto width, int i, int element) {
            constexpr int n = decltype(width)::value;
            std::uint32_t words[n];
            RoundingType::random_words(state, element, words);
            std::int32_t quantized[n];
            HOTROW_UNROLL
            for (int j = 0; j < n; ++j) {
                const float value = Dim % 4 == 0 || element + j < Dim ? values[i + j] : bias;
                // Never negative, since bias <= value; above `levels` by rounding errors only. Integers saturate without a branch.
                const float steps = arithmetic::product(arithmetic::fma(value, unit, origin), inverse);
                const std::int32_t code = RoundingType::to_integer(steps, words[j]);
                quantized[j] = code < P::levels ? code : P::levels;
            }
            P::pack(quantized, codes + element * P::bits / 8);
        });
    }

    template <class P, int Dim, Tile TileType>
    HOTROW_HD static void decode(const TileType& tile, const std::byte* codes, const std::byte* qparams, float* values) {
        using Qparam = QparamStorage<Q>;
        const float scale = Qparam::load(qparams);
        const float bias = Qparam::load(qparams + qparam_alignment);
        for_each_stretch<Dim>(tile, [&](auto width, int i, int element) {
            constexpr int n = decltype(width)::value;
            float unpacked[n];
            P::template unpack<n>(codes + element * P::bits / 8, unpacked);
            HOTROW_UNROLL
            for (int j = 0; j < n; ++j) values[i + j] = arithmetic::fma(unpacked[j], scale, bias);
        });
    }

private:
    /// 1 / scale is finite; scales below 2^-126 serve rows that are constant for all purposes.
    HOTROW_HD static bool invertible(float scale) { return scale >= arithmetic::power_of_two(-126); }
};

}  // namespace hotrow
