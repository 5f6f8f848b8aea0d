// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../config.hpp"

#include <concepts>
#include <cstdint>
#include <span>

namespace hotrow {

/// How the rows of a bag become one output row, as in PyTorch's EmbeddingBag.
/// `none`: no bags; each lookup gives an output row of its own.
enum class Pooling : std::uint8_t { sum, mean, none };

/// Type of indices and offsets.
template <class I>
concept Index = std::same_as<I, std::int32_t> || std::same_as<I, std::int64_t>;

/// One batch for all tables, in FBGEMM's table-batched layout. Memory is of the embedding's backend and must stay as it
/// is until the batch's plan ends.
/// * `indices[p]`: row within its table, of lookup p;
/// * `offsets[table * batch_size + sample]`: first lookup of a bag; `tables * batch_size + 1` entries, from 0 to the number of
///   lookups, not decreasing; equal neighbours are an empty bag, whose output is zero;
/// * `weights[p]`: per-sample weight of lookup p; empty stands for all ones. With `mean`, the weighted sum is divided by the
///   number of lookups.
template <Index I>
struct Batch {
    std::span<const I> indices;           ///< [lookups] row within its table
    std::span<const I> offsets;           ///< [tables * batch_size + 1] first lookup of each bag
    std::span<const float> weights = {};  ///< [lookups], or empty for all ones
    std::int32_t batch_size = 0;          ///< samples; bags of one table
    Pooling pooling = Pooling::sum;       ///< how a bag becomes an output row
};

/// What to do with an index outside its table. Either way it touches no memory, and adds nothing to its bag.
/// * `report`: `Host` throws `IndexError` before anything changes; kernels record the first one, and `check` throws it;
/// * `skip`: counted in `Statistics::bad_indices`.
enum class Bounds : std::uint8_t { report, skip };

/// A batch as kernels see it.
template <Index I>
struct BatchView {
    const I* indices;          ///< [lookups]
    const I* offsets;          ///< [bags + 1]
    const float* weights;      ///< null: all ones
    std::uint32_t lookups;     ///< indices of all tables
    std::uint32_t bags;        ///< tables * batch_size
    std::uint32_t batch_size;  ///< samples
    Pooling pooling;           ///< how a bag becomes an output row

    /// First lookup of a bag, kept inside the batch whatever the offsets say.
    HOTROW_HD std::uint32_t begin(std::uint32_t bag) const { return clamp(offsets[bag], 0u); }
    /// Last lookup + 1 of a bag, likewise.
    HOTROW_HD std::uint32_t end(std::uint32_t bag) const { return clamp(offsets[bag + 1u], begin(bag)); }

    /// Weight of a lookup: 1 where the batch has none.
    HOTROW_HD float weight(std::uint32_t position) const { return weights == nullptr ? 1.0f : weights[position]; }

    /// The last bag that starts at or before `position`.
    HOTROW_HD std::uint32_t bag_of(std::uint32_t position) const {
        std::uint32_t low = 0, high = bags;
        while (high - low > 1u) {
            const std::uint32_t middle = low + (high - low) / 2u;
            if (static_cast<std::int64_t>(offsets[middle]) <= static_cast<std::int64_t>(position)) {
                low = middle;
            } else {
                high = middle;
            }
        }
        return low;
    }

private:
    HOTROW_HD std::uint32_t clamp(I offset, std::uint32_t low) const {
        if (offset < static_cast<I>(low)) return low;
        return static_cast<std::uint64_t>(offset) > lookups ? lookups : static_cast<std::uint32_t>(offset);
    }
};

}  // namespace hotrow
