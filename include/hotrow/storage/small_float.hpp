// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../config.hpp"
#include "../execution/arithmetic.hpp"
#include "rounding.hpp"

#include <cstdint>
#include <type_traits>

// Host compilers do not find the half-precision conversions of x86 in the bit arithmetic below.
#if defined(__F16C__) && !defined(__CUDACC__)
#include <immintrin.h>
#define HOTROW_F16C 1
#else
#define HOTROW_F16C 0
#endif

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
#if defined(__CUDA_ARCH__)
        if constexpr (ExponentBits == 5 && MantissaBits <= 10) {  // binary16, or its upper bits
            float value;
            asm("cvt.f32.f16 %0, %1;" : "=f"(value) : "h"(static_cast<std::uint16_t>(code << (16 - bits))));
            return value;
        }
#endif
        const std::uint32_t sign = (code & ~magnitude_mask) << (32 - bits);
        std::uint32_t magnitude = (code & magnitude_mask) << (23 - MantissaBits);
        if constexpr (ExponentBits < 8) {
            // As an FP32 pattern the exponent lacks the difference of the biases; an exact product supplies it and
            // normalises subnormals.
            const bool infinite = magnitude > (max_ordinal << (23 - MantissaBits));
            magnitude = arithmetic::bits_of(arithmetic::float_of(magnitude) * arithmetic::power_of_two(127 - bias)) | (infinite ? 0x7f800000u : 0u);
        }
        return arithmetic::float_of(sign | magnitude);
    }

    /// Whether binary16 has all its numbers, but for a power of two: with the fields at the places of binary16, `code` is the number over
    /// 2^(15 - bias). What is not finite here is not finite there.
    static constexpr bool fits_half = ExponentBits <= 5 && MantissaBits <= 10;
    HOTROW_HD static std::uint16_t as_half(std::uint16_t code)
        requires(fits_half)
    {
        if constexpr (ExponentBits == 5) return static_cast<std::uint16_t>(code << (16 - bits));
        // All in 16 bits, of which a register has twice as many as of 32.
        const auto sign = static_cast<std::uint16_t>((code << (16 - bits)) & 0x8000);
        const auto magnitude = static_cast<std::uint16_t>(code & magnitude_mask);
        const auto infinity = static_cast<std::uint16_t>(magnitude > max_ordinal ? 0x7c00 : 0);
        return static_cast<std::uint16_t>(sign | magnitude << (10 - MantissaBits) | infinity);
    }

    /// The code of finite `value`, rounded by `Rounding` with the random word `random`; saturates, never wraps.
    template <class Rounding>
    HOTROW_HD static std::uint32_t encode(float value, std::uint32_t random) {
        const std::uint32_t pattern = arithmetic::bits_of(value);
        const std::uint32_t sign = (pattern >> (32 - bits)) & (1u << (bits - 1));
        const std::uint32_t magnitude = pattern & 0x7fffffffu;
        // Normal in the target: the mantissa loses the same bits whatever the value, and may carry into the exponent; that changes its bias.
        constexpr int dropped = 23 - MantissaBits;
        std::uint32_t ordinal = Rounding::drop_bits(magnitude, dropped, random) - (static_cast<std::uint32_t>(127 - bias) << MantissaBits);
        if constexpr (ExponentBits < 8) {
            // Subnormal there: a multiple of the smallest step, taken as a number. The product is exact.
            constexpr std::uint32_t first_normal = static_cast<std::uint32_t>(128 - bias) << 23;
            const std::uint32_t at_most_normal = magnitude < first_normal ? magnitude : first_normal;  // of larger ones nothing is used
            const float steps = arithmetic::float_of(at_most_normal) * arithmetic::power_of_two(bias - 1 + MantissaBits);
            const std::uint32_t subnormal = static_cast<std::uint32_t>(detail::round_to_code<Rounding, 1 << MantissaBits>(steps, random));
            // Chosen by a mask: GCC would compute each in a branch of its own, and vectorise neither.
            const std::uint32_t mask = static_cast<std::uint32_t>(static_cast<std::int32_t>(magnitude - first_normal) >> 31);
            ordinal = (subnormal & mask) | (ordinal & ~mask);
        }
        return sign | (ordinal > max_ordinal ? max_ordinal : ordinal);
    }
};

/// IEEE 754 binary16; saturates at 65504.
using HalfFormat = SmallFloat<5, 10, 0x7bffu>;
/// The upper half of a binary32.
using BFloatFormat = SmallFloat<8, 7, 0x7f7fu>;
/// The two of "FP8 Formats for Deep Learning" (Micikevicius et al., 2022), as in the OCP's specification: E4M3 has no infinity, and one
/// NaN per sign in its place; E5M2 has both, as IEEE 754 has.
using Fp8E4M3Format = SmallFloat<4, 3, 0x7eu>;
/// See `Fp8E4M3Format`.
using Fp8E5M2Format = SmallFloat<5, 2, 0x7bu>;

/// An element of an output, a gradient or a line in half precision: IEEE 754 binary16, same bits as `__half`.
struct Float16 {
    std::uint16_t bits;
};

/// bfloat16: the upper half of an FP32 number, same bits as `__nv_bfloat16`.
struct BFloat16 {
    std::uint16_t bits;
};

namespace detail {

#if HOTROW_F16C
/// N codes of binary16 as floats, the last N % 8 left out.
template <int N>
HOTROW_INLINE void convert_halves(const std::uint16_t* codes, float* values) {
    int done = 0;
#if defined(__AVX512F__)
    for (; done + 16 <= N; done += 16) {  // masked: GCC 12 warns about the undefined register of the plain one
        const __m256i packed = _mm256_loadu_si256(reinterpret_cast<const __m256i_u*>(codes + done));
        _mm512_storeu_ps(values + done, _mm512_maskz_cvtph_ps(0xffff, packed));
    }
#endif
    for (; done + 8 <= N; done += 8) {
        const __m128i packed = _mm_loadu_si128(reinterpret_cast<const __m128i_u*>(codes + done));
        _mm256_storeu_ps(values + done, _mm256_cvtph_ps(packed));
    }
}
#endif

/// `Format::decode` of N codes.
template <class Format, int N>
HOTROW_HD HOTROW_INLINE void decode_all(const typename Format::Storage* codes, float* values) {
    int done = 0;
#if HOTROW_F16C
    if constexpr (std::is_same_v<Format, HalfFormat>) {
        convert_halves<N>(codes, values);
        done = N / 8 * 8;
    } else if constexpr (Format::fits_half && N >= 8) {
        std::uint16_t halves[N];
        for (int i = 0; i < N; ++i) halves[i] = Format::as_half(codes[i]);
        convert_halves<N>(halves, values);
        done = N / 8 * 8;
        for (int i = 0; i < N / 8 * 8; ++i) values[i] *= arithmetic::power_of_two(HalfFormat::bias - Format::bias);
    }
#endif
    HOTROW_UNROLL
    for (int i = done; i < N; ++i) values[i] = Format::decode(codes[i]);
}

/// `Format::encode<NearestEven>` of N finite values, but beyond the range of the format infinity may stand for its largest value.
template <class Format, int N>
HOTROW_HD HOTROW_INLINE void round_all(const float* values, std::uint16_t* codes) {
    int done = 0;
#if HOTROW_F16C
    if constexpr (std::is_same_v<Format, HalfFormat>) {
#if defined(__AVX512F__)
        for (; done + 16 <= N; done += 16) {
            const __m256i packed = _mm512_maskz_cvtps_ph(0xffff, _mm512_loadu_ps(values + done), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
            _mm256_storeu_si256(reinterpret_cast<__m256i_u*>(codes + done), packed);
        }
#endif
        for (; done + 8 <= N; done += 8) {
            const __m128i packed = _mm256_cvtps_ph(_mm256_loadu_ps(values + done), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
            _mm_storeu_si128(reinterpret_cast<__m128i_u*>(codes + done), packed);
        }
    }
#endif
    HOTROW_UNROLL
    for (int i = done; i < N; ++i) codes[i] = static_cast<std::uint16_t>(Format::template encode<NearestEven>(values[i], 0u));
}

/// `Format::decode` of one code: a row has two qparams, and in bit arithmetic they would take as long as its codes.
template <class Format>
HOTROW_HD HOTROW_INLINE float decode_one(std::uint32_t code) {
#if HOTROW_F16C
    if constexpr (std::is_same_v<Format, HalfFormat>) return _cvtsh_ss(static_cast<std::uint16_t>(code));
#endif
    return Format::decode(code);
}

#if defined(__CUDA_ARCH__)
/// The neighbour in binary16, infinite beyond its range.
enum class Toward { nearest, below, above };
template <Toward toward>
__device__ inline std::uint16_t half_toward(float value) {
    std::uint16_t code;
    if constexpr (toward == Toward::below) {
        asm("cvt.rm.f16.f32 %0, %1;" : "=h"(code) : "f"(value));
    } else if constexpr (toward == Toward::above) {
        asm("cvt.rp.f16.f32 %0, %1;" : "=h"(code) : "f"(value));
    } else {
        asm("cvt.rn.f16.f32 %0, %1;" : "=h"(code) : "f"(value));
    }
    return code;
}
#endif

/// `Format::encode<Rounding>` of a finite value, for roundings without randomness.
template <class Format, class Rounding>
HOTROW_HD HOTROW_INLINE std::uint32_t encode_one(float value) {
#if HOTROW_F16C
    if constexpr (std::is_same_v<Format, HalfFormat>) {
        // Magnitudes, so that away from zero is up
        constexpr int mode = std::is_same_v<Rounding, TowardZero>     ? _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC
                             : std::is_same_v<Rounding, AwayFromZero> ? _MM_FROUND_TO_POS_INF | _MM_FROUND_NO_EXC
                                                                      : _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC;
        const std::uint32_t pattern = arithmetic::bits_of(value);
        const std::uint32_t ordinal = _cvtss_sh(arithmetic::float_of(pattern & 0x7fffffffu), mode);
        return ((pattern >> 16) & 0x8000u) | (ordinal > HalfFormat::max_ordinal ? HalfFormat::max_ordinal : ordinal);
    }
#endif
#if defined(__CUDA_ARCH__)
    if constexpr (std::is_same_v<Format, HalfFormat>) {
        const std::uint32_t pattern = arithmetic::bits_of(value);
        const float magnitude = arithmetic::float_of(pattern & 0x7fffffffu);
        constexpr Toward toward = std::is_same_v<Rounding, TowardZero>     ? Toward::below
                                  : std::is_same_v<Rounding, AwayFromZero> ? Toward::above
                                                                           : Toward::nearest;
        const std::uint32_t ordinal = half_toward<toward>(magnitude);
        return ((pattern >> 16) & 0x8000u) | (ordinal > HalfFormat::max_ordinal ? HalfFormat::max_ordinal : ordinal);
    }
#endif
    std::uint32_t code = Format::template encode<Rounding>(value, 0u);
#if defined(__CUDA_ARCH__)
    // nvcc 13.0 takes min(x >> 16, m) << 16, which a bfloat16 becomes when it is decoded at once, for min(x, m << 16).
    asm("" : "+r"(code));
#endif
    return code;
}

}  // namespace detail

/// Conversions between FP32 and the element types of outputs and gradients: exact to FP32, nearest-even from it,
/// infinite beyond the range, one quiet NaN.
template <class Scalar>
struct ScalarCast;

/// Floats as they are.
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

namespace detail {

/// `ScalarCast` of N elements.
template <int N, class Scalar>
HOTROW_HD HOTROW_INLINE void to_floats(const Scalar* from, float* to) {
    if constexpr (HOTROW_F16C && N > 4 && std::is_same_v<Scalar, Float16>) {
        decode_all<HalfFormat, N>(&from->bits, to);
    } else {
        HOTROW_UNROLL
        for (int i = 0; i < N; ++i) to[i] = ScalarCast<Scalar>::to_float(from[i]);
    }
}

template <int N, class Scalar>
HOTROW_HD HOTROW_INLINE void from_floats(const float* from, Scalar* to) {
    if constexpr (HOTROW_F16C && N > 4 && std::is_same_v<Scalar, Float16>) {
        round_all<HalfFormat, N>(from, &to->bits);
        for (int i = 0; i < N; ++i) to[i].bits = from[i] == from[i] ? to[i].bits : std::uint16_t{0x7fff};
    } else {
        HOTROW_UNROLL
        for (int i = 0; i < N; ++i) to[i] = ScalarCast<Scalar>::from_float(from[i]);
    }
}

}  // namespace detail

}  // namespace hotrow
