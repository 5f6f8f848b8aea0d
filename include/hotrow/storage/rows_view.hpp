// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../batch/tables_view.hpp"
#include "../config.hpp"
#include "../execution/arithmetic.hpp"
#include "../execution/prefetch.hpp"
#include "../execution/tile.hpp"
#include "precision.hpp"

#include <cstddef>
#include <cstdint>

namespace hotrow {

/// Stored rows and lines: the bytes of all rows, by location.
template <int Dim, class RowFormatType, class RowIdType>
struct RowsView {
    using RowFormat = RowFormatType;
    using RowId = RowIdType;
    using Location = RowIdType;
    using Layout = typename RowFormatType::template Layout<Dim>;

    static constexpr int dim = Dim;
    /// Floats from one line to the next: whole packs.
    static constexpr int line_stride = (Dim + 3) / 4 * 4;

    std::byte* stored;
    float* lines;
    std::uint64_t line_count;

    HOTROW_HD bool is_line(Location location) const { return location < line_count; }

    // Addresses: 64-bit before the product, so that tables beyond 2^31 elements are reached.
    HOTROW_HD std::byte* stored_row(std::uint64_t row) const { return stored + row * static_cast<std::uint64_t>(Layout::stride); }
    HOTROW_HD float* line(std::uint64_t slot) const { return lines + slot * static_cast<std::uint64_t>(line_stride); }

    /// Reads the row at `location` into a lane's elements, `values[RowShape<Dim, lanes>::local]`; zeros for `nowhere`.
    template <Tile TileType>
    HOTROW_HD HOTROW_INLINE void read(const TileType& tile, Location location, float* values) const {
        if (is_line(location)) {
            load_line(tile, location, values);
        } else if (location == nowhere<RowId>) {
            HOTROW_UNROLL
            for (int i = 0; i < RowShape<Dim, TileType::lanes>::local; ++i) values[i] = 0.0f;
        } else {
            load_stored(tile, location - line_count, values);
        }
    }

    /// sum + weight * row, by one `arithmetic::fma` an element, as forward sums; `nowhere` adds nothing.
    template <Tile TileType>
    HOTROW_HD HOTROW_INLINE void accumulate(const TileType& tile, Location location, float weight, float* sum) const {
        if (location == nowhere<RowId>) return;
        visit(tile, location, [&](auto width, int i, const float* values) HOTROW_INLINE_LAMBDA {
            HOTROW_UNROLL
            for (int j = 0; j < decltype(width)::value; ++j) sum[i + j] = arithmetic::fma(weight, values[j], sum[i + j]);
        });
    }

    /// Reads the row at `location`, which is not `nowhere`, without a place for it: `f(width, i, values)` for each stretch, as
    /// `RowFormat::visit`.
    template <Tile TileType, class F>
    HOTROW_HD HOTROW_INLINE void visit(const TileType& tile, Location location, F&& f) const {
        if (is_line(location)) {
            visit_line(tile, location, f);
        } else {
            RowFormat::template visit<Dim>(tile, stored_row(location - line_count), f);
        }
    }

    template <Tile TileType>
    HOTROW_HD HOTROW_INLINE void load_stored(const TileType& tile, std::uint64_t row, float* values) const {
        RowFormat::template decode<Dim>(tile, stored_row(row), values);
    }

    template <Tile TileType>
    HOTROW_HD HOTROW_INLINE void store_stored(const TileType& tile, std::uint64_t row, const float* values, const RandomKey& key) const {
        RowFormat::template encode<Dim>(tile, values, stored_row(row), key);
    }

    template <Tile TileType>
    HOTROW_HD HOTROW_INLINE void load_line(const TileType& tile, std::uint64_t slot, float* values) const {
        visit_line(tile, slot, detail::CopyTo{values});
    }

    template <Tile TileType>
    HOTROW_HD void store_line(const TileType& tile, std::uint64_t slot, const float* values) const {
        float* to = line(slot);
        for_each_stretch<Dim>(tile, [&](auto width, int i, int element) {
            detail::store_scalars<decltype(width)::value>(values + i, to + element);
        });
    }

    HOTROW_HD HOTROW_INLINE void prefetch(Location location) const {
        if (location == nowhere<RowId>) return;
        if (is_line(location)) {
            constexpr int bytes = line_stride * static_cast<int>(sizeof(float));
            detail::prefetch<bytes, detail::alignment_of_rows(bytes)>(line(location));
        } else {
            prefetch_stored(location - line_count);
        }
    }
    HOTROW_HD HOTROW_INLINE void prefetch_stored(std::uint64_t row) const {
        detail::prefetch<Layout::stride, detail::alignment_of_rows(Layout::stride)>(stored_row(row));
    }

private:
    template <Tile TileType, class F>
    HOTROW_HD HOTROW_INLINE void visit_line(const TileType& tile, std::uint64_t slot, F&& f) const {
        detail::visit_floats<Dim>(tile, line(slot), f);
    }
};

}  // namespace hotrow
