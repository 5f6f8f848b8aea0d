// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../config.hpp"
#include "../execution/arithmetic.hpp"
#include "../execution/tile.hpp"
#include "../storage/generator.hpp"
#include "element_states.hpp"

#include <concepts>
#include <cstdint>
#include <type_traits>

namespace hotrow {

/// The state of optimizers that keep none per row.
struct NoState {};

/// What an update knows of its step, besides row and gradient.
struct StepInfo {
    std::uint64_t step = 0;  ///< number of the plan, from 1
    RandomKey key{};         ///< of the row and the step, for a `RowState` that is rounded
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

}  // namespace detail

/// An optimizer is an aggregate of hyperparameters (trivially copyable: it lives in the backend's memory, from where kernels read it) with
/// * `RowState`: what it keeps per row, trivially copyable; `NoState` for nothing. `initial_state()`: its first value;
/// * `update<Dim>(tile, row, gradient, state)`: one step in FP32 on a lane's elements of the row. Returns, on every lane, whether the new `RowState` is
///   finite; if it is not, or an element of the row is not, the step is undone and counted;
/// * optionally `Elements`: what it keeps per element, `ElementStates<RowFormats...>`, and `initial_element(k)`: the first value of state k, 0 without it;
/// * with `Elements`, or to know of the step, `update<Dim>(tile, row, gradient, info, state, elements)` instead: `elements[k]` are the lane's elements of
///   state k; one that is not finite undoes the step too;
/// * optionally `check()`: throws `OptionError` for hyperparameters that it does not take; called on the host.
/// Sums over the row must use `reduction`, and products feeding sums `arithmetic::fma`, so that host and device agree.
template <class O>
concept OptimizerOfRows = requires(const O& optimizer, float* row, const float* gradient, typename O::RowState& state) {
    { optimizer.template update<4>(SingleLane{}, row, gradient, state) } -> std::same_as<bool>;
};
template <class O>
concept OptimizerOfElements = requires(const O& optimizer, float* row, const float* gradient, typename O::RowState& state,
                                       typename detail::ElementsOf<O>::type::template Values<4>& elements) {
    { optimizer.template update<4>(SingleLane{}, row, gradient, StepInfo{}, state, elements) } -> std::same_as<bool>;
};
template <class O>
concept Optimizer = std::is_trivially_copyable_v<O> && std::is_trivially_copyable_v<typename O::RowState> &&
                    (OptimizerOfRows<O> || OptimizerOfElements<O>)&&requires(const O& optimizer) {
                        { optimizer.initial_state() } -> std::same_as<typename O::RowState>;
                    };

namespace detail {

/// Where an optimizer of the user's lacks a part, these name the part.
template <class O>
struct OptimizerRequirements {
    static_assert(std::is_trivially_copyable_v<O>, "optimizer: it must be trivially copyable; kernels read its hyperparameters from the backend's memory");
    static_assert(
        requires { typename O::RowState; }, "optimizer: it lacks `RowState`, what it keeps per row; `using RowState = NoState` for nothing");
    static_assert(
        requires {
            typename O::RowState;
            requires std::is_trivially_copyable_v<typename O::RowState>;
        }, "optimizer: `RowState` must be trivially copyable; keep numbers, not containers or pointers");
    static_assert(
        requires(const O& optimizer) {
            { optimizer.initial_state() } -> std::same_as<typename O::RowState>;
        }, "optimizer: it lacks `RowState initial_state() const`");
    static_assert(is_element_states<typename ElementsOf<O>::type>, "optimizer: `Elements`, what it keeps per element, must be ElementStates<RowFormats...>");
    static_assert(OptimizerOfRows<O> || OptimizerOfElements<O>, "optimizer: it lacks `template <int Dim, Tile T> bool update(const T& tile, float* row, const "
                                                                "float* gradient, RowState& state) const`; with `Elements`, "
                                                                "`template <int Dim, Tile T, class V> bool update(const T& tile, float* row, const float* "
                                                                "gradient, const StepInfo& info, RowState& state, V& elements) const`");
    static_assert(OptimizerOfElements<O> || ElementsOf<O>::type::count == 0,
                  "optimizer: it has `Elements`, which its `update` does not take: `update<Dim>(tile, row, gradient, info, state, elements)`");
};

/// One step of any optimizer; those without per-element state get none.
template <int Dim, class O, Tile TileType, class V>
HOTROW_HD HOTROW_INLINE bool update_by(const O& optimizer, const TileType& tile, float* row, const float* gradient, const StepInfo& info,
                                       typename O::RowState& state, V& elements) {
    if constexpr (OptimizerOfElements<O>) {
        return optimizer.template update<Dim>(tile, row, gradient, info, state, elements);
    } else {
        return optimizer.template update<Dim>(tile, row, gradient, state);
    }
}

/// 1 - beta^n, the weight that a mean of n terms has so far, by doubling: the same operations on host and device, which no `pow` promises, and
/// from 1 - beta on without the cancellation of a difference. 1 - beta^(m+n) = (1 - beta^m) + beta^m (1 - beta^n).
HOTROW_HD inline float weight_so_far(float beta, std::uint64_t n) {
    float result = 0.0f, term = 1.0f - beta;
    while (n != 0u) {
        if ((n & 1u) != 0u) result = arithmetic::fma(1.0f - result, term, result);
        n >>= 1;
        if (term == 1.0f && n != 0u) return 1.0f;
        term = arithmetic::fma(1.0f - term, term, term);
    }
    return result;
}

}  // namespace detail

/// What bias corrections count: steps of the embedding, as for dense parameters, or the updates of the row (four more bytes a row), since the averages
/// of a row that is seldom seen are as young as it has been seen rarely.
enum class CorrectBy : std::uint8_t { step, visit };

namespace detail {

/// A count of updates, if there is one. In halves, so that a structure of it and a number of 16 bits has no padding.
template <CorrectBy By>
struct UpdateCount {
    HOTROW_HD std::uint64_t next(const StepInfo& info) { return info.step; }
};
template <>
struct UpdateCount<CorrectBy::visit> {
    std::uint16_t low, high;
    HOTROW_HD std::uint64_t next(const StepInfo&) {
        const std::uint32_t count = (static_cast<std::uint32_t>(high) << 16 | low) + 1u;
        low = static_cast<std::uint16_t>(count);
        high = static_cast<std::uint16_t>(count >> 16);
        return count;
    }
};

}  // namespace detail

}  // namespace hotrow
