// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cache/geometry.hpp"
#include "config.hpp"
#include "execution/tile.hpp"
#include "statistics.hpp"
#include "storage/generator.hpp"
#include "storage/precision.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>

namespace hotrow {

namespace detail {

/// How many rows ahead the host asks the memory for a row.
inline constexpr std::uint32_t prefetch_distance = 16;

/// The first bad input since the last `check`.
struct BadInput {
    static constexpr std::uint64_t none = ~std::uint64_t{0};
    std::uint64_t position = none;  ///< lookup with an index outside its table
    std::uint64_t bag = none;       ///< bag whose offsets decrease or leave the batch
    std::uint64_t recorded = 0;     ///< 1 when the three below are known
    std::uint64_t table = 0;
    std::uint64_t limit = 0;        ///< rows of that table
    std::int64_t index = 0;
};

}  // namespace detail

/// What kernels read and write besides rows: it lives in the backend's memory, so that captured steps see it change.
template <class OptimizerType>
struct DeviceState {
    std::uint64_t step;                 ///< plans so far; part of every random key
    OptimizerType optimizer;            ///< hyperparameters
    detail::Counts counts;              ///< statistics
    detail::BadInput bad_input;
};

/// Where a row is, as one number: below `slots` a line, from there on `slots + row` a stored row.
/// This view is trivially copyable; kernels take it by value.
template <int Dim, class RowFormatType, class CacheType, class OptimizerType, class RowIdType>
struct EmbeddingView {
    using RowFormat = RowFormatType;
    using Cache = CacheType;
    using Eviction = typename CacheType::Eviction_t;
    using Admission = typename CacheType::Admission_t;
    using Score = typename Eviction::Score;
    using OptimizerPolicy = OptimizerType;
    using RowState = typename OptimizerType::RowState;
    using RowId = RowIdType;
    using Location = RowIdType;
    using Layout = typename RowFormatType::template Layout<Dim>;

    static constexpr int dim = Dim;
    static constexpr int ways = CacheType::ways;
    /// Floats from one line to the next: whole packs.
    static constexpr int line_stride = (Dim + 3) / 4 * 4;
    static constexpr RowId no_row = std::numeric_limits<RowId>::max();        ///< tag of an empty way
    static constexpr Location nowhere = std::numeric_limits<Location>::max(); ///< location of a bad index

    std::byte* stored;
    float* lines;
    RowId* tags;
    Score* scores;
    std::uint8_t* dirty;
    RowState* row_states;
    const std::uint64_t* table_begin;  ///< first linear id of each table, and one past the last
    DeviceState<OptimizerType>* state;
    Geometry<RowId> geometry;
    std::uint64_t seed;
    std::uint32_t tables;

    HOTROW_HD std::uint64_t slots() const { return geometry.sets * static_cast<std::uint64_t>(ways); }
    HOTROW_HD bool is_line(Location location) const { return location < slots(); }
    HOTROW_HD Location stored_location(RowId row) const { return static_cast<Location>(slots() + row); }

    // Addresses: 64-bit before the product, so that tables beyond 2^31 elements are reached.
    HOTROW_HD std::byte* stored_row(std::uint64_t row) const { return stored + row * static_cast<std::uint64_t>(Layout::stride); }
    HOTROW_HD float* line(std::uint64_t slot) const { return lines + slot * static_cast<std::uint64_t>(line_stride); }

    HOTROW_HD RandomKey random_key(std::uint64_t row) const { return {seed, state->step, row}; }

    /// Reads the row at `location` into a lane's elements.
    template <Tile TileType>
    HOTROW_HD void read(const TileType& tile, Location location, float* values) const {
        if (is_line(location)) {
            load_line(tile, location, values);
        } else {
            RowFormat::template decode<Dim>(tile, stored_row(location - slots()), values);
        }
    }

    template <Tile TileType>
    HOTROW_HD void load_line(const TileType& tile, std::uint64_t slot, float* values) const {
        const float* from = line(slot);
        for_each_stretch<Dim>(tile, [&](auto width, int i, int element) {
            detail::load_scalars<decltype(width)::value>(from + element, values + i);
        });
    }

    template <Tile TileType>
    HOTROW_HD void store_line(const TileType& tile, std::uint64_t slot, const float* values) const {
        float* to = line(slot);
        for_each_stretch<Dim>(tile, [&](auto width, int i, int element) {
            detail::store_scalars<decltype(width)::value>(values + i, to + element);
        });
    }

    /// The slot of `row` if it is cached, else `nowhere`: compares the tags of its set.
    template <Tile TileType>
    HOTROW_HD Location probe(const TileType& tile, RowId row) const {
        if (geometry.sets == 0) return nowhere;
        const std::uint64_t base = geometry.set(geometry.key(row)) * static_cast<std::uint64_t>(ways);
        std::uint32_t found = 0;
        for (int way = tile.rank(); way < ways; way += TileType::lanes) {
            found = tags[base + static_cast<std::uint64_t>(way)] == row ? static_cast<std::uint32_t>(way) + 1u : found;
        }
        found = highest(tile, found);
        return found == 0 ? nowhere : static_cast<Location>(base + found - 1u);
    }

    /// Where `row` is now: its line, or its stored row.
    template <Tile TileType>
    HOTROW_HD Location locate(const TileType& tile, RowId row) const {
        const Location slot = probe(tile, row);
        return slot == nowhere ? stored_location(row) : slot;
    }

    /// Asks the memory for a row that will be read soon; the host's hardware cannot guess it.
    HOTROW_HD void prefetch(Location location) const {
#if !defined(__CUDA_ARCH__)
        if (location == nowhere) return;
        const bool cached = is_line(location);
        const char* from = cached ? reinterpret_cast<const char*>(line(location))
                                  : reinterpret_cast<const char*>(stored_row(location - slots()));
        const int bytes = cached ? line_stride * 4 : Layout::stride;
        for (int offset = 0; offset < bytes; offset += 64) __builtin_prefetch(from + offset);
        __builtin_prefetch(from + bytes - 1);
#else
        (void)location;
#endif
    }
};

}  // namespace hotrow
