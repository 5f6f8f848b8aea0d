// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "batch/tables_view.hpp"
#include "cache/cache_view.hpp"
#include "storage/rows_view.hpp"

#include <cstdint>

namespace hotrow {

/// What changes from step to step besides rows. It lives in the backend's memory and is changed by kernels, so that a captured
/// step, replayed, goes on counting and sees new hyperparameters.
template <class OptimizerType>
struct DeviceState {
    std::uint64_t step;       ///< plans so far; part of every random key
    std::uint64_t lookups;    ///< of all plans so far
    OptimizerType optimizer;  ///< hyperparameters
    detail::BadInput bad_input;
};

/// All that kernels see of an embedding. Trivially copyable: kernels take it by value. Valid while the embedding lives.
template <int Dim, class RowFormatType, class CacheType, class OptimizerType, class RowIdType>
struct EmbeddingView : CacheView<CacheType, RowIdType>, RowsView<Dim, RowFormatType, RowIdType> {
    using RowId = RowIdType;
    using Tables = TablesView<RowIdType>;
    using Tags = TagsView<CacheType::ways, RowIdType>;
    using Cache = CacheView<CacheType, RowIdType>;
    using Rows = RowsView<Dim, RowFormatType, RowIdType>;
    using RowState = typename OptimizerType::RowState;
    using Optimizer = OptimizerType;
    static constexpr RowId no_row = hotrow::no_row<RowIdType>;
    static constexpr RowId nowhere = hotrow::nowhere<RowIdType>;

    RowState* row_states;  ///< [rows] what the optimizer keeps
    DeviceState<OptimizerType>* state;
};

}  // namespace hotrow
