// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../config.hpp"
#include "../execution/prefetch.hpp"
#include "../execution/tile.hpp"
#include "../memory/records.hpp"
#include "../storage/generator.hpp"
#include "element_states.hpp"
#include "optimizer.hpp"

#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace hotrow {

namespace detail {

/// Where the states of cached rows are: with those of all rows.
template <class RowState, bool InLines>
struct StatesOfLines {};
/// With their lines.
template <class RowState>
struct StatesOfLines<RowState, true> {
    RowState* line_row_states;       ///< [slots]; null if nothing is kept
    std::byte* line_element_states;  ///< [slots][element_bytes]; null if nothing is kept
};

}  // namespace detail

/// What an optimizer keeps for each row, by linear row id. In separate arrays it stays there, whether the row is cached or not; in joint records
/// it goes with the row, and lines have room for it.
template <int Dim, class OptimizerType, class RecordsType = detail::SeparateRecords>
struct StatesView : detail::StatesOfLines<typename OptimizerType::RowState, RecordsType::are_joint> {
    using RowState = typename OptimizerType::RowState;
    using StateRecords = RecordsType;
    using Elements = typename detail::ElementsOf<OptimizerType>::type;
    using ElementLayout = typename Elements::template Layout<Dim>;
    static constexpr bool keeps_row_states = !std::is_empty_v<RowState>;
    static constexpr bool keeps_elements = Elements::count > 0;
    static constexpr bool are_in_lines = RecordsType::are_joint && (keeps_row_states || keeps_elements);
    /// Bytes of one row's element states.
    static constexpr int element_bytes = ElementLayout::stride;
    /// Bytes from the states of one row to those of the next.
    static constexpr int row_state_stride = RecordsType::template row_stride<static_cast<int>(sizeof(RowState))>;
    static constexpr int element_stride = RecordsType::template row_stride<element_bytes>;

    RowState* row_states;       ///< [rows], `row_state_stride` bytes apart; null if nothing is kept
    std::byte* element_states;  ///< [rows], `element_stride` bytes apart; null if nothing is kept

    /// The states of one row.
    struct Place {
        RowState* row_state;
        std::byte* elements;
    };
    /// Those by row id: of a row that is not cached, or of any row of separate arrays.
    HOTROW_HD Place of_row(std::uint64_t row) const {
        Place place{row_states, element_states};
        if constexpr (keeps_row_states)
            place.row_state = reinterpret_cast<RowState*>(reinterpret_cast<std::byte*>(row_states) + row * static_cast<std::uint64_t>(row_state_stride));
        if constexpr (keeps_elements) place.elements += row * static_cast<std::uint64_t>(element_stride);
        return place;
    }
    /// Those of a row in a line, by slot.
    HOTROW_HD Place of_line(std::uint64_t slot) const
        requires(are_in_lines)
    {
        Place place{this->line_row_states, this->line_element_states};
        if constexpr (keeps_row_states) place.row_state += slot;
        if constexpr (keeps_elements) place.elements += slot * static_cast<std::uint64_t>(element_bytes);
        return place;
    }
    /// Those of a row, wherever it is.
    template <class Rows>
    HOTROW_HD HOTROW_INLINE Place of(const Rows& rows, typename Rows::Location location, std::uint64_t row) const {
        if constexpr (are_in_lines) {
            if (rows.is_line(location)) return of_line(location);
        }
        return of_row(row);
    }

    HOTROW_HD HOTROW_INLINE void prefetch_states([[maybe_unused]] const Place& place) const {
#if !defined(__CUDA_ARCH__)
        if constexpr (keeps_row_states) detail::prefetch(place.row_state);
        if constexpr (keeps_elements) detail::prefetch<element_bytes, detail::alignment_of_rows(element_bytes)>(place.elements);
#endif
    }
};

namespace detail {

/// One row's states in a tile's registers.
template <int Dim, class OptimizerType, Tile TileType>
class OwnStates {
public:
    using View = StatesView<Dim, OptimizerType>;
    using Elements = typename View::Elements;

    template <class Place>
    HOTROW_HD HOTROW_INLINE OwnStates(const TileType& tile, const Place& place) {
        if constexpr (View::keeps_row_states) state_ = *place.row_state;
        if constexpr (View::keeps_elements) Elements::template load<Dim>(tile, place.elements, elements_);
    }

    /// One step of the optimizer. Returns on every lane whether all new states are finite.
    HOTROW_HD HOTROW_INLINE bool update(const TileType& tile, const OptimizerType& optimizer, float* values, const float* gradient, const StepInfo& info) {
        const bool state_is_finite = update_by<Dim>(optimizer, tile, values, gradient, info, state_, elements_);
        return Elements::template is_finite<Dim>(tile, elements_) && state_is_finite;
    }

    template <class Place>
    HOTROW_HD HOTROW_INLINE void store(const TileType& tile, const Place& place, const RandomKey& key) const {
        if constexpr (View::keeps_row_states) {
            if (tile.rank() == 0) *place.row_state = state_;
        }
        if constexpr (View::keeps_elements) Elements::template store<Dim>(tile, elements_, place.elements, key);
    }

private:
    typename View::RowState state_;
    typename Elements::template Values<View::keeps_elements ? RowShape<Dim, TileType::lanes>::local : 1> elements_;
};

/// States that go where their rows go, for the kernels that move rows; nothing where they stay.
template <class States, bool InLines = States::are_in_lines>
struct MovedStates {
    HOTROW_HD MovedStates() = default;
    HOTROW_HD explicit MovedStates(const States&) {}
    template <Tile TileType>
    HOTROW_HD void to_line(const TileType&, const std::byte*, std::uint64_t) const {}
    template <Tile TileType>
    HOTROW_HD void to_record(const TileType&, std::uint64_t, std::uint64_t) const {}
    HOTROW_HD void prefetch(std::uint64_t) const {}
};
template <class States>
struct MovedStates<States, true> {
    using Layout = typename States::StateRecords::Layout;

    States states;

    HOTROW_HD explicit MovedStates(const States& view) : states(view) {}

    /// From a record, `record` being where its stored row begins.
    template <Tile TileType>
    HOTROW_HD void to_line(const TileType& tile, const std::byte* record, std::uint64_t slot) const {
        const auto to = states.of_line(slot);
        if constexpr (States::keeps_row_states) {
            if (tile.rank() == 0) *to.row_state = *reinterpret_cast<const typename States::RowState*>(record + Layout::row_state_offset);
        }
        if constexpr (States::keeps_elements) copy_elements(tile, record + Layout::elements_offset, to.elements);
    }
    template <Tile TileType>
    HOTROW_HD void to_record(const TileType& tile, std::uint64_t slot, std::uint64_t row) const {
        const auto from = states.of_line(slot);
        const auto to = states.of_row(row);
        if constexpr (States::keeps_row_states) {
            if (tile.rank() == 0) *to.row_state = *from.row_state;
        }
        if constexpr (States::keeps_elements) copy_elements(tile, from.elements, to.elements);
    }
    HOTROW_HD void prefetch(std::uint64_t slot) const { states.prefetch_states(states.of_line(slot)); }

private:
    template <Tile TileType>
    HOTROW_HD static void copy_elements(const TileType& tile, const std::byte* from, std::byte* to) {
        copy_bytes<States::element_bytes, States::ElementLayout::alignment>(tile, from, to);
    }
};

/// A row's states at their start.
template <int Dim, class View, class OptimizerType, Tile TileType>
HOTROW_HD void first_states(const TileType& tile, const OptimizerType& optimizer, std::uint64_t seed, std::uint64_t row, const typename View::Place& place) {
    if constexpr (View::keeps_row_states) {
        if (tile.rank() == 0) *place.row_state = optimizer.initial_state();
    }
    if constexpr (View::keeps_elements) {
        using Elements = typename View::Elements;
        constexpr int local = RowShape<Dim, TileType::lanes>::local;
        typename Elements::template Values<local> values;
        HOTROW_UNROLL
        for (int k = 0; k < Elements::count; ++k) {
            float first = 0.0f;
            if constexpr (requires { optimizer.initial_element(k); }) first = optimizer.initial_element(k);
            HOTROW_UNROLL
            for (int i = 0; i < local; ++i) values[k][i] = first;
        }
        // Bytes between the states are defined too, so that they can be compared.
        for (int i = tile.rank(); i < View::element_bytes; i += TileType::lanes) place.elements[i] = std::byte{0};
        tile.sync();
        Elements::template initialise<Dim>(tile, values, place.elements, RandomKey{seed, 0u, row});
    }
}

/// The states of all rows at their start; one tile a row.
template <int Dim, class OptimizerType, class View = StatesView<Dim, OptimizerType>>
struct InitialiseStates {
    View states;
    const OptimizerType* optimizer;
    std::uint64_t seed;

    template <Tile TileType>
    HOTROW_HD void operator()(const TileType& tile, std::uint64_t row) const {
        first_states<Dim, View>(tile, *optimizer, seed, row, states.of_row(row));
    }
};

}  // namespace detail

}  // namespace hotrow
