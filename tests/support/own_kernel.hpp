// SPDX-License-Identifier: Apache-2.0
// A lookup and an update as a user would write them, from `view()` and `plan_view` alone. They must do what forward and
// backward do, to the byte.
#pragma once

#include <hotrow/hotrow.hpp>

#include <cstdint>

namespace hotrow::test {

/// One tile an output row. The locations come from the plan or, with `asks_tags`, from the tags.
template <class View, Index I>
struct OwnForward {
    View view;
    PlanView<typename View::RowId> plan;
    BatchView<I> batch;
    bool asks_tags;
    float* output;

    template <Tile TileType>
    HOTROW_HD void operator()(const TileType& tile, std::uint32_t i) const {
        const bool pooled = batch.pooling != Pooling::none;
        const std::uint32_t begin = pooled ? batch.begin(i) : i, end = pooled ? batch.end(i) : i + 1u;
        constexpr int local = RowShape<View::dim, TileType::lanes>::local;
        float sum[local];
        reduction::segment_sum<local>(
            begin, end, sum, [&](std::uint32_t position, float* part) { view.accumulate(tile, location(tile, position), batch.weight(position), part); });
        if (batch.pooling == Pooling::mean && end > begin) {
            for_each_element<View::dim>(tile, [&](int j, int) { sum[j] = arithmetic::quotient(sum[j], static_cast<float>(end - begin)); });
        }
        store_dense<View::dim>(tile, sum, output, i);
    }

private:
    template <Tile TileType>
    HOTROW_HD typename View::Location location(const TileType& tile, std::uint32_t position) const {
        if (!asks_tags) return plan.locations[position];
        const std::uint32_t table = plan.bags[position] / batch.batch_size;
        return view.locate(tile, view.row_id(table, static_cast<std::int64_t>(batch.indices[position])));
    }
};

/// One tile a unique row. `taken` gets one value a run, whether the row took its update.
template <class View, Index I>
struct OwnBackward {
    View view;
    PlanView<typename View::RowId> plan;
    BatchView<I> batch;
    const float* gradient;
    std::uint8_t* taken;

    template <Tile TileType>
    HOTROW_HD void operator()(const TileType& tile, std::uint32_t run) const {
        if (run >= plan.runs()) return;
        constexpr int local = RowShape<View::dim, TileType::lanes>::local;
        float sum[local];
        plan.template sum_run<local>(run, sum, [&](std::uint32_t position, float* part) {
            const std::uint32_t bag = plan.bags[position];
            float factor = batch.weight(position), values[local];
            if (batch.pooling == Pooling::mean) factor = arithmetic::quotient(factor, static_cast<float>(batch.end(bag) - batch.begin(bag)));
            load_dense<View::dim>(tile, gradient, batch.pooling == Pooling::none ? position : bag, values);
            for_each_element<View::dim>(tile, [&](int j, int) { part[j] = arithmetic::fma(factor, values[j], part[j]); });
        });
        const bool updated = view.update(tile, plan, run, sum);
        if (tile.rank() == 0) taken[run] = updated ? 1 : 0;
    }
};

}  // namespace hotrow::test
