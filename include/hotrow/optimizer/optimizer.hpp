// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../execution/tile.hpp"

#include <concepts>
#include <type_traits>

namespace hotrow {

/// The state of optimizers that keep none per row.
struct NoState {};

/// An optimizer is an aggregate of hyperparameters with
/// * `RowState`: what it keeps per row (trivially copyable; `NoState` for nothing), `initial_state()`;
/// * `update<Dim>(tile, row, gradient, state)`: one step, in FP32, on a lane's elements. Returns whether the new state is
///   finite, on every lane; if it is not, or an element of the row is not, the step is undone and counted.
/// Sums over the row must use `reduction`, and products feeding sums `arithmetic::fma`, so that host and device agree.
template <class O>
concept Optimizer = std::is_trivially_copyable_v<O> && std::is_trivially_copyable_v<typename O::RowState> &&
                    requires(const O& optimizer, float* row, const float* gradient, typename O::RowState& state) {
                        { optimizer.initial_state() } -> std::same_as<typename O::RowState>;
                        { optimizer.template update<4>(SingleLane{}, row, gradient, state) } -> std::same_as<bool>;
                    };

}  // namespace hotrow
