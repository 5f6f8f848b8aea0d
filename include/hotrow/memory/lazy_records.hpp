// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../batch/tables_view.hpp"
#include "../config.hpp"
#include "../execution/tile.hpp"
#include "../optimizer/states_view.hpp"
#include "../storage/first_values.hpp"
#include "placement.hpp"
#include "records.hpp"
#include "row_file_view.hpp"

#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace hotrow::detail {

/// Records that come into being when they are first written. Until then a row is what its seed makes of it, each time anew, so a table needs no time and no
/// disk before it is used. `Host` only.
template <int Dim, class RowFormatType, class OptimizerType>
struct FirstRecords {
    using Layout = RecordLayout<Dim, RowFormatType, OptimizerType>;

    template <class RowId>
    struct Presence {
        static constexpr bool is_lazy = true;

        RowFileView file;
        TablesView<RowId> id_space;
        const float* ranges;            ///< [tables]
        OptimizerType first_optimizer;  ///< as it was at construction: first states come from it

        /// Calls `f` with the bytes of a row's record, `record` being where it is or will be.
        template <class F>
        HOTROW_HD HOTROW_INLINE void with_record([[maybe_unused]] std::uint64_t row, [[maybe_unused]] const std::byte* record, [[maybe_unused]] F&& f) const {
#if !defined(__CUDA_ARCH__)
            if (file.is_touched(row)) return f(record);
            alignas(64) std::byte first[static_cast<std::size_t>(Layout::stride)];
            make(row, first);
            f(static_cast<const std::byte*>(first));
#endif
        }

        HOTROW_HD void begin_write([[maybe_unused]] std::uint64_t row, [[maybe_unused]] std::byte* record) const {
#if !defined(__CUDA_ARCH__)
            if (!file.is_touched(row)) make(row, record);  // nobody looks at it before `before_write`, whatever happens in between
            file.before_write(row);
#endif
        }

        HOTROW_HD void will_need([[maybe_unused]] std::uint64_t row) const {
#if !defined(__CUDA_ARCH__)
            file.will_need(row);
#endif
        }

    private:
        void make(std::uint64_t row, std::byte* record) const {
            first_stored_row<Dim, RowFormatType>(SingleLane{}, id_space.seed, row, ranges[id_space.table_of(row)], record);
            Layout::clear_gaps(record);
            using States = StatesView<Dim, OptimizerType>;
            first_states<Dim, States>(SingleLane{}, first_optimizer, id_space.seed, row,
                                      {reinterpret_cast<typename States::RowState*>(record + Layout::row_state_offset), record + Layout::elements_offset});
        }
    };
};

/// How the rows of a placement lie in memory.
template <int Dim, class RowFormatType, class OptimizerType, class PlacementType>
using RecordsOf =
    std::conditional_t<PlacementType::is_lazy,
                       JointRecords<Dim, RowFormatType, OptimizerType, FirstRecords<Dim, RowFormatType, OptimizerType>::template Presence>,
                       std::conditional_t<PlacementType::is_apart, JointRecords<Dim, RowFormatType, OptimizerType, AlwaysPresent>, SeparateRecords>>;

}  // namespace hotrow::detail
