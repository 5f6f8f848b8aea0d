// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../execution/tile.hpp"
#include "../memory/buffer.hpp"
#include "foresight.hpp"

#include <cstdint>
#include <limits>

namespace hotrow::detail {

/// No row in any place. One call a place.
template <class RowId>
struct ClearGeneration {
    typename ForesightView<RowId>::Generation generation;

    template <Tile TileType>
    HOTROW_HD void operator()(const TileType&, std::uint64_t place) const {
        generation.rows[place] = ForesightView<RowId>::no_row;
        generation.steps[place] = 0u;
        generation.lookups[place] = 0u;
    }
};

/// The memory behind a `ForesightView`.
template <class RowId, class Backend>
class ForesightTables {
public:
    ForesightTables() = default;
    ForesightTables(Backend& backend, std::uint64_t places) {
        view_.places = places;
        for (int g = 0; g < 2; ++g) {
            rows_[g] = {backend, static_cast<std::int64_t>(places)};
            steps_[g] = {backend, static_cast<std::int64_t>(places)};
            lookups_[g] = {backend, static_cast<std::int64_t>(places)};
            view_.generations[g] = {std::numeric_limits<std::uint64_t>::max(), rows_[g].data(), steps_[g].data(), lookups_[g].data()};
        }
    }

    const ForesightView<RowId>& view() const { return view_; }
    std::int64_t bytes() const { return static_cast<std::int64_t>(ForesightView<RowId>::bytes_of(view_.places)); }

    /// Makes the generation of `step` ready to be added to.
    void begin(Backend& backend, typename Backend::Stream stream, std::uint64_t step) {
        const std::uint64_t number = step / ForesightView<RowId>::generation_length;
        auto& generation = view_.generations[number % 2u];
        if (generation.number == number) return;
        generation.number = number;
        backend.template for_each<1>(stream, view_.places, ClearGeneration<RowId>{generation});
    }

private:
    ForesightView<RowId> view_;
    Buffer<RowId, Backend> rows_[2];
    Buffer<std::uint64_t, Backend> steps_[2];
    Buffer<std::uint32_t, Backend> lookups_[2];
};

}  // namespace hotrow::detail
