// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../config.hpp"
#include "../execution/tile.hpp"
#include "../storage/generator.hpp"

#include <cstddef>
#include <cstdint>
#include <tuple>
#include <utility>

namespace hotrow {

/// What an optimizer keeps for each element of a row: one row of values for each of `RowFormats`, stored as embedding rows are. The
/// format is the state's precision: `RowFormat<Fp32, Cast>`, `RowFormat<Bf16, Cast, Stochastic<>>`, `RowFormat<Fp8E4M3, BlockScaled<32>,
/// Stochastic<>>`, ... A *record* holds them all for one row.
template <class... RowFormats>
struct ElementStates {
    static constexpr int count = static_cast<int>(sizeof...(RowFormats));
    template <int K>
    using Format = std::tuple_element_t<K, std::tuple<RowFormats...>>;

    /// Byte layout of a record: the stored rows one after the other, each aligned as its format wants.
    template <int Dim>
    struct Layout {
        static constexpr int alignment = [] {
            int most = 1;
            ((most = RowFormats::template Layout<Dim>::alignment > most ? RowFormats::template Layout<Dim>::alignment : most), ...);
            return most;
        }();
        template <int K>
        static constexpr int offset = [] {
            int at = 0, k = 0;
            [[maybe_unused]] const auto place = [&](int align, int bytes) {
                if (k > K) return;
                at = (at + align - 1) / align * align;
                if (k++ < K) at += bytes;
            };
            (place(RowFormats::template Layout<Dim>::alignment, RowFormats::template Layout<Dim>::stride), ...);
            return at;
        }();
        /// Bytes from one record to the next.
        static constexpr int stride = [] {
            int at = 0;
            [[maybe_unused]] const auto place = [&](int align, int bytes) { at = (at + align - 1) / align * align + bytes; };
            (place(RowFormats::template Layout<Dim>::alignment, RowFormats::template Layout<Dim>::stride), ...);
            return (at + alignment - 1) / alignment * alignment;
        }();
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

    /// The random bits of each row are its own, and none of the embedding row's.
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
    HOTROW_HD static RandomKey key_of(const RandomKey& key, int k) {
        return {key.seed ^ (0xA0761D6478BD642Full * (static_cast<std::uint64_t>(k) + 1u)), key.step, key.row};
    }

    template <int Dim, Tile TileType, class V, int... K>
    HOTROW_HD HOTROW_INLINE static void load_each(const TileType& tile, const std::byte* record, V& values, std::integer_sequence<int, K...>) {
        (Format<K>::template decode<Dim>(tile, record + Layout<Dim>::template offset<K>, values[K]), ...);
    }
    template <int Dim, Tile TileType, class V, int... K>
    HOTROW_HD HOTROW_INLINE static void store_each(const TileType& tile, const V& values, std::byte* record, const RandomKey& key, std::integer_sequence<int, K...>) {
        (Format<K>::template encode<Dim>(tile, values[K], record + Layout<Dim>::template offset<K>, key_of(key, K)), ...);
    }
    template <int Dim, Tile TileType, class V, int... K>
    HOTROW_HD static void initialise_each(const TileType& tile, const V& values, std::byte* record, const RandomKey& key, std::integer_sequence<int, K...>) {
        (Format<K>::template initialise<Dim>(tile, values[K], record + Layout<Dim>::template offset<K>, key_of(key, K)), ...);
    }
    template <int Dim, Tile TileType, class V, int... K>
    HOTROW_HD HOTROW_INLINE static bool is_finite_each(const TileType& tile, const V& values, std::integer_sequence<int, K...>) {
        return (Format<K>::template is_finite<Dim>(tile, values[K]) && ... && true);
    }
};

}  // namespace hotrow
