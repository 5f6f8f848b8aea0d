// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "arithmetic.hpp"
#include "tile.hpp"

#include <cstdint>

/// The one place that fixes the shape of every floating-point sum, so that host and device, any grid and any
/// number of threads add in the same order.
///
/// * Over the elements of a row or of a block of it (`row_dot`, `detail::BlockPart::sum`): first within a pack of four, in order; then packs by halving from the
///   top (`i` with `i + n/2`, padded with zeros to a power of two). On a device the first halvings are
///   a lane's own packs, the last a butterfly over lanes; on the host all of them vectorise.
/// * Over the rows of a segment (a bag, or the gradients of one row): the segment is cut from its start in
///   chunks of `chunk_length`; each chunk is summed in order, and the chunk sums are added in order. The result
///   depends on the segment alone, and a device may sum the chunks of a long segment in parallel.
namespace hotrow::reduction {

/// Rows whose sum is made in order; longer segments are sums of such sums.
inline constexpr std::uint32_t chunk_length = 64;

/// Adds by halving from the top. Each step is a loop of known length, which vectorises in registers.
template <int Half>
HOTROW_HD HOTROW_INLINE void halve(float* sums) {
    if constexpr (Half > 0) {
        HOTROW_UNROLL
        for (int p = 0; p < Half; ++p) sums[p] += sums[p + Half];
        halve<Half / 2>(sums);
    }
}

/// Adds the sums of packs: a lane's own by halving from the top, then a butterfly over groups of `Lanes` neighbouring
/// lanes; every lane of a group gets the result. The length of `sums` is a power of two.
template <int Lanes, int Local, Tile TileType>
HOTROW_HD HOTROW_INLINE float sum_of_packs(const TileType& tile, float (&sums)[Local]) {
    static_assert((Local & (Local - 1)) == 0 && Lanes <= TileType::lanes);
    halve<Local / 2>(sums);
    float total = sums[0];
    HOTROW_UNROLL
    for (int mask = Lanes / 2; mask > 0; mask /= 2) total += tile.exchange(total, mask);
    return total;
}

/// sum of a[i] * b[i] over the row; every lane gets the result.
template <int Dim, Tile TileType>
HOTROW_HD HOTROW_INLINE float row_dot(const TileType& tile, const float* a, const float* b) {
    using Shape = RowShape<Dim, TileType::lanes>;
    static_assert(TileType::lanes <= Shape::padded_packs, "a tile may not have more lanes than the row has packs");
    constexpr int local = Shape::padded_packs / TileType::lanes;
    float sums[local];
    HOTROW_UNROLL
    for (int p = 0; p < local; ++p) {
        float sum = 0.0f;
        const int first = Shape::pack * (p * TileType::lanes + tile.rank());
        if (p < Shape::local_packs) {
            HOTROW_UNROLL
            for (int j = 0; j < Shape::pack; ++j) {
                if (Dim % Shape::pack == 0 ? first < Dim : first + j < Dim) { sum = arithmetic::fma(a[p * Shape::pack + j], b[p * Shape::pack + j], sum); }
            }
        }
        sums[p] = sum;
    }
    return sum_of_packs<TileType::lanes>(tile, sums);
}

/// sum of values[i]^2 over the row; every lane gets the result.
template <int Dim, Tile TileType>
HOTROW_HD HOTROW_INLINE float row_sum_of_squares(const TileType& tile, const float* values) {
    return row_dot<Dim>(tile, values, values);
}

/// Adds the rows `[begin, end)` of a segment in the fixed shape. `add(from, to, sum)` adds rows, one after the other, to the elements of
/// this lane; `sum_of_chunk(start, sum)` turns zeros into the sum of the full chunk that starts at `start` of a segment longer than a chunk.
/// `Local` is the number of elements of a lane; an empty segment gives zeros.
template <int Local, class Add, class SumOfChunk>
HOTROW_HD HOTROW_INLINE void segment_sum(std::uint32_t begin, std::uint32_t end, float* total, Add&& add, SumOfChunk&& sum_of_chunk) {
    HOTROW_UNROLL
    for (int i = 0; i < Local; ++i) total[i] = 0.0f;
    const std::uint32_t full = end - begin > chunk_length ? (end - begin) / chunk_length * chunk_length : 0u;
    if (full == 0u) {
        add(begin, end, total);
        return;
    }
    sum_of_chunk(begin, total);
    const auto include = [&](auto&& make) HOTROW_INLINE_LAMBDA {
        float sum[Local];
        HOTROW_UNROLL
        for (int i = 0; i < Local; ++i) sum[i] = 0.0f;
        make(sum);
        HOTROW_UNROLL
        for (int i = 0; i < Local; ++i) total[i] += sum[i];
    };
    for (std::uint32_t start = begin + chunk_length; start < begin + full; start += chunk_length) {
        include([&](float* sum) { sum_of_chunk(start, sum); });
    }
    if (begin + full < end) {
        include([&](float* sum) { add(begin + full, end, sum); });
    }
}

/// The same by one tile: `add_one(position, sum)` adds one row.
template <int Local, class AddOne>
HOTROW_HD HOTROW_INLINE void segment_sum(std::uint32_t begin, std::uint32_t end, float* total, AddOne&& add_one) {
    const auto add = [&](std::uint32_t from, std::uint32_t to, float* sum) HOTROW_INLINE_LAMBDA {
        for (std::uint32_t p = from; p < to; ++p) add_one(p, sum);
    };
    segment_sum<Local>(begin, end, total, add, [&](std::uint32_t start, float* sum) HOTROW_INLINE_LAMBDA { add(start, start + chunk_length, sum); });
}

}  // namespace hotrow::reduction
