// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../config.hpp"
#include "../execution/tile.hpp"
#include "generator.hpp"

#include <cstddef>
#include <cstdint>

namespace hotrow {

/// Values are stored as they are, each rounded on its own; no qparams.
struct Cast {
    template <class P>
    static constexpr bool accepts = !P::is_integer;
    template <int Dim>
    static constexpr int qparam_bytes = 0;
    static constexpr int qparam_alignment = 1;

    template <class P, class RoundingType, int Dim, Tile TileType>
    HOTROW_HD static void encode(const TileType& tile, const float* values, std::byte* codes, std::byte*, const RandomKey& key) {
        const auto state = RoundingType::prepare(key);
        for_each_stretch<Dim>(tile, [&](auto width, int i, int element) {
            constexpr int n = decltype(width)::value;
            std::uint32_t words[n];
            RoundingType::random_words(state, element, words);
            float kept[n];
            HOTROW_UNROLL
            for (int j = 0; j < n; ++j) kept[j] = Dim % 4 == 0 || element + j < Dim ? values[i + j] : 0.0f;
            P::template pack<n, RoundingType>(kept, words, codes + element * P::bits / 8);
        });
    }

    template <class P, int Dim, Tile TileType>
    HOTROW_HD static void decode(const TileType& tile, const std::byte* codes, const std::byte*, float* values) {
        for_each_stretch<Dim>(tile, [&](auto width, int i, int element) {
            constexpr int n = decltype(width)::value;
            float unpacked[n];
            P::template unpack<n>(codes + element * P::bits / 8, unpacked);
            HOTROW_UNROLL
            for (int j = 0; j < n; ++j) values[i + j] = unpacked[j];
        });
    }
};

}  // namespace hotrow
