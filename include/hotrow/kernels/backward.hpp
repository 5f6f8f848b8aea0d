// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../batch/batch.hpp"
#include "../batch/plan.hpp"
#include "../execution/reduction.hpp"
#include "../optimizer/states_view.hpp"
#include "../statistics.hpp"
#include "forward.hpp"
#include "rows.hpp"
#include "update.hpp"

#include <cstdint>

namespace hotrow::detail {

/// The gradients of one unique row: those of the output rows that it went into.
template <int Dim, class RowId, Index I, class Scalar>
struct RunGradients {
    static constexpr int dim = Dim;

    BatchView<I> batch;
    PlanView<RowId> plan;
    const Scalar* gradients;

    /// An output row, and d output / d row of the lookup that went into it.
    struct Share {
        std::uint32_t row;
        float factor;
    };

    /// Adds the gradients of the lookups behind sorted keys `begin .. end`, each times its factor.
    template <Tile TileType>
    HOTROW_HD HOTROW_INLINE void add(const TileType& tile, std::uint32_t begin, std::uint32_t end, float* sum) const {
        if constexpr (TileType::lanes == 1) {
            for (std::uint32_t i = begin; i < end; ++i) {
                prefetch(i);
                add(tile, share(i), sum);
            }
        } else {
            in_turn(
                tile, begin, end, [&](std::uint32_t i) { return share(i); },
                [&](std::uint32_t, int count, const Share& own) {
                    HOTROW_UNROLL_BY(2)
                    for (int lane = 0; lane < count; ++lane) add(tile, broadcast(tile, own, lane), sum);
                });
        }
    }
    template <Tile TileType>
    HOTROW_HD HOTROW_INLINE void add(const TileType& tile, const Share& one, float* sum) const {
        visit_dense<Dim>(tile, gradients, one.row, [&](auto width, int j, const float* gradient) HOTROW_INLINE_LAMBDA {
            HOTROW_UNROLL
            for (int k = 0; k < decltype(width)::value; ++k) sum[j + k] = arithmetic::fma(one.factor, gradient[k], sum[j + k]);
        });
    }

    /// That of sorted key `i`.
    HOTROW_HD HOTROW_INLINE Share share(std::uint32_t i) const {
        const std::uint32_t position = plan.positions[i];
        const float weight = batch.weight(position);
        if (batch.pooling == Pooling::none) return {position, weight};
        const std::uint32_t bag = plan.bags[position];
        if (batch.pooling == Pooling::sum) return {bag, weight};
        return {bag, arithmetic::quotient(weight, static_cast<float>(batch.end(bag) - batch.begin(bag)))};
    }

    /// Asks for a gradient that is needed soon after that of sorted key `i`.
    HOTROW_HD HOTROW_INLINE void prefetch(std::uint32_t i) const {
#if !defined(__CUDA_ARCH__)
        prefetch_ahead(i, plan.lookups, [&](std::uint32_t p) HOTROW_INLINE_LAMBDA {
            const std::uint32_t position = plan.positions[p];
            const std::uint64_t row = batch.pooling == Pooling::none ? position : plan.bags[position];
            constexpr int bytes = Dim * static_cast<int>(sizeof(Scalar));
            detail::prefetch<bytes, 16>(gradients + row * static_cast<std::uint64_t>(Dim));
        });
#else
        (void)i;
#endif
    }
};

/// Sums of the full chunks of long runs (hot rows); the counterpart of `PoolChunks`.
template <class Gradients>
struct SumGradientChunks {
    Gradients source;

    template <Tile TileType>
    HOTROW_HD void operator()(const TileType& tile, std::uint64_t i) const {
        constexpr std::uint32_t chunk = reduction::chunk_length;
        const auto& plan = source.plan;
        const std::uint32_t last = (static_cast<std::uint32_t>(i) + 1u) * chunk - 1u;
        const std::uint32_t run = plan.run_of[last];
        const std::uint32_t begin = plan.run_begin[run], end = plan.run_begin[run + 1u];
        if (end - begin <= chunk) return;
        const std::uint32_t start = begin + (last - begin) / chunk * chunk;
        if (end - start < chunk) return;
        constexpr int local = RowShape<Gradients::dim, TileType::lanes>::local;
        float sum[local];
        HOTROW_UNROLL
        for (int j = 0; j < local; ++j) sum[j] = 0.0f;
        source.add(tile, start, start + chunk, sum);
        store_dense<Gradients::dim>(tile, sum, plan.partial_sums, start / chunk);
    }
};

/// Exact update of unique rows: sums a row's gradients, takes one optimizer step in FP32, and writes the line
/// (now dirty) or encodes the stored row. A result that is not finite is rejected: row and state stay as they were.
///
/// `RowLanes` of a warp's lanes share a row. A warp serves some neighbouring runs: each lane finds out about one, and then the tiles of the warp take
/// rows of one kind at the same time, so that no tile waits while others go another way.
template <class Rows, class States, class OptimizerType, class Gradients, int RowLanes>
struct UpdateRows {
    template <int Lanes>
    static constexpr int items_a_call = Lanes;

    TablesView<typename Rows::RowId> tables;
    Rows rows;
    std::uint8_t* flags;
    States states;
    const OptimizerType* optimizer;
    Gradients source;

    template <Tile TileType>
    HOTROW_HD HOTROW_INLINE void operator()(const TileType& tile, std::uint64_t index, Counts counts) const {
        if constexpr (TileType::lanes == 1) {
            const std::uint32_t run = static_cast<std::uint32_t>(index);
            prefetch(run);
            if (source.plan.run_location[run] != nowhere<RowId>) update(tile, run_at(run), *source.plan.step, counts);
        } else {
            const std::uint32_t first = static_cast<std::uint32_t>(index) * static_cast<std::uint32_t>(TileType::lanes);
            const std::uint32_t left = *source.plan.run_count - first;
            const std::uint32_t lane = static_cast<std::uint32_t>(tile.rank());
            const std::uint64_t step = *source.plan.step;
            const bool ours = lane < left;
            const Run own = run_at(first + (ours ? lane : 0u));
            const bool needs = ours && own.location != nowhere<RowId>;
            const bool cached = !Rows::stored_as_lines && rows.is_line(own.location);
            const bool single = own.end - own.begin == 1u;
            HOTROW_UNROLL_BY(1)
            for (int kind = 0; kind < (Rows::stored_as_lines ? 2 : 4); ++kind) {
                const bool is_of_kind = needs && single == (kind % 2 == 0) && cached == (kind / 2 != 0);
                tile.template share_out<RowLanes>(is_of_kind, [&](const auto& part, int from, bool takes) {
                    const Run run = broadcast(tile, own, from);
                    if (takes) update(part, run, step, counts);
                });
            }
        }
    }

private:
    using RowId = typename Rows::RowId;

    /// A unique row and the lookups that it had.
    struct Run {
        RowId location;
        RowId row;
        std::uint32_t begin;  ///< its sorted keys
        std::uint32_t end;
        typename Gradients::Share first;
    };
    HOTROW_HD HOTROW_INLINE Run run_at(std::uint32_t run) const {
        const auto& plan = source.plan;
        const std::uint32_t begin = plan.run_begin[run];
        const RowId location = plan.run_location[run];
        return {location, row_of(location, begin), begin, plan.run_begin[run + 1u], source.share(begin)};
    }
    /// The location of a stored row says which it is; the key of a cached one has to be unmixed.
    HOTROW_HD HOTROW_INLINE RowId row_of(RowId location, std::uint32_t begin) const {
        return rows.is_line(location) ? static_cast<RowId>(tables.geometry.row(source.plan.keys[begin])) : rows.row_of(location);
    }

    template <Tile TileType>
    HOTROW_HD HOTROW_INLINE void update(const TileType& tile, const Run& run, std::uint64_t step, Counts counts) const {
        constexpr int local = RowShape<Rows::dim, TileType::lanes>::local;
        float gradient[local];
        sum_gradients<local>(tile, run, gradient);
        const bool taken = update_row(tile, tables, rows, flags, states, *optimizer, run.location, run.row, gradient, step);
        if (!taken && tile.rank() == 0) counts.add(tables.table_of(run.row), rejected_updates);
    }

    template <int Local, Tile TileType>
    HOTROW_HD HOTROW_INLINE void sum_gradients(const TileType& tile, const Run& run, float* gradient) const {
        if (run.end - run.begin == 1u) {  // most rows
            HOTROW_UNROLL
            for (int j = 0; j < Local; ++j) gradient[j] = 0.0f;
            source.prefetch(run.begin);
            source.add(tile, run.first, gradient);
            return;
        }
        reduction::segment_sum<Local>(
            run.begin, run.end, gradient, [&](std::uint32_t from, std::uint32_t to, float* sum) HOTROW_INLINE_LAMBDA { source.add(tile, from, to, sum); },
            [&](std::uint32_t start, float* sum) { load_dense<Rows::dim>(tile, source.plan.partial_sums, start / reduction::chunk_length, sum); });
    }

    HOTROW_HD HOTROW_INLINE void prefetch(std::uint32_t run) const {
#if !defined(__CUDA_ARCH__)
        const auto& plan = source.plan;
        prefetch_ahead(run, *plan.run_count, [&](std::uint32_t r) HOTROW_INLINE_LAMBDA {
            const RowId location = plan.run_location[r];
            if (location == nowhere<RowId>) return;  // no address is made of it
            rows.prefetch(location);
            if constexpr (States::are_in_lines) {  // a record is asked for as a whole
                if (rows.is_line(location)) states.prefetch_states(states.of_line(location));
            } else if constexpr (States::keeps_row_states || States::keeps_elements) {
                states.prefetch_states(states.of_row(row_of(location, plan.run_begin[r])));
            }
        });
#else
        (void)run;
#endif
    }
};

}  // namespace hotrow::detail
