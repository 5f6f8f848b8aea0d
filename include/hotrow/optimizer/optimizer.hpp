// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../config.hpp"
#include "../execution/arithmetic.hpp"
#include "../execution/tile.hpp"
#include "element_states.hpp"

#include <concepts>
#include <cstdint>
#include <type_traits>

namespace hotrow {

/// The state of optimizers that keep none per row.
struct NoState {};

/// What an update knows of its step, besides row and gradient.
struct StepInfo {
    std::uint64_t step;  ///< number of the plan, from 1
};

/// An optimizer is an aggregate of hyperparameters with
/// * `RowState`: what it keeps per row (trivially copyable; `NoState` for nothing), `initial_state()`;
/// * optionally `Elements`: what it keeps per element, `ElementStates<RowFormats...>`, and `initial_element(k)`, its first value (else 0);
/// * `update<Dim>(tile, row, gradient, state)`, with `Elements` `update<Dim>(tile, row, gradient, info, state, elements)`: one step, in FP32, on
///   a lane's elements; `elements[k]` are those of state k. Returns whether the new `RowState` is finite, on every lane; if it is not, or an
///   element of the row or of the states is not, the step is undone and counted.
/// Sums over the row must use `reduction`, and products feeding sums `arithmetic::fma`, so that host and device agree.
template <class O>
concept OptimizerOfRows = requires(const O& optimizer, float* row, const float* gradient, typename O::RowState& state) {
    { optimizer.template update<4>(SingleLane{}, row, gradient, state) } -> std::same_as<bool>;
};
template <class O>
concept OptimizerOfElements = requires(const O& optimizer, float* row, const float* gradient, typename O::RowState& state,
                                       typename O::Elements::template Values<4>& elements) {
    { optimizer.template update<4>(SingleLane{}, row, gradient, StepInfo{}, state, elements) } -> std::same_as<bool>;
};
template <class O>
concept Optimizer = std::is_trivially_copyable_v<O> && std::is_trivially_copyable_v<typename O::RowState> && (OptimizerOfRows<O> || OptimizerOfElements<O>) &&
                    requires(const O& optimizer) {
                        { optimizer.initial_state() } -> std::same_as<typename O::RowState>;
                    };

namespace detail {

template <class O>
struct ElementsOf {
    using type = ElementStates<>;
};
template <class O>
    requires requires { typename O::Elements; }
struct ElementsOf<O> {
    using type = typename O::Elements;
};

/// One step of any optimizer; those without per-element state get none.
template <int Dim, class O, Tile TileType, class V>
HOTROW_HD HOTROW_INLINE bool update_by(const O& optimizer, const TileType& tile, float* row, const float* gradient, const StepInfo& info, typename O::RowState& state,
                                       V& elements) {
    if constexpr (OptimizerOfRows<O>) {
        return optimizer.template update<Dim>(tile, row, gradient, state);
    } else {
        return optimizer.template update<Dim>(tile, row, gradient, info, state, elements);
    }
}

/// beta^n by squaring: the same products on host and device, which no `pow` promises.
HOTROW_HD inline float power(float beta, std::uint64_t n) {
    float result = 1.0f;
    for (; n != 0u; n >>= 1) {
        if ((n & 1u) != 0u) result = arithmetic::product(result, beta);
        beta = arithmetic::product(beta, beta);
    }
    return result;
}

}  // namespace detail

/// What bias corrections count: steps of the embedding, as for dense parameters, or the updates of the row (four more bytes a row), since the averages
/// of a row that is seldom seen are as young as it has been seen rarely.
enum class CorrectBy : std::uint8_t { step, visit };

}  // namespace hotrow
