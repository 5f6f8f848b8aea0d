// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../config.hpp"
#include "../execution/tile.hpp"
#include "../storage/generator.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <tuple>
#include <utility>

namespace hotrow {

namespace detail {

/// The random bits of each state are its own, and none of the embedding row's, which has `key`.
HOTROW_HD inline RandomKey state_key(const RandomKey& key, int state) {
    return {key.seed ^ (0xA0761D6478BD642Full * (static_cast<std::uint64_t>(state) + 1u)), key.step, key.row};
}
/// Stands for the number that a row-wise optimizer keeps; no optimizer has as many states an element.
inline constexpr int row_number_state = 255;

}  // namespace detail

/// What an optimizer keeps for each element of a row: one row of values for each of `RowFormats`, stored as embedding rows are. The
/// format is the state's precision; optimizer/state_formats.hpp has some that suit. They lie one after the other, together *element states* of the row.
template <class... RowFormats>
struct ElementStates {
    static constexpr int count = static_cast<int>(sizeof...(RowFormats));
    template <int K>
    using Format = std::tuple_element_t<K, std::tuple<RowFormats...>>;

    /// Byte layout of a row's element states: the stored rows one after the other, each aligned as its format wants.
    template <int Dim>
    struct Layout {
        static constexpr int alignment = std::max({1, RowFormats::template Layout<Dim>::alignment...});
        /// Where the row of state K is.
        template <int K>
        static constexpr int offset = [] {
            constexpr int alignments[] = {RowFormats::template Layout<Dim>::alignment..., alignment};
            constexpr int bytes[] = {RowFormats::template Layout<Dim>::stride..., 0};
            int at = 0;
            for (int k = 0; k <= K; ++k) at = (at + (k > 0 ? bytes[k - 1] : 0) + alignments[k] - 1) / alignments[k] * alignments[k];
            return at;
        }();
        /// Bytes of them all.
        static constexpr int stride = offset<count>;
    };

    /// A lane's elements of all rows of a record.
    template <int Local>
    struct Values {
        float rows[count > 0 ? count : 1][Local];
        HOTROW_HD float* operator[](int k) { return rows[k]; }
        HOTROW_HD const float* operator[](int k) const { return rows[k]; }
    };

    template <int Dim, Tile TileType, class V>
    HOTROW_HD HOTROW_INLINE static void load(const TileType& tile, const std::byte* record, V& values) {
        load_each<Dim>(tile, record, values, std::make_integer_sequence<int, count>{});
    }

    /// `key` is that of the embedding row.
    template <int Dim, Tile TileType, class V>
    HOTROW_HD HOTROW_INLINE static void store(const TileType& tile, const V& values, std::byte* record, const RandomKey& key) {
        store_each<Dim>(tile, values, record, key, std::make_integer_sequence<int, count>{});
    }

    /// The same for memory that holds no record yet.
    template <int Dim, Tile TileType, class V>
    HOTROW_HD static void initialise(const TileType& tile, const V& values, std::byte* record, const RandomKey& key) {
        initialise_each<Dim>(tile, values, record, key, std::make_integer_sequence<int, count>{});
    }

    template <int Dim, Tile TileType, class V>
    HOTROW_HD HOTROW_INLINE static bool is_finite(const TileType& tile, const V& values) {
        return is_finite_each<Dim>(tile, values, std::make_integer_sequence<int, count>{});
    }

private:
    template <int Dim, Tile TileType, class V, int... K>
    HOTROW_HD HOTROW_INLINE static void load_each(const TileType& tile, const std::byte* record, V& values, std::integer_sequence<int, K...>) {
        (Format<K>::template decode<Dim>(tile, record + Layout<Dim>::template offset<K>, values[K]), ...);
    }
    template <int Dim, Tile TileType, class V, int... K>
    HOTROW_HD HOTROW_INLINE static void store_each(const TileType& tile, const V& values, std::byte* record, const RandomKey& key,
                                                   std::integer_sequence<int, K...>) {
        (Format<K>::template encode<Dim>(tile, values[K], record + Layout<Dim>::template offset<K>, detail::state_key(key, K)), ...);
    }
    template <int Dim, Tile TileType, class V, int... K>
    HOTROW_HD static void initialise_each(const TileType& tile, const V& values, std::byte* record, const RandomKey& key, std::integer_sequence<int, K...>) {
        (Format<K>::template initialise<Dim>(tile, values[K], record + Layout<Dim>::template offset<K>, detail::state_key(key, K)), ...);
    }
    template <int Dim, Tile TileType, class V, int... K>
    HOTROW_HD HOTROW_INLINE static bool is_finite_each(const TileType& tile, const V& values, std::integer_sequence<int, K...>) {
        return (Format<K>::template is_finite<Dim>(tile, values[K]) && ... && true);
    }
};

namespace detail {

template <class T>
inline constexpr bool is_element_states = false;
template <class... RowFormats>
inline constexpr bool is_element_states<ElementStates<RowFormats...>> = true;

}  // namespace detail

}  // namespace hotrow
