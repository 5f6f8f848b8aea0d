// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../batch/batch.hpp"
#include "../batch/plan.hpp"
#include "../cache/cache_view.hpp"
#include "../execution/reduction.hpp"
#include "rows.hpp"

#include <cstdint>

namespace hotrow::detail {

/// The location of a lookup, as the plan found it.
template <class RowId>
struct PlannedLocations {
    const RowId* locations;
    std::uint32_t lookups;
    static constexpr bool needs_bag = false;

    template <Tile TileType, Index I>
    HOTROW_HD RowId operator()(const TileType&, const BatchView<I>&, std::uint32_t, std::uint32_t position) const {
        return locations[position];
    }
    template <class Rows, Index I>
    HOTROW_HD void prefetch([[maybe_unused]] const Rows& rows, const BatchView<I>&, std::uint32_t, [[maybe_unused]] std::uint32_t position) const {
#if !defined(__CUDA_ARCH__)
        if (position + prefetch_distance < lookups) rows.prefetch(locations[position + prefetch_distance]);
#endif
    }
};

/// The location of a lookup by its tags, for reading without a plan.
template <class Tags>
struct ProbedLocations {
    Tags tags;
    static constexpr bool needs_bag = true;  // for the table

    template <Tile TileType, Index I>
    HOTROW_HD typename Tags::RowId operator()(const TileType& tile, const BatchView<I>& batch, std::uint32_t bag, std::uint32_t position) const {
        const std::uint32_t table = bag / batch.batch_size;
        const std::uint64_t begin = tags.table_begin[table];
        const std::uint64_t row = static_cast<std::uint64_t>(batch.indices[position]);
        if (row >= tags.table_begin[table + 1u] - begin) return nowhere<typename Tags::RowId>;
        return tags.locate(tile, static_cast<typename Tags::RowId>(begin + row));
    }
    /// Ahead of a probe: the tags of the row's set, and the stored row, which is where a row most likely is.
    template <class Rows, Index I>
    HOTROW_HD void prefetch([[maybe_unused]] const Rows& rows, [[maybe_unused]] const BatchView<I>& batch, [[maybe_unused]] std::uint32_t bag,
                            [[maybe_unused]] std::uint32_t position) const {
#if !defined(__CUDA_ARCH__)
        if (position + prefetch_distance >= batch.lookups) return;
        const std::uint32_t table = bag / batch.batch_size;  // most likely that of the later lookup too
        const std::uint64_t row = tags.table_begin[table] + static_cast<std::uint64_t>(batch.indices[position + prefetch_distance]);
        if (row >= tags.table_begin[table + 1u]) return;
        if (tags.geometry.sets != 0) {
            detail::prefetch(tags.tags + tags.geometry.set(tags.geometry.key(row)) * static_cast<std::uint64_t>(Tags::ways),
                             Tags::ways * static_cast<int>(sizeof(typename Tags::RowId)));
        }
        rows.prefetch_stored(row);
#endif
    }
};

/// sum + weight * row for one lookup.
template <class Rows, Index I, class Locations, Tile TileType>
HOTROW_HD void add_lookup(const TileType& tile, const Rows& rows, const BatchView<I>& batch, const Locations& locations, std::uint32_t bag,
                          std::uint32_t position, float* sum) {
    locations.prefetch(rows, batch, bag, position);
    const auto location = locations(tile, batch, bag, position);
    if (location == nowhere<typename Rows::RowId>) return;
    float values[RowShape<Rows::dim, TileType::lanes>::local];
    rows.read(tile, location, values);
    const float weight = batch.weight(position);
    for_each_element<Rows::dim>(tile, [&](int i, int) { sum[i] = arithmetic::fma(weight, values[i], sum[i]); });
}

/// Sums of the full chunks of long bags, so that a bag of any length keeps many tiles busy. Call i looks after the
/// only full chunk that can start among lookups [i * chunk, (i + 1) * chunk): the one that holds the last of them.
template <class Rows, Index I, class Locations>
struct PoolChunks {
    Rows rows;
    BatchView<I> batch;
    Locations locations;
    float* partial_sums;

    template <Tile TileType>
    HOTROW_HD void operator()(const TileType& tile, std::uint64_t i) const {
        constexpr std::uint32_t chunk = reduction::chunk_length;
        const std::uint32_t last = (static_cast<std::uint32_t>(i) + 1u) * chunk - 1u;
        const std::uint32_t bag = batch.bag_of(last);
        const std::uint32_t begin = batch.begin(bag), end = batch.end(bag);
        if (end <= last || end - begin <= chunk) return;
        const std::uint32_t start = begin + (last - begin) / chunk * chunk;
        if (end - start < chunk) return;
        constexpr int local = RowShape<Rows::dim, TileType::lanes>::local;
        float sum[local];
        HOTROW_UNROLL
        for (int j = 0; j < local; ++j) sum[j] = 0.0f;
        for (std::uint32_t p = start; p < start + chunk; ++p) add_lookup(tile, rows, batch, locations, bag, p, sum);
        store_dense<Rows::dim>(tile, sum, partial_sums, start / chunk);
    }
};

/// Pooled rows: one tile a bag, or a lookup if there is no pooling. Bags longer than a chunk read `PoolChunks`' sums if
/// `partial_sums` is given, and make them themselves if it is null: the same bits.
template <class Rows, Index I, class Scalar, class Locations>
struct PoolBags {
    Rows rows;
    BatchView<I> batch;
    Locations locations;
    const float* partial_sums;
    Scalar* output;

    template <Tile TileType>
    HOTROW_HD void operator()(const TileType& tile, std::uint64_t i) const {
        constexpr int local = RowShape<Rows::dim, TileType::lanes>::local;
        const bool pooled = batch.pooling != Pooling::none;
        const std::uint32_t position = static_cast<std::uint32_t>(i);
        const std::uint32_t bag = pooled ? position : (Locations::needs_bag ? batch.bag_of(position) : 0u);
        const std::uint32_t begin = pooled ? batch.begin(bag) : position;
        const std::uint32_t end = pooled ? batch.end(bag) : position + 1u;
        float total[local];
        reduction::segment_sum<local>(
            begin, end, total, [&](std::uint32_t p, float* sum) { add_lookup(tile, rows, batch, locations, bag, p, sum); },
            [&](std::uint32_t start, float* sum) {
                if (partial_sums == nullptr) return false;
                load_dense<Rows::dim>(tile, partial_sums, start / reduction::chunk_length, sum);
                return true;
            });
        if (batch.pooling == Pooling::mean && end > begin) {
            const float length = static_cast<float>(end - begin);
            for_each_element<Rows::dim>(tile, [&](int j, int) { total[j] = arithmetic::quotient(total[j], length); });
        }
        store_dense<Rows::dim>(tile, total, output, i);
    }
};

}  // namespace hotrow::detail
