// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../config.hpp"
#include "../execution/arithmetic.hpp"
#include "../execution/reduction.hpp"
#include "../execution/tile.hpp"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <type_traits>

/// A *block* is a stretch of a row with qparams of its own: `N` elements (a power of two, at least 4; the last block of a row
/// may be shorter), or the whole row for `N` = 0. Quantizers are written once, over blocks.
namespace hotrow::detail {

template <int Dim, int N, int Lanes>
struct BlockShape {
    static_assert(N == 0 || (N >= 4 && (N & (N - 1)) == 0), "the block of a quantizer must be a power of two of at least 4 elements");
    using Row = RowShape<Dim, Lanes>;
    /// Packs of a block: a power of two.
    static constexpr int packs = N == 0 || N / 4 > Row::padded_packs ? Row::padded_packs : N / 4;
    static constexpr int blocks = (Row::packs + packs - 1) / packs;
    /// Lanes that share a block: neighbours.
    static constexpr int lanes = Lanes < packs ? Lanes : packs;
    /// Packs of a block that one lane owns.
    static constexpr int local_packs = packs / lanes;
};

/// The part of a block that one lane owns: `Packs` packs, of which the first is `pack` in the row and
/// holds the lane's elements from `first` on.
template <int Dim, int N, int Packs, Tile TileType>
struct BlockPart {
    using Row = RowShape<Dim, TileType::lanes>;
    using Shape = BlockShape<Dim, N, TileType::lanes>;

    const TileType& tile;
    int first;
    int pack;

    HOTROW_HD int index() const { return Shape::blocks == 1 ? 0 : pack / Shape::packs; }
    /// Elements in the block.
    HOTROW_HD int size() const {
        const int left = Dim - 4 * Shape::packs * index();
        return left < 4 * Shape::packs ? left : 4 * Shape::packs;
    }
    /// Whether this lane writes the block's qparams. A tile may have more lanes than the row has packs.
    HOTROW_HD bool leads() const { return pack % Shape::packs == 0 && pack < Row::packs; }

    /// `f(i)` for each local element `i` that is an element of the row.
    template <class F>
    HOTROW_HD void for_each(F&& f) const {
        if constexpr (TileType::lanes == 1) {
            constexpr bool whole = Dim % 4 == 0 || Shape::blocks == 1;
            constexpr int most = Shape::blocks == 1 ? Dim : 4 * Packs;
            const int left = Dim - 4 * pack;
            const int count = whole || left > most ? most : left;
            for (int i = 0; i < count; ++i) f(first + i);
        } else {
            HOTROW_UNROLL
            for (int i = 0; i < 4 * Packs; ++i) {
                if (Row::exact || 4 * (pack + i / 4 * TileType::lanes) + i % 4 < Dim) f(first + i);
            }
        }
    }

    /// `f(width, i, element)` for each stretch of neighbouring elements, padding of the last pack included; as
    /// `for_each_stretch` of the row.
    template <class F>
    HOTROW_HD HOTROW_INLINE void for_each_stretch(F&& f) const {
        if constexpr (TileType::lanes == 1) {
            f(std::integral_constant<int, 4 * Packs>{}, first, 4 * pack);
        } else {
            HOTROW_UNROLL
            for (int p = 0; p < Packs; ++p) {
                const int here = pack + p * TileType::lanes;
                if (Row::packs % TileType::lanes == 0 || here < Row::packs) f(std::integral_constant<int, 4>{}, first + 4 * p, 4 * here);
            }
        }
    }

    struct Range {
        float low;
        float high;
    };

    /// Smallest and largest of the block's finite values, on all of its lanes. Compared as integers of the same order, which vectorise
    /// without leave to assume anything about floats. Both zeros come out as +0.
    HOTROW_HD Range range(const float* values) const {
#if defined(__CUDA_ARCH__)
        float least = arithmetic::float_of(0x7f7fffffu), most = -least;
        for_each([&](int i) {
            least = fminf(least, values[i]);
            most = fmaxf(most, values[i]);
        });
        const std::int32_t low_key = arithmetic::ordered(least), high_key = arithmetic::ordered(most);
#else
        std::int32_t low_key = 0x7f7fffff, high_key = static_cast<std::int32_t>(0x80800000u);  // FP32's largest and smallest
        for_each([&](int i) {
            const std::int32_t key = arithmetic::ordered(values[i]);
            low_key = key < low_key ? key : low_key;
            high_key = key > high_key ? key : high_key;
        });
#endif
        constexpr std::uint32_t sign = 0x80000000u;  // turned over, unsigned integers of the same order
        const std::uint32_t low = lowest_of<Shape::lanes>(tile, static_cast<std::uint32_t>(low_key) ^ sign);
        const std::uint32_t high = highest_of<Shape::lanes>(tile, static_cast<std::uint32_t>(high_key) ^ sign);
        return {arithmetic::from_ordered(static_cast<std::int32_t>(low ^ sign)) + 0.0f,
                arithmetic::from_ordered(static_cast<std::int32_t>(high ^ sign)) + 0.0f};
    }

    /// Largest magnitude in the block, on all of its lanes.
    HOTROW_HD float largest_magnitude(const float* values) const {
        std::int32_t key = 0;
        for_each([&](int i) {
            const std::int32_t magnitude = static_cast<std::int32_t>(arithmetic::bits_of(values[i]) & 0x7fffffffu);
            key = magnitude > key ? magnitude : key;
        });
        return arithmetic::float_of(highest_of<Shape::lanes>(tile, static_cast<std::uint32_t>(key)));
    }

    /// Sum over the block in the fixed shape; `add(i, sum)` returns `sum` with element `i` added.
    template <class Add>
    HOTROW_HD float sum(Add&& add) const {
        float sums[Shape::local_packs];
        HOTROW_UNROLL
        for (int p = 0; p < Shape::local_packs; ++p) {
            float total = 0.0f;
            if (p < Packs) {
                HOTROW_UNROLL
                for (int j = 0; j < 4; ++j) {
                    const int element = 4 * (pack + p * TileType::lanes) + j;
                    if (Row::exact || element < Dim) total = add(first + 4 * p + j, total);
                }
            }
            sums[p] = total;
        }
        return reduction::sum_of_packs<Shape::lanes>(tile, sums);
    }
};

/// Calls `f(part)` for each block of which this lane owns a part. Every lane of the tile makes the same calls.
template <int Dim, int N, Tile TileType, class F>
HOTROW_HD HOTROW_INLINE void for_each_block(const TileType& tile, F&& f) {
    using Shape = BlockShape<Dim, N, TileType::lanes>;
    constexpr int packs = Shape::local_packs;
    constexpr int full = Shape::Row::local_packs / packs;
    constexpr int rest = Shape::Row::local_packs % packs;
    HOTROW_UNROLL
    for (int g = 0; g < full; ++g) { f(BlockPart<Dim, N, packs, TileType>{tile, 4 * g * packs, g * packs * TileType::lanes + tile.rank()}); }
    if constexpr (rest > 0) { f(BlockPart<Dim, N, rest, TileType>{tile, 4 * full * packs, full * packs * TileType::lanes + tile.rank()}); }
}

/// values[i] = value(code i), the precision's own way if it has one.
template <class P, int N, class Value>
HOTROW_HD HOTROW_INLINE void decode_codes(const std::byte* from, const Value& value, float (&values)[N]) {
    if constexpr (requires { P::template decode<N>(from, value, values); }) {
        P::template decode<N>(from, value, values);
    } else {
        P::template unpack<N>(from, values);
        HOTROW_UNROLL
        for (int i = 0; i < N; ++i) values[i] = value(values[i]);
    }
}

/// Shows the values behind packed codes, a stretch at a time: `f(width, i, values)`. `value_of(block)` reads a block's qparams and
/// gives the function from a code's number to its value.
template <class P, int Dim, int N, Tile TileType, class ValueOf, class F>
HOTROW_HD HOTROW_INLINE void visit_blocks(const TileType& tile, const std::byte* codes, ValueOf&& value_of, F&& f) {
    using Shape = BlockShape<Dim, N, TileType::lanes>;
    for_each_block<Dim, N>(tile, [&](const auto& part) HOTROW_INLINE_LAMBDA {
        const auto show = [&](const auto& value) HOTROW_INLINE_LAMBDA {
            part.for_each_stretch([&](auto width, int i, int element) HOTROW_INLINE_LAMBDA {
                constexpr int n = decltype(width)::value;
                float values[n];
                decode_codes<P>(codes + element * P::bits / 8, value, values);
                f(width, i, values);
            });
        };
        // A part of a tile that is wider than the row may lie in no block.
        if (Shape::blocks == 1 || part.index() < Shape::blocks) show(value_of(part.index()));
    });
}

}  // namespace hotrow::detail
