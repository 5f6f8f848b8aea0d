// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../config.hpp"
#include "../execution/tile.hpp"
#include "generator.hpp"
#include "precision.hpp"

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
        for_each_stretch<Dim>(tile, [&](auto width, int i, int element) HOTROW_INLINE_LAMBDA {
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
    HOTROW_HD HOTROW_INLINE static void decode(const TileType& tile, const std::byte* codes, const std::byte* qparams, float* values) {
        visit<P, Dim>(tile, codes, qparams, detail::CopyTo{values});
    }

    template <class P, int Dim, Tile TileType, class F>
    HOTROW_HD HOTROW_INLINE static void visit(const TileType& tile, const std::byte* codes, const std::byte*, F&& f) {
        if constexpr (requires { P::in_place(codes); }) {
            detail::visit_floats<Dim>(tile, P::in_place(codes), f);
        } else {
            for_each_stretch<Dim>(tile, [&](auto width, int i, int element) HOTROW_INLINE_LAMBDA {
                float values[decltype(width)::value];
                P::template unpack<decltype(width)::value>(codes + element * P::bits / 8, values);
                f(width, i, values);
            });
        }
    }
};

}  // namespace hotrow
