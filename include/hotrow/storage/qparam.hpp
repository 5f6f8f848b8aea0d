// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../config.hpp"
#include "../execution/arithmetic.hpp"
#include "precision.hpp"
#include "rounding.hpp"

#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace hotrow {

/// How a quantization parameter is stored: in a narrow float. Codes are made with what these functions return,
/// the parameter as it will be read back, so that narrow parameters add no bias.
template <class Q>
struct QparamStorage {
    using Format = typename Q::Format;
    using type = typename Q::Storage;
    static constexpr int bytes = static_cast<int>(sizeof(type));
    static constexpr bool is_half = std::is_same_v<Format, HalfFormat>;  // for which a device has instructions

    HOTROW_HD static float load(const std::byte* from) { return detail::decode_one<Format>(*reinterpret_cast<const type*>(from)); }
    /// `value` must be representable.
    HOTROW_HD static void store(float value, std::byte* to) {
#if defined(__CUDA_ARCH__)
        if constexpr (is_half) {
            *reinterpret_cast<type*>(to) = detail::half_toward<detail::Toward::nearest>(value);
            return;
        }
#endif
        *reinterpret_cast<type*>(to) = static_cast<type>(detail::encode_one<Format, TowardZero>(value));
    }

    HOTROW_HD static float nearest(float value) { return detail::decode_one<Format>(detail::encode_one<Format, NearestEven>(value)); }
    /// The largest representable value that is <= value, within the range.
    HOTROW_HD static float at_most(float value) {
#if defined(__CUDA_ARCH__)
        if constexpr (is_half) return Format::decode(detail::half_toward<detail::Toward::below>(value > -Format::max_value ? value : -Format::max_value));
#endif
        return detail::decode_one<Format>(value < 0.0f ? detail::encode_one<Format, AwayFromZero>(value) : detail::encode_one<Format, TowardZero>(value));
    }
    /// The smallest representable value that is >= value (1 - 2^-20), for value >= 0, within the range. The slack
    /// swallows FP32's own errors: without it a row that is read and encoded again would grow by a unit of the narrow float.
    HOTROW_HD static float at_least(float value) {
#if defined(__CUDA_ARCH__)
        if constexpr (is_half) {
            const float slack = arithmetic::product(value, 1.0f - arithmetic::power_of_two(-20));
            return Format::decode(detail::half_toward<detail::Toward::above>(slack < Format::max_value ? slack : Format::max_value));
        }
#endif
        return detail::decode_one<Format>(detail::encode_one<Format, AwayFromZero>(arithmetic::product(value, 1.0f - arithmetic::power_of_two(-20))));
    }
    /// The representable value below value > 0.
    HOTROW_HD static float below(float value) { return detail::decode_one<Format>(detail::encode_one<Format, TowardZero>(value) - 1u); }
};

/// FP32 qparams are stored as they are.
template <>
struct QparamStorage<Fp32> {
    using type = float;
    static constexpr int bytes = 4;

    HOTROW_HD static float load(const std::byte* from) { return *reinterpret_cast<const float*>(from); }
    HOTROW_HD static void store(float value, std::byte* to) { *reinterpret_cast<float*>(to) = value; }
    HOTROW_HD static float nearest(float value) { return value; }
    HOTROW_HD static float at_most(float value) { return value; }
    HOTROW_HD static float at_least(float value) { return value; }
    HOTROW_HD static float below(float value) { return arithmetic::float_of(arithmetic::bits_of(value) - 1u); }
};

namespace detail {

/// 1 / scale, or 0 for scales under 2^-126, whose reciprocal may overflow: such rows are constant for all purposes.
HOTROW_HD inline float reciprocal_of_scale(float scale) { return scale >= arithmetic::power_of_two(-126) ? arithmetic::quotient(1.0f, scale) : 0.0f; }

/// Takes a number of steps between bounds, 0 <= low <= high. Compared as integers: positive floats have their order, negative ones are
/// negative.
class Clamp {
public:
    HOTROW_HD Clamp(float low, float high) : low_(hidden(low)), high_(hidden(high)) {}

    HOTROW_HD float operator()(float steps) const {
#if defined(__CUDA_ARCH__)
        return fminf(fmaxf(steps, arithmetic::float_of(low_)), arithmetic::float_of(high_));
#else
        const std::int32_t bits = static_cast<std::int32_t>(arithmetic::bits_of(steps));
        const std::int32_t raised = bits > low_ ? bits : low_;
        return arithmetic::float_of(static_cast<std::uint32_t>(raised < high_ ? raised : high_));
#endif
    }

private:
    /// Hides a constant from the host's compiler: GCC would compute what follows the comparison for the bounds in advance, which makes
    /// a branch of it and keeps the loop from vectorising (5 times slower).
    HOTROW_HD static std::int32_t hidden(float bound) {
        std::int32_t bits = static_cast<std::int32_t>(arithmetic::bits_of(bound));
#if defined(__GNUC__) && !defined(__CUDA_ARCH__)
        asm("" : "+r"(bits));
#endif
        return bits;
    }

    std::int32_t low_;
    std::int32_t high_;
};

}  // namespace detail

}  // namespace hotrow
