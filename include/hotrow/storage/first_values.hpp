// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../config.hpp"
#include "../execution/arithmetic.hpp"
#include "../execution/tile.hpp"
#include "generator.hpp"

#include <cstddef>
#include <cstdint>

namespace hotrow::detail {

/// The values that a row starts with: uniform in [-range, range), from the seed and the row's linear id alone.
template <int Dim, Tile TileType>
HOTROW_HD void first_values(const TileType& tile, std::uint64_t seed, std::uint64_t row, float range, float* values) {
    // A stream apart from that of roundings, which never has this step.
    const auto random = CounterHash::prepare(RandomKey{seed, ~std::uint64_t{0}, row});
    for_each_stretch<Dim>(tile, [&](auto width, int i, int element) {
        constexpr int n = decltype(width)::value;
        std::uint32_t words[n];
        CounterHash::fill(random, element, words);
        HOTROW_UNROLL
        for (int j = 0; j < n; ++j) {
            const float unit = static_cast<float>(static_cast<std::int32_t>(words[j] >> 8)) * arithmetic::power_of_two(-23);
            values[i + j] = arithmetic::fma(unit, range, -range);
        }
    });
}

/// A stored row as it starts: those values, rounded as at step 0.
template <int Dim, class RowFormatType, Tile TileType>
HOTROW_HD void first_stored_row(const TileType& tile, std::uint64_t seed, std::uint64_t row, float range, std::byte* stored) {
    float values[RowShape<Dim, TileType::lanes>::local];
    first_values<Dim>(tile, seed, row, range, values);
    RowFormatType::template initialise<Dim>(tile, values, stored, RandomKey{seed, 0u, row});
}

}  // namespace hotrow::detail
