// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../config.hpp"

#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace hotrow {

/// A *tile* is the group of threads that share one row. On CUDA it is a power of two of lanes of a warp; on the
/// host it is a single lane whose loops vectorise. Row code is written once, over this concept.
template <class T>
concept Tile = requires(const T& tile, float value, std::uint64_t key, bool flag) {
    { T::lanes } -> std::convertible_to<int>;
    { tile.rank() } -> std::convertible_to<int>;
    { tile.exchange(value, 1) } -> std::same_as<float>;  // the value of lane rank ^ 1
    { tile.exchange(key, 1) } -> std::same_as<std::uint64_t>;
    { tile.any(flag) } -> std::same_as<bool>;
    { tile.from(key, 1) } -> std::same_as<std::uint64_t>;  // the value of lane 1, on every lane
    tile.sync();
};

/// The tile of the host: one thread.
struct SingleLane {
    static constexpr int lanes = 1;
    HOTROW_HD static constexpr int rank() { return 0; }
    template <class T>
    HOTROW_HD static constexpr T exchange(T value, int) {
        return value;
    }
    template <class T>
    HOTROW_HD static constexpr T from(T value, int) {
        return value;
    }
    HOTROW_HD static constexpr bool any(bool flag) { return flag; }
    /// Bit l is the flag of lane l. Walks of sets need it besides what is asked of every tile.
    HOTROW_HD static constexpr std::uint32_t ballot(bool flag) { return flag ? 1u : 0u; }
    HOTROW_HD static constexpr void sync() {}
};

/// The smallest value of a group of `Lanes` neighbouring lanes, on each of them.
template <int Lanes, class T, Tile TileType>
HOTROW_HD T lowest_of(const TileType& tile, T value) {
    if constexpr (Lanes == TileType::lanes && std::unsigned_integral<T> && requires { tile.lowest(value); }) {
        return tile.lowest(value);
    } else {
        HOTROW_UNROLL
        for (int mask = Lanes / 2; mask > 0; mask /= 2) {
            const T other = tile.exchange(value, mask);
            value = other < value ? other : value;
        }
        return value;
    }
}

/// The largest value of a group of `Lanes` neighbouring lanes, on each of them.
template <int Lanes, class T, Tile TileType>
HOTROW_HD T highest_of(const TileType& tile, T value) {
    if constexpr (std::unsigned_integral<T>) {
        return static_cast<T>(~lowest_of<Lanes>(tile, static_cast<T>(~value)));
    } else {
        return -lowest_of<Lanes>(tile, -value);
    }
}

/// The smallest and the largest value of any lane, on every lane.
template <class T, Tile TileType>
HOTROW_HD T lowest(const TileType& tile, T value) {
    return lowest_of<TileType::lanes>(tile, value);
}
/// See `lowest`.
template <class T, Tile TileType>
HOTROW_HD T highest(const TileType& tile, T value) {
    return highest_of<TileType::lanes>(tile, value);
}

/// How the elements of a row are spread over the lanes of a tile.
///
/// A row is cut in *packs* of four elements; lane `l` owns the packs `l, l + lanes, l + 2 lanes, ...`, so that a tile
/// reads consecutive packs together. A lane keeps its elements in an array; local element `i` is row element
/// `element(rank, i)`. With one lane that is the identity, and loops over the array vectorise.
template <int Dim, int Lanes>
struct RowShape {
    static constexpr int pack = 4;
    static constexpr int packs = (Dim + pack - 1) / pack;
    /// The next power of two, over which sums are halved.
    static constexpr int padded_packs = static_cast<int>(std::bit_ceil(static_cast<unsigned>(packs)));
    static constexpr int local_packs = (packs + Lanes - 1) / Lanes;
    static constexpr int local = local_packs * pack;
    /// Every local element of every lane is an element of the row: no tests needed.
    static constexpr bool exact = Dim % (pack * Lanes) == 0;

    HOTROW_HD static constexpr int element(int rank, int i) { return pack * ((i / pack) * Lanes + rank) + i % pack; }
};

/// Calls `f(i, element)` for each local element of this lane.
template <int Dim, Tile TileType, class F>
HOTROW_HD HOTROW_INLINE void for_each_element(const TileType& tile, F&& f) {
    using Shape = RowShape<Dim, TileType::lanes>;
    if constexpr (TileType::lanes == 1) {
        for (int i = 0; i < Dim; ++i) f(i, i);
    } else {
        HOTROW_UNROLL
        for (int i = 0; i < Shape::local; ++i) {
            const int element = Shape::element(tile.rank(), i);
            if (Shape::exact || element < Dim) f(i, element);
        }
    }
}

/// Calls `f(width, i, element)` for each stretch of consecutive elements that this lane owns: whole packs, the padding
/// of the last one included. `width` is a `std::integral_constant`: the whole row on the host, one pack on the device.
template <int Dim, Tile TileType, class F>
HOTROW_HD HOTROW_INLINE void for_each_stretch(const TileType& tile, F&& f) {
    using Shape = RowShape<Dim, TileType::lanes>;
    if constexpr (TileType::lanes == 1) {
        f(std::integral_constant<int, Shape::packs * Shape::pack>{}, 0, 0);
    } else {
        HOTROW_UNROLL
        for (int p = 0; p < Shape::local_packs; ++p) {
            const int pack_index = p * TileType::lanes + tile.rank();
            if (Shape::packs % TileType::lanes == 0 || pack_index < Shape::packs) {
                f(std::integral_constant<int, Shape::pack>{}, p * Shape::pack, pack_index * Shape::pack);
            }
        }
    }
}

namespace detail {

/// A value of one lane, on every lane: words of 32 bits, whatever they stand for.
template <class T, Tile TileType>
HOTROW_HD HOTROW_INLINE T broadcast(const TileType& tile, const T& value, int lane) {
    static_assert(std::is_trivially_copyable_v<T> && sizeof(T) % 4 == 0);
    if constexpr (TileType::lanes == 1) {
        return value;
    } else {
        std::uint32_t words[sizeof(T) / 4];
        std::memcpy(words, &value, sizeof(T));
        HOTROW_UNROLL
        for (std::uint32_t& word : words) word = tile.from(word, lane);
        T result;
        std::memcpy(&result, words, sizeof(T));
        return result;
    }
}

/// For the positions `begin .. end`: the lanes of a tile fetch as many items at once, so that what is the same for all lanes is neither loaded
/// nor computed by each. Then `use(first, count, item)` is called with this lane's item; those of the first `count` lanes are the items of positions
/// `first, first + 1, ...`.
template <Tile TileType, class Fetch, class Use>
HOTROW_HD HOTROW_INLINE void in_turn(const TileType& tile, std::uint32_t begin, std::uint32_t end, Fetch&& fetch, Use&& use) {
    constexpr std::uint32_t lanes = static_cast<std::uint32_t>(TileType::lanes);
    for (std::uint32_t first = begin; first < end; first += lanes) {
        const std::uint32_t own = first + static_cast<std::uint32_t>(tile.rank());
        use(first, static_cast<int>(end - first < lanes ? end - first : lanes), fetch(own < end ? own : first));
    }
}

/// Items that one call of a body serves: one, or what the body says.
template <class Body, int Lanes>
inline constexpr std::uint32_t items_a_call = 1;
template <class Body, int Lanes>
    requires requires { Body::template items_a_call<Lanes>; }
inline constexpr std::uint32_t items_a_call<Body, Lanes> = static_cast<std::uint32_t>(Body::template items_a_call<Lanes>);

/// Puts the stretches that a `visit` shows into a lane's elements.
struct CopyTo {
    float* to;
    template <class Width>
    HOTROW_HD HOTROW_INLINE void operator()(Width, int i, const float* values) const {
        HOTROW_UNROLL
        for (int j = 0; j < Width::value; ++j) to[i + j] = values[j];
    }
};

}  // namespace detail

/// Lanes of the tile that serves one row of `Dim` elements on a device: about four packs a lane, so that a lane has
/// several loads in flight and the address work of a row is done by few lanes.
template <int Dim>
constexpr int row_lanes() {
    constexpr int packs = static_cast<int>(std::bit_ceil(static_cast<unsigned>((Dim + 3) / 4)));
    if (packs <= 4) return packs;
    return packs / 4 < 4 ? 4 : (packs / 4 > 32 ? 32 : packs / 4);
}

}  // namespace hotrow
