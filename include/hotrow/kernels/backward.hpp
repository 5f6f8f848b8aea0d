// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../batch/batch.hpp"
#include "../batch/plan.hpp"
#include "../execution/reduction.hpp"
#include "../statistics.hpp"
#include "forward.hpp"
#include "rows.hpp"
#include "update.hpp"

#include <cstdint>
#include <type_traits>

namespace hotrow::detail {

/// The gradients of one unique row: those of the output rows that it went into.
template <int Dim, class RowId, Index I, class Scalar>
struct RunGradients {
    static constexpr int dim = Dim;

    BatchView<I> batch;
    PlanView<RowId> plan;
    const Scalar* gradients;

    /// sum + d output / d row * gradient, for the lookup behind sorted key `i`.
    template <Tile TileType>
    HOTROW_HD HOTROW_INLINE void add(const TileType& tile, std::uint32_t i, float* sum) const {
        const std::uint32_t position = plan.positions[i];
        float factor = batch.weight(position);
        std::uint64_t row = position;
        if (batch.pooling != Pooling::none) {
            const std::uint32_t bag = plan.bags[position];
            row = bag;
            if (batch.pooling == Pooling::mean) {
                factor = arithmetic::quotient(factor, static_cast<float>(batch.end(bag) - batch.begin(bag)));
            }
        }
        visit_dense<Dim>(tile, gradients, row, [&](auto width, int j, const float* gradient) HOTROW_INLINE_LAMBDA {
            HOTROW_UNROLL
            for (int k = 0; k < decltype(width)::value; ++k) sum[j + k] = arithmetic::fma(factor, gradient[k], sum[j + k]);
        });
    }

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
        for (std::uint32_t k = start; k < start + chunk; ++k) source.add(tile, k, sum);
        store_dense<Gradients::dim>(tile, sum, plan.partial_sums, start / chunk);
    }
};

/// Exact update: one tile a unique row. Sums the row's gradients, and updates it by the sum.
template <class Rows, class OptimizerType, class Gradients>
struct UpdateRows {
    TablesView<typename Rows::RowId> tables;
    Rows rows;
    std::uint8_t* flags;
    typename OptimizerType::RowState* row_states;
    const OptimizerType* optimizer;
    Gradients source;

    template <Tile TileType>
    HOTROW_HD HOTROW_INLINE void operator()(const TileType& tile, std::uint64_t index, Counts counts) const {
        constexpr int local = RowShape<Rows::dim, TileType::lanes>::local;
        const auto& plan = source.plan;
        const std::uint32_t run = static_cast<std::uint32_t>(index);
        prefetch(run);
        const auto location = plan.run_location[run];
        if (location == nowhere<typename Rows::RowId>) return;
        float gradient[local];
        sum_gradients<local>(tile, run, gradient);

        const std::uint64_t row = row_of(run);
        const bool taken = update_row(tile, tables, rows, flags, row_states, *optimizer, location, row, gradient, *plan.step);
        if (!taken && tile.rank() == 0) counts.add(tables.table_of(row), rejected_updates);
    }

private:
    template <int Local, Tile TileType>
    HOTROW_HD HOTROW_INLINE void sum_gradients(const TileType& tile, std::uint32_t run, float* gradient) const {
        const auto& plan = source.plan;
        const std::uint32_t begin = plan.run_begin[run], end = plan.run_begin[run + 1u];
        const auto add = [&](std::uint32_t i, float* sum) HOTROW_INLINE_LAMBDA {
            source.prefetch(i);
            source.add(tile, i, sum);
        };
        if (TileType::lanes == 1 && end - begin == 1u) {  // most rows, in straight code
            HOTROW_UNROLL
            for (int j = 0; j < Local; ++j) gradient[j] = 0.0f;
            add(begin, gradient);
            return;
        }
        reduction::segment_sum<Local>(begin, end, gradient, add, [&](std::uint32_t start, float* sum) {
            load_dense<Rows::dim>(tile, plan.partial_sums, start / reduction::chunk_length, sum);
            return true;
        });
    }

    static constexpr bool keeps_state = !std::is_empty_v<typename OptimizerType::RowState>;

    /// The location of a stored row says which it is; the key of a cached one has to be unmixed.
    HOTROW_HD HOTROW_INLINE std::uint64_t row_of(std::uint32_t run) const {
        const auto& plan = source.plan;
        const auto location = plan.run_location[run];
        return rows.is_line(location) ? tables.geometry.row(plan.keys[plan.run_begin[run]]) : location - rows.line_count;
    }

    HOTROW_HD HOTROW_INLINE void prefetch(std::uint32_t run) const {
#if !defined(__CUDA_ARCH__)
        const auto& plan = source.plan;
        prefetch_ahead(run, *plan.run_count, [&](std::uint32_t r) HOTROW_INLINE_LAMBDA {
            rows.prefetch(plan.run_location[r]);
            if constexpr (keeps_state) detail::prefetch(row_states + row_of(r));
        });
#else
        (void)run;
#endif
    }
};

}  // namespace hotrow::detail
