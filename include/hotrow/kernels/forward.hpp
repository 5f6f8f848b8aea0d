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

/// sum + weight * row for one lookup; `locations` are those of its bag.
template <class Rows, Index I, class Locations, Tile TileType>
HOTROW_HD HOTROW_INLINE void add_lookup(const TileType& tile, const Rows& rows, const BatchView<I>& batch, const Locations& locations,
                                        std::uint32_t position, float* sum) {
    locations.prefetch(rows, position);
    const auto location = locations(tile, position);
    if (location == nowhere<typename Rows::RowId>) return;
    rows.accumulate(tile, location, batch.weight(position), sum);
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
        const auto found = locations.of_bag(batch, bag);
        for (std::uint32_t p = start; p < start + chunk; ++p) add_lookup(tile, rows, batch, found, p, sum);
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
        const auto found = locations.of_bag(batch, bag);
        if constexpr (TileType::lanes == 1 && Rows::dim % 4 == 0) {
            if (end - begin == 1u && batch.weights == nullptr && copy_row(tile, found, begin, i)) return;
        }
        float total[local];
        reduction::segment_sum<local>(
            begin, end, total, [&](std::uint32_t p, float* sum) HOTROW_INLINE_LAMBDA { add_lookup(tile, rows, batch, found, p, sum); },
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

private:
    /// A bag of one row without a weight, as most of a recommender's are: the sum 0 + 1 * row goes to the output as it is decoded.
    template <Tile TileType, class Found>
    HOTROW_HD HOTROW_INLINE bool copy_row(const TileType& tile, const Found& found, std::uint32_t position, std::uint64_t i) const {
        found.prefetch(rows, position);
        const auto location = found(tile, position);
        if (location == nowhere<typename Rows::RowId>) return false;
        Scalar* const to = output + i * static_cast<std::uint64_t>(Rows::dim);
        rows.visit(tile, location, [&](auto width, int element, const float* values) HOTROW_INLINE_LAMBDA {
            constexpr int n = decltype(width)::value;
            Scalar converted[n];
            for (int j = 0; j < n; ++j) converted[j] = ScalarCast<Scalar>::from_float(values[j] + 0.0f);  // -0 becomes +0, as in a sum
            store_scalars<n>(converted, to + element);
        });
        return true;
    }
};

}  // namespace hotrow::detail
