// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "batch/plan.hpp"
#include "batch/tables_view.hpp"
#include "cache/cache_view.hpp"
#include "config.hpp"
#include "execution/tile.hpp"
#include "kernels/update.hpp"
#include "memory/lazy_records.hpp"
#include "memory/placement.hpp"
#include "optimizer/states_view.hpp"
#include "statistics.hpp"
#include "storage/rows_view.hpp"

#include <cstdint>

namespace hotrow {

/// What changes from step to step besides rows. It lives in the backend's memory and is changed by kernels, so that a captured
/// step, replayed, goes on counting and sees new hyperparameters.
template <class OptimizerType>
struct DeviceState {
    std::uint64_t step;          ///< plans so far; part of every random key
    std::uint64_t lookups;       ///< of all plans so far
    OptimizerType optimizer;     ///< hyperparameters
    detail::BadInput bad_input;  ///< the first bad input, for `check`
};

/// All that kernels see of an embedding. Trivially copyable: kernels take it by value. Valid while the embedding lives.
///
/// In a kernel of one's own, the lanes of a tile call the members below together, with the same arguments but for pointers, which are to
/// arrays of a lane's own elements, `float[RowShape<Dim, Tile::lanes>::local]`: local element i is element `RowShape::element(rank, i)` of the
/// row, and `for_each_element` goes through them. A tile is any `Tile`: `this_tile<Lanes>()` or `tile_of(group)` of execution/device_tile.cuh,
/// `SingleLane` on the host. `row_lanes<Dim>()` lanes are a good choice; more than there are packs of four elements in the row (rounded up to
/// a power of two) are refused. The number of lanes changes no bit.
///
/// Tiles may read one row together. A row is updated by one tile, once a step, and read by no other tile of that kernel. Between the plan of
/// a batch and its `backward` or `finish`, its rows stay where they are; without a plan, kernels that `locate` must be ordered with
/// plans and updates by streams, as any CUDA calls.
template <int Dim, class RowFormatType, class CacheType, class OptimizerType, class RowIdType, class PlacementType = BackendMemory>
struct EmbeddingView : CacheView<CacheType, RowIdType>,
                       RowsView<Dim, RowFormatType, RowIdType, detail::RecordsOf<Dim, RowFormatType, OptimizerType, PlacementType>>,
                       StatesView<Dim, OptimizerType, detail::RecordsOf<Dim, RowFormatType, OptimizerType, PlacementType>> {
    /// Linear row ids over all tables, and keys.
    using RowId = RowIdType;
    /// Where a row is: a line, a stored row, or `nowhere`.
    using Location = RowIdType;
    /// The parts that the library's own kernels take.
    using Tables = TablesView<RowIdType>;
    using Tags = TagsView<CacheType::ways, RowIdType>;  ///< who is cached
    using Cache = CacheView<CacheType, RowIdType>;      ///< the same, and scores, ghosts, foresight
    /// How stored rows and states lie in memory.
    using Records = detail::RecordsOf<Dim, RowFormatType, OptimizerType, PlacementType>;
    using Rows = RowsView<Dim, RowFormatType, RowIdType, Records>;  ///< stored rows and lines
    using States = StatesView<Dim, OptimizerType, Records>;         ///< what the optimizer keeps
    using Optimizer = OptimizerType;                                ///< the optimizer, and its hyperparameters
    using Placement = PlacementType;                                ///< where stored rows are
    static constexpr RowId no_row = hotrow::no_row<RowIdType>;      ///< the id outside of all tables
    static constexpr RowId nowhere = hotrow::nowhere<RowIdType>;    ///< the location of such ids

    DeviceState<OptimizerType>* state;  ///< step and hyperparameters
    detail::CountReplicas counts;       ///< statistics

    // From the bases:
    //   row_id(table, index)                        the linear id of a row, `no_row` outside of the tables
    //   read(tile, location, values)                values = row
    //   accumulate(tile, location, weight, sum)     sum += weight * row, as forward sums
    // For both, the row of `nowhere` is zeros.

    /// Where the row of this linear id is now: in a line, or in its stored row; `nowhere` for an id that no row has. Asks the tags; with
    /// a plan, `PlanView::locations` has the answer.
    template <Tile TileType>
    HOTROW_HD Location locate(const TileType& tile, RowId row) const {
        return row < this->geometry.rows ? Tags::locate(tile, row) : nowhere;
    }

    /// The exact update of the row at `location` by `gradient`, which is the sum of all that the row gets in this step: one optimizer step in FP32;
    /// then the line, now dirty, or the stored row, rounded with the random bits of (row, step), so `step` is that of the row's
    /// plan, `*plan.step`.
    /// Returns whether the row took it. A NaN or infinite result is rejected and counted: row and optimizer state stay as they were. `nowhere`
    /// takes nothing.
    template <Tile TileType>
    HOTROW_HD bool update(const TileType& tile, Location location, const float* gradient, std::uint64_t step) const {
        if (location == nowhere) return false;
        const std::uint64_t row = this->is_line(location) ? this->tags[location] : this->row_of(location);
        const bool taken = detail::update_row(tile, static_cast<const Tables&>(*this), static_cast<const Rows&>(*this), this->flags,
                                              static_cast<const States&>(*this), state->optimizer, location, row, gradient, step);
        if (!taken && tile.rank() == 0) counts.add_shared(this->table_of(row), detail::rejected_updates);
        return taken;
    }

    /// The same for the row of one run of a plan: what `backward` does with it.
    template <Tile TileType>
    HOTROW_HD bool update(const TileType& tile, const PlanView<RowId>& plan, std::uint32_t run, const float* gradient) const {
        return update(tile, plan.run_location[run], gradient, *plan.step);
    }
};

}  // namespace hotrow
