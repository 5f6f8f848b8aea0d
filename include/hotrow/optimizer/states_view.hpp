// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../config.hpp"
#include "../execution/prefetch.hpp"
#include "../execution/tile.hpp"
#include "../storage/generator.hpp"
#include "element_states.hpp"
#include "optimizer.hpp"

#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace hotrow {

/// What an optimizer keeps for each row, by linear row id, whether the row is cached or not.
template <int Dim, class OptimizerType>
struct StatesView {
    using RowState = typename OptimizerType::RowState;
    using Elements = typename detail::ElementsOf<OptimizerType>::type;
    static constexpr bool keeps_row_states = !std::is_empty_v<RowState>;
    static constexpr bool keeps_elements = Elements::count > 0;
    /// Bytes from the record of one row's element states to the next.
    static constexpr int record_stride = Elements::template Layout<Dim>::stride;

    RowState* row_states;       ///< [rows]; null if nothing is kept
    std::byte* element_states;  ///< [rows][record_stride]; null if nothing is kept

    HOTROW_HD std::byte* record(std::uint64_t row) const { return element_states + row * static_cast<std::uint64_t>(record_stride); }

    HOTROW_HD HOTROW_INLINE void prefetch_states([[maybe_unused]] std::uint64_t row) const {
#if !defined(__CUDA_ARCH__)
        if constexpr (keeps_row_states) detail::prefetch(row_states + row);
        if constexpr (keeps_elements) detail::prefetch<record_stride, detail::alignment_of_rows(record_stride)>(record(row));
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

    HOTROW_HD HOTROW_INLINE OwnStates(const TileType& tile, const View& view, std::uint64_t row) {
        if constexpr (View::keeps_row_states) state_ = view.row_states[row];
        if constexpr (View::keeps_elements) Elements::template load<Dim>(tile, view.record(row), elements_);
    }

    /// One step of the optimizer. Returns on every lane whether all new states are finite.
    HOTROW_HD HOTROW_INLINE bool update(const TileType& tile, const OptimizerType& optimizer, float* values, const float* gradient, const StepInfo& info) {
        const bool state_is_finite = update_by<Dim>(optimizer, tile, values, gradient, info, state_, elements_);
        return Elements::template is_finite<Dim>(tile, elements_) && state_is_finite;
    }

    HOTROW_HD HOTROW_INLINE void store(const TileType& tile, const View& view, std::uint64_t row, const RandomKey& key) const {
        if constexpr (View::keeps_row_states) {
            if (tile.rank() == 0) view.row_states[row] = state_;
        }
        if constexpr (View::keeps_elements) Elements::template store<Dim>(tile, elements_, view.record(row), key);
    }

private:
    typename View::RowState state_;
    typename Elements::template Values<View::keeps_elements ? RowShape<Dim, TileType::lanes>::local : 1> elements_;
};

/// The states of each row at their start; one tile a row.
template <int Dim, class OptimizerType>
struct InitialiseStates {
    using View = StatesView<Dim, OptimizerType>;
    using Elements = typename View::Elements;

    View states;
    const OptimizerType* optimizer;
    std::uint64_t seed;

    template <Tile TileType>
    HOTROW_HD void operator()(const TileType& tile, std::uint64_t row) const {
        if constexpr (View::keeps_row_states) {
            if (tile.rank() == 0) states.row_states[row] = optimizer->initial_state();
        }
        if constexpr (View::keeps_elements) {
            constexpr int local = RowShape<Dim, TileType::lanes>::local;
            typename Elements::template Values<local> values;
            HOTROW_UNROLL
            for (int k = 0; k < Elements::count; ++k) {
                float first = 0.0f;
                if constexpr (requires { optimizer->initial_element(k); }) first = optimizer->initial_element(k);
                HOTROW_UNROLL
                for (int i = 0; i < local; ++i) values[k][i] = first;
            }
            // Bytes between the rows of a record are defined too, so that records can be compared.
            for (int i = tile.rank(); i < View::record_stride; i += TileType::lanes) states.record(row)[i] = std::byte{0};
            tile.sync();
            Elements::template initialise<Dim>(tile, values, states.record(row), RandomKey{seed, 0u, row});
        }
    }
};

}  // namespace detail

}  // namespace hotrow
