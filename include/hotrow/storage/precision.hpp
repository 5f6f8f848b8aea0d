// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../config.hpp"
#include "../execution/arithmetic.hpp"
#include "../execution/tile.hpp"
#include "code_table.hpp"
#include "small_float.hpp"

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace hotrow {

/// A precision is what one stored element is: its width and how elements are packed.
/// Elements are stored in *packs* of four, little endian, element 0 in the lowest bits.
/// * `bits`: width of one element;
/// * `is_integer`: elements are unsigned codes that a quantizer gives a meaning; else they are values;
/// * `unpack<N>(from, values)`: N elements (a multiple of four) as floats;
/// * optionally `decode<N>(from, value, values)`: values[i] = value(what `unpack` gives for i), if that can be had faster;
/// * optionally `in_place(from)`: the elements, where they lie in memory as floats;
/// * integers: `levels` = 2^bits - 1 and `pack<N>(codes, to)`; values: `pack<N, Rounding>(values, words, to)`.
template <class P>
concept Precision = requires(const std::byte* from, float (&values)[4]) {
    { P::bits } -> std::convertible_to<int>;
    { P::is_integer } -> std::convertible_to<bool>;
    { P::name } -> std::convertible_to<const char*>;
    P::template unpack<4>(from, values);
};

namespace detail {

/// Four scalars that are loaded and stored as one word.
template <class T>
struct alignas(4 * sizeof(T)) Pack {
    T v[4];
};

/// Copies N scalars; one wide access where N is a pack (device tiles), a plain loop where it is a row (host).
template <int N, class T>
HOTROW_HD HOTROW_INLINE void load_scalars(const T* from, T* to) {
    if constexpr (N == 4) {
        const Pack<T> pack = *reinterpret_cast<const Pack<T>*>(from);
        HOTROW_UNROLL
        for (int i = 0; i < 4; ++i) to[i] = pack.v[i];
    } else {
        for (int i = 0; i < N; ++i) to[i] = from[i];
    }
}

template <int N, class T>
HOTROW_HD HOTROW_INLINE void store_scalars(const T* from, T* to) {
    if constexpr (N == 4) {
        Pack<T> pack;
        HOTROW_UNROLL
        for (int i = 0; i < 4; ++i) pack.v[i] = from[i];
        *reinterpret_cast<Pack<T>*>(to) = pack;
    } else {
        for (int i = 0; i < N; ++i) to[i] = from[i];
    }
}

/// Shows a lane's part of a row of whole packs of floats: `f(width, i, values)`. The host sees them where they are: a row that is
/// only read need not be copied.
template <int Dim, Tile TileType, class F>
HOTROW_HD HOTROW_INLINE void visit_floats(const TileType& tile, const float* from, F&& f) {
    for_each_stretch<Dim>(tile, [&](auto width, int i, int element) HOTROW_INLINE_LAMBDA {
        if constexpr (TileType::lanes == 1 && decltype(width)::value > 4) {
            f(width, i, from + element);
        } else {
            float values[decltype(width)::value];
            load_scalars<decltype(width)::value>(from + element, values);
            f(width, i, values);
        }
    });
}

#if defined(__CUDA_ARCH__)
/// The four codes of a pack as floats. A code is put in the mantissa of a power of two in which its lowest bit is worth one; what is left
/// without the power is the number. Two instructions of the fast kind, where a conversion is of the slow kind and needs a shift.
template <int Bits>
__device__ inline void numbers_of(std::uint32_t word, float (&values)[4]) {
    if constexpr (Bits == 8) {
        constexpr float power = arithmetic::power_of_two(23);
        asm("prmt.b32 %0, %1, 0x4b000000, 0x7650;" : "=f"(values[0]) : "r"(word));
        asm("prmt.b32 %0, %1, 0x4b000000, 0x7651;" : "=f"(values[1]) : "r"(word));
        asm("prmt.b32 %0, %1, 0x4b000000, 0x7652;" : "=f"(values[2]) : "r"(word));
        asm("prmt.b32 %0, %1, 0x4b000000, 0x7653;" : "=f"(values[3]) : "r"(word));
        HOTROW_UNROLL
        for (int i = 0; i < 4; ++i) values[i] -= power;
    } else {
        constexpr std::uint32_t mask = (1u << Bits) - 1u;
        const auto number = [&](auto i) {
            constexpr int at = Bits * decltype(i)::value;
            float value;  // (word & mask) | exponent
            asm("lop3.b32 %0, %1, %2, %3, 0xea;" : "=f"(value) : "r"(word), "n"(mask << at), "n"((127 + 23 - at) << 23));
            return value - arithmetic::power_of_two(23 - at);
        };
        values[0] = number(std::integral_constant<int, 0>{});
        values[1] = number(std::integral_constant<int, 1>{});
        values[2] = number(std::integral_constant<int, 2>{});
        values[3] = number(std::integral_constant<int, 3>{});
    }
}
#endif

/// Unsigned integers of 8, 4 or 2 bits.
template <int Bits>
struct PackedInteger {
    static constexpr int bits = Bits;
    static constexpr bool is_integer = true;
    static constexpr int levels = (1 << Bits) - 1;
    static constexpr int per_byte = 8 / Bits;

    template <int N>
    HOTROW_HD HOTROW_INLINE static void unpack(const std::byte* from, float (&values)[N]) {
        if constexpr (N == 4) {
            std::uint32_t word = 0;
            if constexpr (Bits == 8) word = *reinterpret_cast<const std::uint32_t*>(from);
            if constexpr (Bits == 4) word = *reinterpret_cast<const std::uint16_t*>(from);
            if constexpr (Bits == 2) word = *reinterpret_cast<const std::uint8_t*>(from);
#if defined(__CUDA_ARCH__)
            numbers_of<Bits>(word, values);
#else
            for (int i = 0; i < 4; ++i) values[i] = static_cast<float>(static_cast<std::int32_t>((word >> (Bits * i)) & levels));
#endif
        } else if constexpr (Bits == 8) {
            for (int i = 0; i < N; ++i) values[i] = static_cast<float>(static_cast<std::int32_t>(from[i]));
        } else {
            std::uint8_t codes[N];
            spread<N>(from, codes);
            for (int i = 0; i < N; ++i) values[i] = static_cast<float>(static_cast<std::int32_t>(codes[i]));
        }
    }

    /// values[i] = value(code i).
    template <int N, class Value>
    HOTROW_HD HOTROW_INLINE static void decode(const std::byte* from, const Value& value, float (&values)[N]) {
        constexpr int by_table = elements_by_table<Bits, N>;
#if HOTROW_CODE_TABLES
        if constexpr (by_table > 0) decode_by_table<Bits, N>(from, value, values);
#endif
        if constexpr (by_table < N) {
            float numbers[N - by_table];
            unpack(from + by_table * Bits / 8, numbers);
            HOTROW_UNROLL
            for (int i = by_table; i < N; ++i) values[i] = value(numbers[i - by_table]);
        }
    }

    template <int N>
    HOTROW_HD HOTROW_INLINE static void pack(const std::int32_t (&codes)[N], std::byte* to) {
        if constexpr (N == 4) {
            std::uint32_t word = 0;
            HOTROW_UNROLL
            for (int i = 0; i < 4; ++i) word |= static_cast<std::uint32_t>(codes[i]) << (Bits * i);
            if constexpr (Bits == 8) *reinterpret_cast<std::uint32_t*>(to) = word;
            if constexpr (Bits == 4) *reinterpret_cast<std::uint16_t*>(to) = static_cast<std::uint16_t>(word);
            if constexpr (Bits == 2) *reinterpret_cast<std::uint8_t*>(to) = static_cast<std::uint8_t>(word);
        } else if constexpr (Bits == 8) {
            for (int i = 0; i < N; ++i) to[i] = static_cast<std::byte>(codes[i]);
        } else {
            std::uint8_t bytes[N];
            for (int i = 0; i < N; ++i) bytes[i] = static_cast<std::uint8_t>(codes[i]);
            gather<N>(bytes, to);
        }
    }

private:
    /// The codes of one byte, a byte each: copies of the byte are moved so that each code lies where it belongs, and one mask leaves the codes. On
    /// bytes the host has more lanes than on integers, and nothing has to be interleaved.
    using Spread = std::conditional_t<Bits == 4, std::uint16_t, std::uint32_t>;

    template <int N>
    HOTROW_HD HOTROW_INLINE static void spread(const std::byte* from, std::uint8_t (&codes)[N]) {
        Spread words[N / per_byte];
        for (int byte = 0; byte < N / per_byte; ++byte) {
            const std::uint32_t b = static_cast<std::uint32_t>(from[byte]);
            if constexpr (Bits == 4) words[byte] = static_cast<Spread>((b | b << 4) & 0x0f0fu);
            if constexpr (Bits == 2) words[byte] = static_cast<Spread>((b | b << 6 | b << 12 | b << 18) & 0x03030303u);
        }
        std::memcpy(codes, words, N);
    }
    /// Its inverse.
    template <int N>
    HOTROW_HD HOTROW_INLINE static void gather(const std::uint8_t (&codes)[N], std::byte* to) {
        Spread words[N / per_byte];
        std::memcpy(words, codes, N);
        for (int byte = 0; byte < N / per_byte; ++byte) {
            const std::uint32_t word = words[byte];
            if constexpr (Bits == 4) to[byte] = static_cast<std::byte>(word | word >> 4);
            if constexpr (Bits == 2) to[byte] = static_cast<std::byte>(word | word >> 6 | word >> 12 | word >> 18);
        }
    }
};

/// Values in a narrow floating-point format.
template <class FormatType>
struct PackedFloat {
    using Format = FormatType;
    using Storage = typename Format::Storage;
    static constexpr int bits = Format::bits;
    static constexpr bool is_integer = false;

    template <int N>
    HOTROW_HD HOTROW_INLINE static void unpack(const std::byte* from, float (&values)[N]) {
        if constexpr (N == 4) {
            Storage codes[4];
            load_scalars<4>(reinterpret_cast<const Storage*>(from), codes);
            HOTROW_UNROLL
            for (int i = 0; i < 4; ++i) values[i] = Format::decode(codes[i]);
        } else {
            decode_all<Format, N>(reinterpret_cast<const Storage*>(from), values);
        }
    }

    template <int N, class Rounding>
    HOTROW_HD HOTROW_INLINE static void pack(const float (&values)[N], const std::uint32_t (&words)[N], std::byte* to) {
        Storage codes[N];
        if constexpr (HOTROW_F16C && N > 4 && std::is_same_v<Format, HalfFormat> && std::is_same_v<Rounding, NearestEven>) {
            round_all<Format, N>(values, codes);
            for (int i = 0; i < N; ++i) {
                const std::uint32_t magnitude = codes[i] & Format::magnitude_mask;
                codes[i] = static_cast<Storage>((codes[i] & ~Format::magnitude_mask) | (magnitude < Format::max_ordinal ? magnitude : Format::max_ordinal));
            }
        } else {
            HOTROW_UNROLL
            for (int i = 0; i < N; ++i) codes[i] = static_cast<Storage>(Format::template encode<Rounding>(values[i], words[i]));
        }
        store_scalars<N>(codes, reinterpret_cast<Storage*>(to));
    }
};

}  // namespace detail

/// IEEE 754 binary32: stored as it is; no rounding takes place.
struct Fp32 {
    static constexpr int bits = 32;
    static constexpr bool is_integer = false;
    static constexpr const char* name = "fp32";

    HOTROW_HD HOTROW_INLINE static const float* in_place(const std::byte* from) { return reinterpret_cast<const float*>(from); }

    template <int N>
    HOTROW_HD HOTROW_INLINE static void unpack(const std::byte* from, float (&values)[N]) {
        detail::load_scalars<N>(reinterpret_cast<const float*>(from), values);
    }
    template <int N, class Rounding>
    HOTROW_HD HOTROW_INLINE static void pack(const float (&values)[N], const std::uint32_t (&)[N], std::byte* to) {
        detail::store_scalars<N>(values, reinterpret_cast<float*>(to));
    }
};

/// IEEE 754 binary16; larger magnitudes saturate at 65504.
struct Fp16 : detail::PackedFloat<HalfFormat> {
    static constexpr const char* name = "fp16";
};

/// bfloat16: FP32's range, 8 bits of precision.
struct Bf16 : detail::PackedFloat<BFloatFormat> {
    static constexpr const char* name = "bf16";
};

/// 8 bits, 4 of exponent, 3 of mantissa: 2^-9 to 448 in magnitude; larger ones saturate.
struct Fp8E4M3 : detail::PackedFloat<Fp8E4M3Format> {
    static constexpr const char* name = "fp8_e4m3";
};

/// 8 bits, 5 of exponent, 2 of mantissa: 2^-16 to 57344 in magnitude; larger ones saturate.
struct Fp8E5M2 : detail::PackedFloat<Fp8E5M2Format> {
    static constexpr const char* name = "fp8_e5m2";
};

/// 256 levels; element e is byte e.
struct Int8 : detail::PackedInteger<8> {
    static constexpr const char* name = "int8";
};

/// 16 levels; element e is in byte e / 2, in the low nibble if e is even.
struct Int4 : detail::PackedInteger<4> {
    static constexpr const char* name = "int4";
};

/// 4 levels; element e is in byte e / 4, at bit 2 (e % 4).
struct Int2 : detail::PackedInteger<2> {
    static constexpr const char* name = "int2";
};

}  // namespace hotrow
