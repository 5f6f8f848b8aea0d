// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../batch/tables_view.hpp"
#include "../config.hpp"
#include "../execution/arithmetic.hpp"
#include "../execution/prefetch.hpp"
#include "../execution/tile.hpp"
#include "../memory/records.hpp"
#include "precision.hpp"

#include <cstddef>
#include <cstdint>

namespace hotrow {

/// Stored rows and lines: the bytes of all rows, by location. `RecordsType` says how stored rows lie in memory, and whether all have been written yet.
template <int Dim, class RowFormatType, class RowIdType, class RecordsType = detail::SeparateRecords>
struct RowsView : RecordsType::template Presence<RowIdType> {
    using RowFormat = RowFormatType;
    using Records = RecordsType;
    using Presence = typename RecordsType::template Presence<RowIdType>;
    using RowId = RowIdType;
    using Location = RowIdType;
    using Layout = typename RowFormatType::template Layout<Dim>;

    static constexpr int dim = Dim;
    /// Floats from one line to the next: whole packs.
    static constexpr int line_stride = (Dim + 3) / 4 * 4;
    /// A stored row is read as a line is.
    static constexpr bool stored_as_lines =
        requires { RowFormat::Precision_t::in_place(nullptr); } && Layout::stride == line_stride * static_cast<int>(sizeof(float));

    /// Bytes from one stored row to the next.
    static constexpr int stored_stride = RecordsType::template row_stride<Layout::stride>;

    std::byte* stored;
    float* lines;
    std::uint64_t line_count;

    HOTROW_HD bool is_line(Location location) const { return location < static_cast<Location>(line_count); }
    /// The row of a location that is no line.
    HOTROW_HD RowId row_of(Location location) const { return static_cast<RowId>(location - static_cast<Location>(line_count)); }

    // Addresses: 64-bit before the product, so that tables beyond 2^31 elements are reached.
    HOTROW_HD std::byte* stored_row(std::uint64_t row) const { return stored + row * static_cast<std::uint64_t>(stored_stride); }
    HOTROW_HD float* line(std::uint64_t slot) const { return lines + slot * static_cast<std::uint64_t>(line_stride); }

    /// Reads the row at `location` into a lane's elements, `values[RowShape<Dim, lanes>::local]`; zeros for `nowhere`.
    template <Tile TileType>
    HOTROW_HD HOTROW_INLINE void read(const TileType& tile, Location location, float* values) const {
        if (location == nowhere<RowId>) {
            HOTROW_UNROLL
            for (int i = 0; i < RowShape<Dim, TileType::lanes>::local; ++i) values[i] = 0.0f;
        } else {
            load(tile, location, values);
        }
    }

    /// sum + weight * row, by one `arithmetic::fma` an element, as forward sums; `nowhere` adds nothing.
    template <Tile TileType>
    HOTROW_HD HOTROW_INLINE void accumulate(const TileType& tile, Location location, float weight, float* sum) const {
        if (location != nowhere<RowId>) add(tile, location, weight, sum);
    }

    // Without a test for `nowhere`

    template <Tile TileType>
    HOTROW_HD HOTROW_INLINE void load(const TileType& tile, Location location, float* values) const {
        if (is_line(location)) {
            load_line(tile, location, values);
        } else {
            load_stored(tile, row_of(location), values);
        }
    }
    template <Tile TileType>
    HOTROW_HD HOTROW_INLINE void add(const TileType& tile, Location location, float weight, float* sum) const {
        visit(tile, location, [&](auto width, int i, const float* values) HOTROW_INLINE_LAMBDA {
            HOTROW_UNROLL
            for (int j = 0; j < decltype(width)::value; ++j) sum[i + j] = arithmetic::fma(weight, values[j], sum[i + j]);
        });
    }

    /// Reads a row without a place for it: `f(width, i, values)` for each stretch, as `RowFormat::visit`.
    template <Tile TileType, class F>
    HOTROW_HD HOTROW_INLINE void visit(const TileType& tile, Location location, F&& f) const {
        if constexpr (TileType::lanes > 1 && stored_as_lines && !Presence::is_lazy) {  // lanes of a warp read lines and stored rows at once
            const std::byte* const from = is_line(location) ? reinterpret_cast<const std::byte*>(line(location)) : stored_row(row_of(location));
            RowFormat::template visit<Dim>(tile, from, f);
        } else if (is_line(location)) {
            visit_line(tile, location, f);
        } else {
            with_record(row_of(location), [&](const std::byte* record) HOTROW_INLINE_LAMBDA { RowFormat::template visit<Dim>(tile, record, f); });
        }
    }

    template <Tile TileType>
    HOTROW_HD HOTROW_INLINE void load_stored(const TileType& tile, std::uint64_t row, float* values) const {
        with_record(row, [&](const std::byte* record) HOTROW_INLINE_LAMBDA { RowFormat::template decode<Dim>(tile, record, values); });
    }

    /// `begin_write(row)` comes before.
    template <Tile TileType>
    HOTROW_HD HOTROW_INLINE void store_stored(const TileType& tile, std::uint64_t row, const float* values, const RandomKey& key) const {
        RowFormat::template encode<Dim>(tile, values, stored_row(row), key);
    }

    /// Calls `f` with a row's stored bytes, which for a row that was never written are made for the call.
    template <class F>
    HOTROW_HD HOTROW_INLINE void with_record(std::uint64_t row, F&& f) const {
        if constexpr (Presence::is_lazy) {
            Presence::with_record(row, stored_row(row), f);
        } else {
            f(static_cast<const std::byte*>(stored_row(row)));
        }
    }
    /// To be called before a stored row or its state is written: from now on there is one.
    HOTROW_HD HOTROW_INLINE void begin_write([[maybe_unused]] std::uint64_t row) const {
        if constexpr (Presence::is_lazy) Presence::begin_write(row, stored_row(row));
    }

    template <Tile TileType>
    HOTROW_HD HOTROW_INLINE void load_line(const TileType& tile, std::uint64_t slot, float* values) const {
        visit_line(tile, slot, detail::CopyTo{values});
    }

    template <Tile TileType>
    HOTROW_HD void store_line(const TileType& tile, std::uint64_t slot, const float* values) const {
        float* to = line(slot);
        for_each_stretch<Dim>(tile, [&](auto width, int i, int element) { detail::store_scalars<decltype(width)::value>(values + i, to + element); });
    }

    HOTROW_HD HOTROW_INLINE void prefetch(Location location) const {
        if (location == nowhere<RowId>) return;
        if (is_line(location)) {
            constexpr int bytes = line_stride * static_cast<int>(sizeof(float));
            detail::prefetch<bytes, detail::alignment_of_rows(bytes)>(line(location));
        } else {
            prefetch_stored(row_of(location));
        }
    }
    HOTROW_HD HOTROW_INLINE void prefetch_stored(std::uint64_t row) const {
        detail::prefetch<stored_stride, detail::alignment_of_rows(stored_stride)>(stored_row(row));
    }

private:
    template <Tile TileType, class F>
    HOTROW_HD HOTROW_INLINE void visit_line(const TileType& tile, std::uint64_t slot, F&& f) const {
        detail::visit_floats<Dim>(tile, line(slot), f);
    }
};

}  // namespace hotrow
