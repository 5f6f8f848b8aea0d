// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../batch/batch.hpp"
#include "../batch/plan.hpp"
#include "../cache/cache_view.hpp"
#include "../execution/reduction.hpp"
#include "rows.hpp"

#include <cstdint>

namespace hotrow::detail {

/// The location of a lookup, as the plan found it. Both kinds of locations are for one bag at a time, so that what depends on
/// the bag alone is found once.
template <class RowIdType>
struct PlannedLocations {
    using RowId = RowIdType;
    static constexpr bool needs_bag = false;
    static constexpr bool by_lane = true;  ///< each lane of a tile may ask for another one

    const RowId* locations;
    std::uint32_t lookups;

    template <Index I>
    HOTROW_HD PlannedLocations of_bag(const BatchView<I>&, std::uint32_t) const {
        return *this;
    }
    template <Tile TileType>
    HOTROW_HD RowId operator()(const TileType&, std::uint32_t position) const {
        return locations[position];
    }
    template <class Rows>
    HOTROW_HD HOTROW_INLINE void prefetch([[maybe_unused]] const Rows& rows, [[maybe_unused]] std::uint32_t position) const {
#if !defined(__CUDA_ARCH__)
        prefetch_ahead(position, lookups, [&](std::uint32_t p) HOTROW_INLINE_LAMBDA { rows.prefetch(locations[p]); });
#endif
    }
};

/// The location of a lookup by its tags, for reading without a plan.
template <class Tags>
struct ProbedLocations {
    using RowId = typename Tags::RowId;
    static constexpr bool needs_bag = true;  // for the table

    Tags tags;

    template <Index I>
    struct OfBag {
        static constexpr bool by_lane = false;  // all lanes compare the tags of one set

        Tags tags;
        std::uint64_t begin;  ///< of the bag's table
        std::uint64_t rows;
        const I* indices;
        std::uint32_t lookups;

        template <Tile TileType>
        HOTROW_HD HOTROW_INLINE RowId operator()(const TileType& tile, std::uint32_t position) const {
            const std::uint64_t row = static_cast<std::uint64_t>(indices[position]);
            if (row >= rows) return nowhere<RowId>;
            return tags.locate(tile, static_cast<RowId>(begin + row));
        }
        /// Ahead of a probe: the tags of the row's set, and the stored row, which is where a row most likely is.
        template <class Rows>
        HOTROW_HD HOTROW_INLINE void prefetch([[maybe_unused]] const Rows& to, [[maybe_unused]] std::uint32_t position) const {
#if !defined(__CUDA_ARCH__)
            prefetch_ahead(position, lookups, [&](std::uint32_t p) HOTROW_INLINE_LAMBDA {
                const std::uint64_t row = static_cast<std::uint64_t>(indices[p]);  // most likely of the same table
                if (row >= rows) return;
                if (tags.geometry.sets != 0) {
                    constexpr int bytes = Tags::ways * static_cast<int>(sizeof(RowId));
                    const std::uint64_t set = tags.geometry.set(tags.geometry.key(begin + row));
                    detail::prefetch<bytes, alignment_of_rows(bytes)>(tags.tags + set * static_cast<std::uint64_t>(Tags::ways));
                }
                to.prefetch_stored(begin + row);
            });
#endif
        }
    };

    template <Index I>
    HOTROW_HD OfBag<I> of_bag(const BatchView<I>& batch, std::uint32_t bag) const {
        const std::uint32_t table = bag / batch.batch_size;
        const std::uint64_t begin = tags.table_begin[table];
        return {tags, begin, tags.table_begin[table + 1u] - begin, batch.indices, batch.lookups};
    }
};

/// Where a row is, and what it is multiplied with.
template <class RowId>
struct WeightedLocation {
    RowId location;
    float weight;
};

/// Adds the rows of lookups `begin .. end` of one bag; `locations` are those of the bag.
template <class Rows, Index I, class Locations, Tile TileType>
HOTROW_HD HOTROW_INLINE void add_lookups(const TileType& tile, const Rows& rows, const BatchView<I>& batch, const Locations& locations, std::uint32_t begin,
                                         std::uint32_t end, float* sum) {
    using Item = WeightedLocation<typename Rows::RowId>;
    if constexpr (Locations::by_lane && TileType::lanes > 1) {
        in_turn(
            tile, begin, end,
            [&](std::uint32_t p) {
                return Item{locations(tile, p), batch.weight(p)};
            },
            [&](std::uint32_t, int count, const Item& own) {
                // Most batches have neither weights nor bad indices: no need to look at each.
                const bool plain = batch.weights == nullptr && !tile.any(own.location == nowhere<typename Rows::RowId>);
                if (plain) {
                    HOTROW_UNROLL_BY(2)
                    for (int lane = 0; lane < count; ++lane) rows.add(tile, tile.from(own.location, lane), 1.0f, sum);
                } else {
                    HOTROW_UNROLL_BY(1)
                    for (int lane = 0; lane < count; ++lane) {
                        const Item item = broadcast(tile, own, lane);
                        rows.accumulate(tile, item.location, item.weight, sum);
                    }
                }
            });
    } else {
        for (std::uint32_t p = begin; p < end; ++p) {
            locations.prefetch(rows, p);
            const auto location = locations(tile, p);
            if (location != nowhere<typename Rows::RowId>) rows.add(tile, location, batch.weight(p), sum);
        }
    }
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
        float sum[RowShape<Rows::dim, TileType::lanes>::local] = {};
        add_lookups(tile, rows, batch, locations.of_bag(batch, bag), start, start + chunk, sum);
        store_dense<Rows::dim>(tile, sum, partial_sums, start / chunk);
    }
};

/// Writes the sum of one lookup, 0 + weight * row, to row `i` of the output. Without a weight, as most of a recommender's are, the host writes
/// the row as it is decoded.
template <class Rows, Index I, class Locations, class Scalar, Tile TileType>
HOTROW_HD HOTROW_INLINE void write_lookup(const TileType& tile, const Rows& rows, const BatchView<I>& batch, const Locations& locations, std::uint32_t position,
                                          Scalar* output, std::uint64_t i) {
    if constexpr (TileType::lanes == 1 && Rows::dim % 4 == 0) {
        if (batch.weights == nullptr) {
            locations.prefetch(rows, position);
            const auto location = locations(tile, position);
            if (location != nowhere<typename Rows::RowId>) {
                Scalar* const to = output + i * static_cast<std::uint64_t>(Rows::dim);
                rows.visit(tile, location, [&](auto width, int element, const float* values) HOTROW_INLINE_LAMBDA {
                    constexpr int n = decltype(width)::value;
                    Scalar converted[n];
                    for (int j = 0; j < n; ++j) converted[j] = ScalarCast<Scalar>::from_float(values[j] + 0.0f);  // -0 becomes +0, as in a sum
                    store_scalars<n>(converted, to + element);
                });
                return;
            }
        }
    }
    float sum[RowShape<Rows::dim, TileType::lanes>::local] = {};
    add_lookups(tile, rows, batch, locations, position, position + 1u, sum);
    store_dense<Rows::dim>(tile, sum, output, i);
}

/// Pooled rows: one tile a bag. `Chunks`: bags longer than a chunk read the sums that `PoolChunks` made; without, they make them
/// themselves: the same bits.
template <class Rows, Index I, class Scalar, class Locations, bool Chunks>
struct PoolBags {
    Rows rows;
    BatchView<I> batch;
    Locations locations;
    const float* partial_sums;
    Scalar* output;

    template <Tile TileType>
    HOTROW_HD void operator()(const TileType& tile, std::uint64_t i) const {
        const std::uint32_t bag = static_cast<std::uint32_t>(i);
        const std::uint32_t begin = batch.begin(bag), end = batch.end(bag);
        const auto found = locations.of_bag(batch, bag);
        if (TileType::lanes == 1 && end - begin == 1u) return write_lookup(tile, rows, batch, found, begin, output, i);
        float total[RowShape<Rows::dim, TileType::lanes>::local];
        reduction::segment_sum<RowShape<Rows::dim, TileType::lanes>::local>(
            begin, end, total,
            [&](std::uint32_t from, std::uint32_t to, float* sum) HOTROW_INLINE_LAMBDA { add_lookups(tile, rows, batch, found, from, to, sum); },
            [&](std::uint32_t start, float* sum) {
                if constexpr (Chunks) {
                    load_dense<Rows::dim>(tile, partial_sums, start / reduction::chunk_length, sum);
                } else {
                    add_lookups(tile, rows, batch, found, start, start + reduction::chunk_length, sum);
                }
            });
        if (batch.pooling == Pooling::mean && end > begin) {
            const float length = static_cast<float>(end - begin);
            for_each_element<Rows::dim>(tile, [&](int j, int) { total[j] = arithmetic::quotient(total[j], length); });
        }
        store_dense<Rows::dim>(tile, total, output, i);
    }
};

/// Rows without pooling: a lookup is an output row. A tile serves some neighbours.
template <class Rows, Index I, class Scalar, class Locations>
struct GatherRows {
    template <int Lanes>
    static constexpr int items_a_call = Lanes < 8 ? Lanes : 8;

    Rows rows;
    BatchView<I> batch;
    Locations locations;
    Scalar* output;

    template <Tile TileType>
    HOTROW_HD void operator()(const TileType& tile, std::uint64_t i) const {
        constexpr std::uint32_t items = items_a_call<TileType::lanes>;
        const std::uint32_t first = static_cast<std::uint32_t>(i) * items;
        const std::uint32_t last = batch.lookups - first < items ? batch.lookups : first + items;
        if constexpr (TileType::lanes > 1 && !Locations::needs_bag) {
            using Item = WeightedLocation<typename Rows::RowId>;
            in_turn(
                tile, first, last,
                [&](std::uint32_t p) {
                    return Item{locations(tile, p), batch.weight(p)};
                },
                [&](std::uint32_t begin, int count, const Item& own) {
                    for (int lane = 0; lane < count; ++lane) {
                        float values[RowShape<Rows::dim, TileType::lanes>::local] = {};
                        const Item item = broadcast(tile, own, lane);
                        rows.accumulate(tile, item.location, item.weight, values);
                        store_dense<Rows::dim>(tile, values, output, begin + static_cast<std::uint32_t>(lane));
                    }
                });
        } else {
            for (std::uint32_t p = first; p < last; ++p) {
                const auto found = locations.of_bag(batch, Locations::needs_bag ? batch.bag_of(p) : 0u);
                write_lookup(tile, rows, batch, found, p, output, p);
            }
        }
    }
};

}  // namespace hotrow::detail
