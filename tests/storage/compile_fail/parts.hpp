// SPDX-License-Identifier: Apache-2.0
// Policies that are whole; each test leaves one part out (HOTROW_WITHOUT_...).
#pragma once

#include <hotrow/storage/row_format.hpp>

struct MyQuantizer {
#ifndef HOTROW_WITHOUT_ACCEPTS
    template <class P>
    static constexpr bool accepts = true;
#endif
#ifndef HOTROW_WITHOUT_QPARAM_BYTES
    template <int Dim>
    static constexpr int qparam_bytes = 0;
#endif
#ifndef HOTROW_WITHOUT_QPARAM_ALIGNMENT
    static constexpr int qparam_alignment = 1;
#endif
#ifndef HOTROW_WITHOUT_ENCODE
    template <class P, class Rounding, int Dim, hotrow::Tile T>
    static void encode(const T&, const float*, std::byte*, std::byte*, const hotrow::RandomKey&) {}
#endif
#ifndef HOTROW_WITHOUT_DECODE
    template <class P, int Dim, hotrow::Tile T>
    static void decode(const T&, const std::byte*, const std::byte*, float*) {}
#endif
};

struct MyRounding : hotrow::WithoutRandomness {
#ifndef HOTROW_WITHOUT_TO_INTEGER
    static std::int32_t to_integer(float t, std::uint32_t) { return static_cast<std::int32_t>(t); }
#endif
#ifndef HOTROW_WITHOUT_DROP_BITS
    static std::uint32_t drop_bits(std::uint32_t m, int shift, std::uint32_t) { return m >> shift; }
#endif
};

struct MyPrecision {
#ifndef HOTROW_WITHOUT_BITS
    static constexpr int bits = 8;
#endif
    static constexpr bool is_integer = true;
#ifndef HOTROW_WITHOUT_LEVELS
    static constexpr int levels = 255;
#endif
    static constexpr const char* name = "mine";
#ifndef HOTROW_WITHOUT_UNPACK
    template <int N>
    static void unpack(const std::byte*, float (&)[N]) {}
#endif
#ifndef HOTROW_WITHOUT_PACK
    template <int N>
    static void pack(const std::int32_t (&)[N], std::byte*) {}
#endif
};

using MyFormat = hotrow::RowFormat<MyPrecision, MyQuantizer, MyRounding>;
