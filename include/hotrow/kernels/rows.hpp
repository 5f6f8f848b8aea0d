// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../batch/tables_view.hpp"
#include "../cache/cache_view.hpp"
#include "../storage/first_values.hpp"
#include "../storage/rows_view.hpp"
#include "../storage/small_float.hpp"

#include <cstdint>
#include <type_traits>

/// Work on whole rows outside of training steps: first values, reads and writes of ranges.
namespace hotrow::detail {

/// Shows a lane's part of one output row (`Scalar` elements, dense rows of `Dim`): `f(width, i, values)`.
template <int Dim, class Scalar, Tile TileType, class F>
HOTROW_HD HOTROW_INLINE void visit_dense(const TileType& tile, const Scalar* rows, std::uint64_t row, F&& f) {
    const Scalar* from = rows + row * static_cast<std::uint64_t>(Dim);
    if constexpr (Dim % 4 == 0 && std::is_same_v<Scalar, float>) {
        visit_floats<Dim>(tile, from, f);
    } else if constexpr (Dim % 4 == 0) {
        for_each_stretch<Dim>(tile, [&](auto width, int i, int element) HOTROW_INLINE_LAMBDA {
            constexpr int n = decltype(width)::value;
            Scalar loaded[n];
            float values[n];
            load_scalars<n>(from + element, loaded);
            detail::to_floats<n>(loaded, values);
            f(width, i, values);
        });
    } else {
        for_each_element<Dim>(tile, [&](int i, int element) HOTROW_INLINE_LAMBDA {
            const float value = ScalarCast<Scalar>::to_float(from[element]);
            f(std::integral_constant<int, 1>{}, i, &value);
        });
    }
}

/// Reads row `row` of dense rows ([..][Dim] of `Scalar`) into a lane's elements. If `Dim` is a multiple of 4, `rows` is aligned to 4 scalars.
template <int Dim, class Scalar, Tile TileType>
HOTROW_HD HOTROW_INLINE void load_dense(const TileType& tile, const Scalar* rows, std::uint64_t row, float* values) {
    visit_dense<Dim>(tile, rows, row, CopyTo{values});
}

/// Writes a lane's elements to row `row` of dense rows, which are as for `load_dense`.
template <int Dim, class Scalar, Tile TileType>
HOTROW_HD HOTROW_INLINE void store_dense(const TileType& tile, const float* values, Scalar* rows, std::uint64_t row) {
    Scalar* to = rows + row * static_cast<std::uint64_t>(Dim);
    if constexpr (Dim % 4 == 0) {
        for_each_stretch<Dim>(tile, [&](auto width, int i, int element) {
            constexpr int n = decltype(width)::value;
            Scalar converted[n];
            detail::from_floats<n>(values + i, converted);
            store_scalars<n>(converted, to + element);
        });
    } else {
        for_each_element<Dim>(tile, [&](int i, int element) { to[element] = ScalarCast<Scalar>::from_float(values[i]); });
    }
}

/// All stored rows as they start, uniform in [-range, range) of the row's table. One tile a row.
template <class Rows>
struct InitialiseRows {
    TablesView<typename Rows::RowId> tables;
    Rows rows;
    const float* ranges;  ///< [tables]

    template <Tile TileType>
    HOTROW_HD void operator()(const TileType& tile, std::uint64_t row) const {
        std::byte* const stored = rows.stored_row(row);
        first_stored_row<Rows::dim, typename Rows::RowFormat>(tile, tables.seed, row, ranges[tables.table_of(row)], stored);
        if constexpr (Rows::Records::are_joint) {
            if (tile.rank() == 0) Rows::Records::Layout::clear_gaps(stored);
        }
    }
};

/// Current values of consecutive rows, wherever they are.
template <class Rows, class Tags>
struct ReadRows {
    Rows rows;
    Tags tags;
    std::uint64_t first;
    float* output;

    template <Tile TileType>
    HOTROW_HD void operator()(const TileType& tile, std::uint64_t i) const {
        float values[RowShape<Rows::dim, TileType::lanes>::local];
        rows.read(tile, tags.locate(tile, static_cast<typename Rows::RowId>(first + i)), values);
        store_dense<Rows::dim>(tile, values, output, i);
    }
};

/// New values for consecutive rows: into the line of a cached row (now dirty), else encoded. Optimizer state stays.
template <class Rows, class Tags>
struct WriteRows {
    Rows rows;
    Tags tags;
    std::uint64_t first;
    const float* input;

    template <Tile TileType>
    HOTROW_HD void operator()(const TileType& tile, std::uint64_t i) const {
        float values[RowShape<Rows::dim, TileType::lanes>::local] = {};  // a line's padding is defined
        load_dense<Rows::dim>(tile, input, i, values);
        const auto row = static_cast<typename Rows::RowId>(first + i);
        const auto slot = tags.probe(tile, row);
        if (slot == nowhere<typename Rows::RowId>) {
            rows.begin_write(row);
            rows.store_stored(tile, row, values, tags.random_key(row, *tags.step));
        } else {
            rows.store_line(tile, slot, values);
            if (tile.rank() == 0) tags.flags[slot] |= LineFlag::dirty;
        }
    }
};

}  // namespace hotrow::detail

namespace hotrow {

// For kernels of one's own: rows of outputs, gradients and activations.
using detail::load_dense;
using detail::store_dense;

}  // namespace hotrow
