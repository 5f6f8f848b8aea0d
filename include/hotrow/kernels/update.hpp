// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../batch/tables_view.hpp"
#include "../cache/cache_view.hpp"
#include "../config.hpp"
#include "../execution/tile.hpp"
#include "../optimizer/states_view.hpp"

#include <cstdint>

namespace hotrow::detail {

/// The exact update of one row by its summed gradient, for `backward` and for kernels of the caller's own: one optimizer step in FP32, then the
/// line, which is dirty now, or the stored row, encoded with the random bits of (row, step). Returns on every lane whether the row took
/// it; a result that is not finite is rejected whole, and row and state stay as they were. `location` is not `nowhere`.
template <class Rows, class States, class OptimizerType, Tile TileType>
HOTROW_HD HOTROW_INLINE bool update_row(const TileType& tile, const TablesView<typename Rows::RowId>& tables, const Rows& rows, std::uint8_t* flags,
                                        const States& states, const OptimizerType& optimizer, typename Rows::Location location, std::uint64_t row,
                                        const float* gradient, std::uint64_t step) {
    if constexpr (Rows::Presence::is_lazy) {
        if (!rows.is_line(location)) rows.begin_write(row);
    }
    const auto place = states.of(rows, location, row);
    OwnStates<Rows::dim, OptimizerType, TileType> own(tile, place);
    float values[RowShape<Rows::dim, TileType::lanes>::local];
    rows.load(tile, location, values);
    const RandomKey key = tables.random_key(row, step);
    const bool states_are_finite = own.update(tile, optimizer, values, gradient, StepInfo{step, key});
    if (!Rows::RowFormat::template is_finite<Rows::dim>(tile, values) || !states_are_finite) return false;

    if (rows.is_line(location)) {
        rows.store_line(tile, location, values);
        if (tile.rank() == 0) flags[location] |= LineFlag::dirty;
    } else {
        rows.store_stored(tile, row, values, key);
    }
    own.store(tile, place, key);
    return true;
}

}  // namespace hotrow::detail
