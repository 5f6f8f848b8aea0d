// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../embedding_view.hpp"
#include "../execution/arithmetic.hpp"
#include "../storage/small_float.hpp"

#include <cstdint>
#include <type_traits>

/// Work on whole rows outside of training steps: first values, reads and writes of ranges.
namespace hotrow::detail {

/// Reads one output row (`Scalar` elements, dense rows of `Dim`) into a lane's elements.
template <int Dim, class Scalar, Tile TileType>
HOTROW_HD void load_dense(const TileType& tile, const Scalar* rows, std::uint64_t row, float* values) {
    const Scalar* from = rows + row * static_cast<std::uint64_t>(Dim);
    if constexpr (Dim % 4 == 0) {
        for_each_stretch<Dim>(tile, [&](auto width, int i, int element) {
            constexpr int n = decltype(width)::value;
            Scalar loaded[n];
            load_scalars<n>(from + element, loaded);
            HOTROW_UNROLL
            for (int j = 0; j < n; ++j) values[i + j] = ScalarCast<Scalar>::to_float(loaded[j]);
        });
    } else {
        for_each_element<Dim>(tile, [&](int i, int element) { values[i] = ScalarCast<Scalar>::to_float(from[element]); });
    }
}

/// Writes a lane's elements to one output row.
template <int Dim, class Scalar, Tile TileType>
HOTROW_HD void store_dense(const TileType& tile, const float* values, Scalar* rows, std::uint64_t row) {
    Scalar* to = rows + row * static_cast<std::uint64_t>(Dim);
    if constexpr (Dim % 4 == 0) {
        for_each_stretch<Dim>(tile, [&](auto width, int i, int element) {
            constexpr int n = decltype(width)::value;
            Scalar converted[n];
            HOTROW_UNROLL
            for (int j = 0; j < n; ++j) converted[j] = ScalarCast<Scalar>::from_float(values[i + j]);
            store_scalars<n>(converted, to + element);
        });
    } else {
        for_each_element<Dim>(tile, [&](int i, int element) { to[element] = ScalarCast<Scalar>::from_float(values[i]); });
    }
}

/// First values of all rows: uniform in [-range, range) of the row's table, from the seed; optimizer state
/// at its start. One tile a row.
template <class View>
struct InitialiseRows {
    View view;
    const float* ranges;  ///< [tables]

    template <Tile TileType>
    HOTROW_HD void operator()(const TileType& tile, std::uint64_t row) const {
        std::uint32_t low = 0, high = view.tables;  // the last table that begins at or before this row
        while (high - low > 1u) {
            const std::uint32_t middle = low + (high - low) / 2u;
            (view.table_begin[middle] <= row ? low : high) = middle;
        }
        const float range = ranges[low];
        float values[RowShape<View::dim, TileType::lanes>::local];
        // A stream apart from that of roundings, which never has this step.
        const auto random = CounterHash::prepare(RandomKey{view.seed, ~std::uint64_t{0}, row});
        for_each_stretch<View::dim>(tile, [&](auto width, int i, int element) {
            constexpr int n = decltype(width)::value;
            std::uint32_t words[n];
            CounterHash::fill(random, element, words);
            HOTROW_UNROLL
            for (int j = 0; j < n; ++j) {
                const float unit = static_cast<float>(static_cast<std::int32_t>(words[j] >> 8)) * arithmetic::power_of_two(-23);
                values[i + j] = arithmetic::fma(unit, range, -range);
            }
        });
        View::RowFormat::template encode<View::dim>(tile, values, view.stored_row(row), view.random_key(row));
        if constexpr (!std::is_empty_v<typename View::RowState>) {
            if (tile.rank() == 0) view.row_states[row] = view.state->optimizer.initial_state();
        }
    }
};

/// Current values of consecutive rows, wherever they are.
template <class View>
struct ReadRows {
    View view;
    std::uint64_t first;
    float* output;

    template <Tile TileType>
    HOTROW_HD void operator()(const TileType& tile, std::uint64_t i) const {
        float values[RowShape<View::dim, TileType::lanes>::local];
        view.read(tile, view.locate(tile, static_cast<typename View::RowId>(first + i)), values);
        store_dense<View::dim>(tile, values, output, i);
    }
};

/// New values for consecutive rows: into the line of a cached row (now dirty), else encoded. Optimizer state stays.
template <class View>
struct WriteRows {
    View view;
    std::uint64_t first;
    const float* input;

    template <Tile TileType>
    HOTROW_HD void operator()(const TileType& tile, std::uint64_t i) const {
        float values[RowShape<View::dim, TileType::lanes>::local];
        load_dense<View::dim>(tile, input, i, values);
        const auto row = static_cast<typename View::RowId>(first + i);
        const auto slot = view.probe(tile, row);
        if (slot == View::nowhere) {
            View::RowFormat::template encode<View::dim>(tile, values, view.stored_row(row), view.random_key(row));
        } else {
            view.store_line(tile, slot, values);
            if (tile.rank() == 0) view.dirty[slot] = 1u;
        }
    }
};

}  // namespace hotrow::detail
