// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../config.hpp"
#include "../execution/arithmetic.hpp"
#include "rounding.hpp"

#include <cstdint>
#include <type_traits>

namespace hotrow {

/// A binary floating-point format narrower than FP32: sign, `ExponentBits`, `MantissaBits`, subnormals. All magnitudes, read
/// as integers, are in order, so the neighbours of a value are the next integers.
/// `MaxOrdinal` is the largest finite magnitude; larger ones saturate when encoded, and magnitudes above it decode
/// to infinity and NaN as in IEEE 754.
template <int ExponentBits, int MantissaBits, std::uint32_t MaxOrdinal>
struct SmallFloat {
    static constexpr int bits = 1 + ExponentBits + MantissaBits;
    using Storage = std::conditional_t<(bits > 8), std::uint16_t, std::uint8_t>;

    static constexpr int bias = (1 << (ExponentBits - 1)) - 1;
    static constexpr std::uint32_t magnitude_mask = (1u << (ExponentBits + MantissaBits)) - 1u;
    static constexpr std::uint32_t max_ordinal = MaxOrdinal;
    /// The largest finite value.
    static constexpr float max_value = static_cast<float>((1u << MantissaBits) | (MaxOrdinal & ((1u << MantissaBits) - 1u))) *
                                       arithmetic::power_of_two(static_cast<int>(MaxOrdinal >> MantissaBits) - bias - MantissaBits);

    /// The exact value of `code`.
    HOTROW_HD static float decode(std::uint32_t code) {
        const std::uint32_t sign = (code & ~magnitude_mask) << (32 - bits);
        std::uint32_t magnitude = (code & magnitude_mask) << (23 - MantissaBits);
        if constexpr (ExponentBits < 8) {
            // As an FP32 pattern the exponent lacks the difference of the biases; an exact product supplies it and
            // normalises subnormals.
            const bool infinite = magnitude > (max_ordinal << (23 - MantissaBits));
            magnitude = arithmetic::bits_of(arithmetic::float_of(magnitude) * arithmetic::power_of_two(127 - bias)) |
                        (infinite ? 0x7f800000u : 0u);
        }
        return arithmetic::float_of(sign | magnitude);
    }

    /// The code of finite `value`, rounded by `Rounding` with the random word `random`; saturates, never wraps.
    template <class Rounding>
    HOTROW_HD static std::uint32_t encode(float value, std::uint32_t random) {
        const std::uint32_t pattern = arithmetic::bits_of(value);
        const std::uint32_t sign = (pattern >> (32 - bits)) & ~magnitude_mask & ((1u << bits) - 1u);
        const std::uint32_t field = (pattern >> 23) & 0xffu;
        const std::uint32_t mantissa = (pattern & 0x7fffffu) | (field != 0 ? 0x800000u : 0u);
        // The exponent field in the target; below 1 the value is subnormal there and loses more bits.
        const int exponent = static_cast<int>(field != 0 ? field : 1u) - 127 + bias;
        const int shift = 23 - MantissaBits + (exponent < 1 ? 1 - exponent : 0);
        const std::uint32_t base = static_cast<std::uint32_t>(exponent < 1 ? 0 : exponent - 1) << MantissaBits;
        const std::uint32_t ordinal = base + Rounding::drop_bits(mantissa, shift, random);
        return sign | (ordinal > max_ordinal ? max_ordinal : ordinal);
    }
};

using HalfFormat = SmallFloat<5, 10, 0x7bffu>;
using BFloatFormat = SmallFloat<8, 7, 0x7f7fu>;
/// The two of "FP8 Formats for Deep Learning" (Micikevicius et al., 2022), as in the OCP's specification: E4M3 has no infinity, and one
/// NaN per sign in its place; E5M2 has both, as IEEE 754 has.
using Fp8E4M3Format = SmallFloat<4, 3, 0x7eu>;
using Fp8E5M2Format = SmallFloat<5, 2, 0x7bu>;

/// An element of an output, a gradient or a line in half precision: IEEE 754 binary16, same bits as `__half`.
struct Float16 {
    std::uint16_t bits;
};

/// bfloat16: the upper half of an FP32 number, same bits as `__nv_bfloat16`.
struct BFloat16 {
    std::uint16_t bits;
};

/// Conversions between FP32 and the element types of outputs and gradients: exact to FP32, nearest-even from it,
/// infinite beyond the range, one quiet NaN.
template <class Scalar>
struct ScalarCast;

template <>
struct ScalarCast<float> {
    HOTROW_HD static float to_float(float value) { return value; }
    HOTROW_HD static float from_float(float value) { return value; }
};

namespace detail {
template <class Scalar, class Format>
struct SmallScalarCast {
    HOTROW_HD static float to_float(Scalar value) { return Format::decode(value.bits); }
    HOTROW_HD static Scalar from_float(float value) {
        constexpr std::uint32_t infinity = Format::max_ordinal + 1u;
        // The midpoint between the largest finite value and the next power of two rounds to infinity.
        const float limit = Format::decode(Format::max_ordinal);
        const float step = limit - Format::decode(Format::max_ordinal - 1u);
        const float magnitude = value < 0.0f ? -value : value;
        const std::uint32_t sign = (arithmetic::bits_of(value) >> 31) << (Format::bits - 1);
        std::uint32_t code = Format::template encode<NearestEven>(value, 0u);
        if (magnitude - limit >= step * 0.5f) code = sign | infinity;
        if (!(value == value)) code = infinity | (infinity >> 1) | ((1u << (Format::bits - 1)) - 1u);
        return Scalar{static_cast<std::uint16_t>(code)};
    }
};
}  // namespace detail

template <>
struct ScalarCast<Float16> : detail::SmallScalarCast<Float16, HalfFormat> {};
template <>
struct ScalarCast<BFloat16> : detail::SmallScalarCast<BFloat16, BFloatFormat> {};

}  // namespace hotrow
