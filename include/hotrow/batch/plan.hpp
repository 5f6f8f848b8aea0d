// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../config.hpp"
#include "../execution/reduction.hpp"
#include "batch.hpp"

#include <cstdint>
#include <limits>

namespace hotrow {

/// A ticket for one planned batch: good for the embedding that made it, from `plan` to `backward`, `finish` or `release`.
template <Index I>
struct Plan {
    const void* owner = nullptr;  ///< the embedding that made it
    std::uint64_t sequence = 0;   ///< tells it from plans before it
    std::uint32_t place = 0;      ///< which of the embedding's workspaces holds it
    BatchView<I> batch{};         ///< what was planned
};

/// What the plan of a batch holds. `n` is the number of lookups; a *run* is a stretch of equal keys, one unique row.
/// All arrays lie in the workspace, memory of the embedding's backend.
///
/// A kernel of one's own reads, never writes:
/// * going forward, `locations[position]` for the lookup `indices[position]` of the batch;
/// * going backward, with a tile for each run below `runs()`, its lookups `positions[run_begin[run] .. run_begin[run + 1]]`, by `sum_run` or
///   otherwise, and then `EmbeddingView::update(tile, plan, run, gradient)`. The host knows only that there are at most `lookups` runs: launch
///   tiles for so many, and let those beyond `runs()` return.
/// Lookups with an index outside of its table are at `nowhere`, together in one run.
template <class RowId>
struct PlanView {
    RowId* keys;                    ///< [n] sorted keys
    std::uint32_t* positions;       ///< [n] the lookup behind each sorted key; ascending within a run
    std::uint32_t* bags;            ///< [n] bag of each lookup
    std::uint32_t* run_of;          ///< [n] run of each sorted key
    std::uint32_t* run_begin;       ///< [n + 1] first sorted key of each run
    RowId* run_location;            ///< [n] where each run's row is (after admission)
    RowId* run_evicted;             ///< [n] what an admission does; see below
    RowId* locations;               ///< [n] where each lookup's row is
    std::uint32_t* run_count;       ///< [1]
    std::uint64_t* step;            ///< [1] number of this plan; part of every random key of its batch
    std::uint64_t* lookups_before;  ///< [1] lookups of all plans before this one
    float* partial_sums;            ///< [n / chunk_length][dim] sums of full chunks of long runs or bags
    std::uint32_t lookups;          ///< indices of the batch
    std::uint32_t batch_size;       ///< samples

    static constexpr RowId not_admitted = std::numeric_limits<RowId>::max();  ///< of `run_evicted`: the row did not enter the cache
    static constexpr RowId nothing_to_write = not_admitted - 1u;              ///< admitted; the way was empty or clean
    // any other value: admitted, and this dirty row must be written back first

    /// Unique rows of the batch; on a device, for kernels only.
    HOTROW_HD std::uint32_t runs() const { return lookups == 0u ? 0u : *run_count; }

    /// The sum of a run's gradients in the shape that `reduction` fixes, which is that of `backward`: `add(position, sum)` adds what one lookup
    /// contributes to a lane's `Local` elements, by `arithmetic::fma` or sums.
    template <int Local, class Add>
    HOTROW_HD HOTROW_INLINE void sum_run(std::uint32_t run, float* total, Add&& add) const {
        reduction::segment_sum<Local>(run_begin[run], run_begin[run + 1u], total,
                                      [&](std::uint32_t i, float* sum) HOTROW_INLINE_LAMBDA { add(positions[i], sum); });
    }

    /// Lookups of a run's row in this batch.
    HOTROW_HD std::uint32_t run_length(std::uint32_t run) const { return run_begin[run + 1u] - run_begin[run]; }

    /// The table of a run's row: that of its first lookup.
    HOTROW_HD std::uint32_t table_of_run(std::uint32_t run) const { return bags[positions[run_begin[run]]] / batch_size; }

    /// Whether the batch looks up the row with this key.
    HOTROW_HD bool uses(RowId key) const {
        std::uint32_t low = 0, high = lookups;  // keys before `low` are smaller, from `high` on they are not
        while (low < high) {
            const std::uint32_t middle = low + (high - low) / 2u;
            if (keys[middle] < key) {
                low = middle + 1u;
            } else {
                high = middle;
            }
        }
        return low < lookups && keys[low] == key;
    }
};

/// Most plans that one embedding can have in flight.
inline constexpr int max_in_flight = 8;

/// The plans that are in flight while another is made. Their rows stay where they are: a line that one of them uses is not
/// evicted, and a row that one of them uses in place is not admitted, so no update is lost whatever the policy.
template <class RowId>
struct PlansInFlight {
    PlanView<RowId> plans[max_in_flight - 1];  ///< the first `count` of them
    int count = 0;                             ///< how many

    /// Whether one of them looks up the row with this key.
    HOTROW_HD bool use(RowId key) const {
        for (int i = 0; i < count; ++i) {
            if (plans[i].uses(key)) return true;
        }
        return false;
    }
};

}  // namespace hotrow
