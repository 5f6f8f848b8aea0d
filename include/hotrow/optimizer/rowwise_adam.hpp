// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../config.hpp"
#include "../execution/arithmetic.hpp"
#include "../execution/reduction.hpp"
#include "../execution/tile.hpp"
#include "hyperparameters.hpp"
#include "optimizer.hpp"
#include "row_number.hpp"
#include "state_formats.hpp"

namespace hotrow {

/// Adam with one second moment a row, the mean of its elements' (FBGEMM's "partial row-wise Adam"):
///     m <- beta1 m + (1 - beta1) g;   v <- beta2 v + (1 - beta2) mean(g^2);   then as Adam.
/// `First` is the format of m, `Second` that of v: 4 bytes a row, or 2.
template <class First = Fp32State, class Second = Fp32State, CorrectBy By = CorrectBy::step>
struct RowwiseAdam {
    using Elements = ElementStates<First>;
    /// How the mean square of a row is stored.
    using Number = detail::RowNumber<Second>;
    /// What is kept for each row.
    struct RowState {
        typename Number::Stored second;                         ///< v, in `Second`
        [[no_unique_address]] detail::UpdateCount<By> updates;  ///< of this row, with `CorrectBy::visit`
    };
    static constexpr const char* name = "rowwise_adam";

    float learning_rate = 0.001f;  ///< step size: at least 0
    float beta1 = 0.9f;            ///< what is kept of the mean gradient: at least 0, below 1
    float beta2 = 0.999f;          ///< what is kept of the mean square: at least 0, below 1
    float epsilon = 1e-8f;         ///< added to the root: above 0

    void check() const {
        detail::require_not_negative(name, "learning_rate", learning_rate);
        detail::require_decay(name, "beta1", beta1);
        detail::require_decay(name, "beta2", beta2);
        detail::require_positive(name, "epsilon", epsilon);
    }

    HOTROW_HD RowState initial_state() const { return {}; }

    template <int Dim, Tile TileType, class V>
    HOTROW_HD bool update(const TileType& tile, float* row, const float* gradient, const StepInfo& info, RowState& state, V& elements) const {
        const std::uint64_t t = state.updates.next(info);
        const float mean = arithmetic::quotient(reduction::row_sum_of_squares<Dim>(tile, gradient), static_cast<float>(Dim));
        const float second = arithmetic::fma(beta2, Number::load(state.second), arithmetic::product(1.0f - beta2, mean));
        const float length = arithmetic::square_root(arithmetic::quotient(second, detail::weight_so_far(beta2, t))) + epsilon;
        const float rate = arithmetic::quotient(-learning_rate, arithmetic::product(detail::weight_so_far(beta1, t), length));
        for_each_element<Dim>(tile, [&](int i, int) HOTROW_INLINE_LAMBDA {
            elements[0][i] = arithmetic::fma(beta1, elements[0][i], arithmetic::product(1.0f - beta1, gradient[i]));
            row[i] = arithmetic::fma(rate, elements[0][i], row[i]);
        });
        state.second = Number::store(second, info.key);
        return arithmetic::is_finite(second);
    }
};

}  // namespace hotrow
