// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../config.hpp"
#include "../execution/atomics.hpp"
#include "../execution/bits.hpp"

#include <bit>
#include <cstdint>
#include <limits>

namespace hotrow {

/// Most batches that can be announced ahead of their plans.
inline constexpr int max_announced = 64;

/// The next use of a row, as far as announced batches tell.
struct NextUse {
    std::uint32_t batches = 0;  ///< from the batch that is planned to that use; 0: no announced batch needs the row
    std::uint32_t lookups = 0;  ///< over `uses`: a fair guess of the lookups at that use
    std::uint32_t uses = 0;     ///< steps of that generation of 64 that need the row
};

/// What announced batches will look up: for each row the steps that need it, and how many lookups those are in all.
///
/// Steps are cut in *generations* of 64, each with a table of its own from rows to one bit a step; two tables serve, since with at
/// most 64 batches announced the one before the last has passed. Tables are hashed with linear probing, and have a third more
/// places than rows can come, so they never fill. Bits and sums only grow: what a table says does not depend on the order in
/// which lookups came.
template <class RowId>
struct ForesightView {
    static constexpr std::uint64_t generation_length = 64;
    static constexpr RowId no_row = std::numeric_limits<RowId>::max();

    /// The batches of 64 steps.
    struct Generation {
        std::uint64_t number = std::numeric_limits<std::uint64_t>::max();  ///< its steps begin at 64 * number
        RowId* rows = nullptr;                                             ///< [places]
        std::uint64_t* steps = nullptr;                                    ///< [places] bit i: step 64 * number + i
        std::uint32_t* lookups = nullptr;                                  ///< [places]
    };

    Generation generations[2];
    std::uint64_t places = 0;  ///< a power of two, or 0

    /// Places for so many different rows.
    static constexpr std::uint64_t places_for(std::uint64_t rows) { return rows == 0u ? 0u : std::bit_ceil(rows + rows / 3u + 1u); }
    static constexpr std::uint64_t bytes_of(std::uint64_t place_count) {
        return 2u * place_count * (sizeof(RowId) + sizeof(std::uint64_t) + sizeof(std::uint32_t));
    }

    /// One lookup of `row` in the batch of `step`.
    HOTROW_HD void add(RowId row, std::uint64_t step) const {
        const Generation& g = generations[step / generation_length % 2u];
        std::uint64_t place = first_place(row);
        for (;;) {
            const RowId there = detail::atomic_claim(g.rows + place, no_row, row);
            if (there == no_row || there == row) break;
            place = (place + 1u) & (places - 1u);
        }
        detail::atomic_or(g.steps + place, std::uint64_t{1} << step % generation_length);
        detail::atomic_add(g.lookups + place, 1u);
    }

    /// The first use of `row` after `step`.
    HOTROW_HD NextUse next(RowId row, std::uint64_t step) const {
        if (places == 0u) return {};
        for (std::uint64_t number = step / generation_length; number <= step / generation_length + 1u; ++number) {
            const Generation& g = generations[number % 2u];
            if (g.number != number) continue;
            const std::uint64_t place = find(g, row);
            if (place == places) continue;
            const std::uint64_t first = number * generation_length;
            const std::uint64_t all = g.steps[place];
            // In two shifts, since one by 64 is undefined.
            const std::uint64_t coming = first > step ? all : all >> (step - first) >> 1;
            if (coming == 0u) continue;
            const std::uint64_t batches = static_cast<std::uint64_t>(detail::lowest_bit(coming)) + (first > step ? first - step : 1u);
            return {static_cast<std::uint32_t>(batches), g.lookups[place], static_cast<std::uint32_t>(detail::set_bits(all))};
        }
        return {};
    }

private:
    HOTROW_HD std::uint64_t first_place(RowId row) const { return (static_cast<std::uint64_t>(row) * 0x9E3779B97F4A7C15ull) >> 20 & (places - 1u); }
    HOTROW_HD std::uint64_t find(const Generation& g, RowId row) const {
        for (std::uint64_t place = first_place(row);; place = (place + 1u) & (places - 1u)) {
            if (g.rows[place] == row) return place;
            if (g.rows[place] == no_row) return places;
        }
    }
};

}  // namespace hotrow
