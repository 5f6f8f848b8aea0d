// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../cache/geometry.hpp"
#include "../config.hpp"
#include "../storage/generator.hpp"

#include <cstdint>
#include <limits>

namespace hotrow {

/// Where a row is, as one number: below the number of slots a line, from there on `slots + row` a stored row.
/// `nowhere` is the place of a bad index; `no_row` is the tag of an empty way.
template <class RowId>
inline constexpr RowId nowhere = std::numeric_limits<RowId>::max();
/// See `nowhere`.
template <class RowId>
inline constexpr RowId no_row = std::numeric_limits<RowId>::max();

namespace detail {

/// The first bad input since the last `check`.
struct BadInput {
    static constexpr std::uint64_t none = ~std::uint64_t{0};
    std::uint64_t position = none;  ///< lookup with an index outside its table
    std::uint64_t bag = none;       ///< bag whose offsets decrease or leave the batch
    std::uint64_t recorded = 0;     ///< 1 when the three below are known
    std::uint64_t table = 0;
    std::uint64_t limit = 0;  ///< rows of that table
    std::int64_t index = 0;
    std::uint32_t has_rate = 0;  ///< 1 if a learning rate was refused
    float rate = 0.0f;
};

}  // namespace detail

/// What depends on no policy: the tables' id space, the seed and the step. Kernels take the least view that serves them, so
/// that embeddings which share a policy share its kernels.
template <class RowIdType>
struct TablesView {
    using RowId = RowIdType;

    Geometry<RowId> geometry;
    const std::uint64_t* table_begin;  ///< first linear id of each table, and one past the last
    std::uint32_t tables;
    std::uint64_t seed;
    std::uint64_t* step;  ///< plans so far
    detail::BadInput* bad_input;

    /// The linear id of row `index` of `table`; `no_row` for what is outside.
    HOTROW_HD RowId row_id(std::uint32_t table, std::int64_t index) const {
        if (table >= tables) return no_row<RowId>;
        const std::uint64_t begin = table_begin[table];
        const std::uint64_t row = static_cast<std::uint64_t>(index);  // negative ones become huge
        return row < table_begin[table + 1u] - begin ? static_cast<RowId>(begin + row) : no_row<RowId>;
    }

    /// The table that holds `row`.
    HOTROW_HD std::uint32_t table_of(std::uint64_t row) const {
        // The last table that begins at or before the row, found without branches, which nobody could predict.
        std::uint32_t low = 0;
        for (std::uint32_t count = tables; count > 1u;) {
            const std::uint32_t half = count / 2u;
            low += table_begin[low + half] <= row ? half : 0u;
            count -= half;
        }
        return low;
    }

    /// Key of a row's random bits: in a plan, that plan's step; outside of plans, the step that the embedding has reached.
    HOTROW_HD RandomKey random_key(std::uint64_t row, std::uint64_t at_step) const { return {seed, at_step, row}; }
};

}  // namespace hotrow
