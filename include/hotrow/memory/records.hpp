// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../config.hpp"
#include "../execution/tile.hpp"
#include "../optimizer/optimizer.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

/// How stored rows and what the optimizer keeps of them lie in memory.
namespace hotrow::detail {

constexpr int round_up(int bytes, int to) { return (bytes + to - 1) / to * to; }

/// Every row of a table has its record from the start.
struct AllPresent {
    static constexpr bool is_lazy = false;
};

/// Rows in one array, states in arrays of their own: for memory that is near, where only a row's update needs its state.
struct SeparateRecords {
    static constexpr bool are_joint = false;
    template <class RowId>
    using Presence = AllPresent;
    template <int RowBytes>
    static constexpr int row_stride = RowBytes;
};

/// A row's record: the stored row, the optimizer's `RowState`, the rows of its element states; zeros between them.
template <int Dim, class RowFormatType, class OptimizerType>
struct RecordLayout {
    using Row = typename RowFormatType::template Layout<Dim>;
    using RowState = typename OptimizerType::RowState;
    using Elements = typename ElementsOf<OptimizerType>::type;
    using ElementLayout = typename Elements::template Layout<Dim>;

    static constexpr int row_state_bytes = std::is_empty_v<RowState> ? 0 : static_cast<int>(sizeof(RowState));
    static constexpr int row_state_offset = row_state_bytes == 0 ? Row::stride : round_up(Row::stride, static_cast<int>(alignof(RowState)));
    static constexpr int elements_offset = round_up(row_state_offset + row_state_bytes, ElementLayout::alignment);
    static constexpr int alignment = std::max({Row::alignment, ElementLayout::alignment, row_state_bytes == 0 ? 1 : static_cast<int>(alignof(RowState))});
    static constexpr int used = elements_offset + ElementLayout::stride;
    /// Bytes from one record to the next.
    static constexpr int stride = round_up(used, alignment);

    /// Every byte of a record is defined, so that memories and files can be compared: this clears what neither row nor state is.
    HOTROW_HD static void clear_gaps(std::byte* record) {
        for (int i = Row::stride; i < row_state_offset; ++i) record[i] = std::byte{0};
        for (int i = row_state_offset + row_state_bytes; i < elements_offset; ++i) record[i] = std::byte{0};
        for (int i = used; i < stride; ++i) record[i] = std::byte{0};
    }
};

/// Records one after the other: for memory that is far, from which row and state come in one transfer. `PresenceType<RowId>` knows which rows have one.
template <int Dim, class RowFormatType, class OptimizerType, template <class> class PresenceType>
struct JointRecords {
    static constexpr bool are_joint = true;
    using Layout = RecordLayout<Dim, RowFormatType, OptimizerType>;
    template <class RowId>
    using Presence = PresenceType<RowId>;
    template <int RowBytes>
    static constexpr int row_stride = Layout::stride;
};
template <class RowId>
using AlwaysPresent = AllPresent;

/// Copies `Bytes` bytes, both aligned to `Alignment`, by all lanes of a tile, a word each in turn.
template <int Bytes, int Alignment, Tile TileType>
HOTROW_HD HOTROW_INLINE void copy_bytes(const TileType& tile, const std::byte* from, std::byte* to) {
    if constexpr (TileType::lanes == 1) {
        std::memcpy(to, from, Bytes);
    } else {
        constexpr int width = Alignment % 16 == 0 && Bytes % 16 == 0 ? 16
                              : Alignment % 8 == 0 && Bytes % 8 == 0 ? 8
                              : Alignment % 4 == 0 && Bytes % 4 == 0 ? 4
                              : Alignment % 2 == 0 && Bytes % 2 == 0 ? 2
                                                                     : 1;
        struct alignas(width) Word {
            unsigned char bytes[width];
        };
        for (int i = tile.rank(); i < Bytes / width; i += TileType::lanes) reinterpret_cast<Word*>(to)[i] = reinterpret_cast<const Word*>(from)[i];
    }
}

}  // namespace hotrow::detail
