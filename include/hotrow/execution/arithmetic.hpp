// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../config.hpp"

#include <bit>
#include <cmath>
#include <cstdint>

/// Arithmetic that gives the same bits on every compiler, with and without contraction.
///
/// Compilers may fuse `a * b + c` as they like, so no code that decides stored bits has a bare product:
/// `fma` and `product` say where rounding happens. Sums, quotients and square roots are rounded once by
/// IEEE 754 on both sides (the device intrinsics hold under --use_fast_math too).
namespace hotrow::arithmetic {

/// round(a * b + c), rounded once.
HOTROW_HD inline float fma(float a, float b, float c) {
#if defined(__CUDA_ARCH__)
    return __fmaf_rn(a, b, c);
#else
    return std::fma(a, b, c);
#endif
}

/// round(a * b), safe to add to: adding +0 inside an fma keeps compilers from fusing the product with a later
/// sum. A negative zero becomes +0.
HOTROW_HD inline float product(float a, float b) { return fma(a, b, 0.0f); }

/// round(a / b).
HOTROW_HD inline float quotient(float a, float b) {
#if defined(__CUDA_ARCH__)
    return __fdiv_rn(a, b);
#else
    return a / b;
#endif
}

/// round(sqrt(a)).
HOTROW_HD inline float square_root(float a) {
#if defined(__CUDA_ARCH__)
    return __fsqrt_rn(a);
#else
    return std::sqrt(a);
#endif
}

/// The bits of a float.
HOTROW_HD inline std::uint32_t bits_of(float a) {
#if defined(__CUDA_ARCH__)
    return __float_as_uint(a);
#else
    return std::bit_cast<std::uint32_t>(a);
#endif
}

/// The float of these bits.
HOTROW_HD inline float float_of(std::uint32_t bits) {
#if defined(__CUDA_ARCH__)
    return __uint_as_float(bits);
#else
    return std::bit_cast<float>(bits);
#endif
}

/// Neither infinite nor NaN; on the bits, so that -ffinite-math-only cannot remove it.
HOTROW_HD inline bool is_finite(float a) { return (bits_of(a) & 0x7f800000u) != 0x7f800000u; }

/// An integer in the order of the numbers (-0 below +0; no NaN): its minimum vectorises where that of floats
/// does not, and does not depend on the order of comparisons. Its own inverse, up to the cast.
HOTROW_HD inline std::int32_t ordered(float a) {
    const std::int32_t bits = static_cast<std::int32_t>(bits_of(a));
    return bits ^ ((bits >> 31) & 0x7fffffff);
}
/// The inverse of `ordered`.
HOTROW_HD inline float from_ordered(std::int32_t a) { return float_of(static_cast<std::uint32_t>(a ^ ((a >> 31) & 0x7fffffff))); }

/// 2^exponent for -126 <= exponent <= 127.
HOTROW_HD constexpr float power_of_two(int exponent) {
    float value = 1.0f;
    for (int i = 0; i < exponent; ++i) value = value * 2.0f;
    for (int i = 0; i > exponent; --i) value = value * 0.5f;
    return value;
}

}  // namespace hotrow::arithmetic
