// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../config.hpp"
#include "../execution/arithmetic.hpp"
#include "../execution/reduction.hpp"
#include "../storage/cast.hpp"
#include "../storage/precision.hpp"
#include "../storage/row_format.hpp"
#include "adam.hpp"
#include "optimizer.hpp"

namespace hotrow {

/// Adam with one second moment a row, the mean of its elements' (FBGEMM's "partial row-wise Adam"):
///     m <- beta1 m + (1 - beta1) g;   v <- beta2 v + (1 - beta2) mean(g^2);   then as Adam.
template <class First = RowFormat<Fp32, Cast>, CorrectBy By = CorrectBy::step>
struct RowwiseAdam {
    using Elements = ElementStates<First>;
    struct RowState {
        float second;
        [[no_unique_address]] detail::UpdateCount<By> updates;
    };
    static constexpr const char* name = "rowwise_adam";

    float learning_rate = 0.001f;
    float beta1 = 0.9f;
    float beta2 = 0.999f;
    float epsilon = 1e-8f;

    HOTROW_HD RowState initial_state() const { return {}; }

    template <int Dim, Tile TileType, class V>
    HOTROW_HD bool update(const TileType& tile, float* row, const float* gradient, const StepInfo& info, RowState& state, V& elements) const {
        const std::uint64_t t = state.updates.next(info);
        const float mean = arithmetic::quotient(reduction::row_sum_of_squares<Dim>(tile, gradient), static_cast<float>(Dim));
        state.second = arithmetic::fma(beta2, state.second, arithmetic::product(1.0f - beta2, mean));
        const float length = arithmetic::square_root(arithmetic::quotient(state.second, 1.0f - detail::power(beta2, t))) + epsilon;
        const float rate = arithmetic::quotient(-learning_rate, arithmetic::product(1.0f - detail::power(beta1, t), length));
        for_each_element<Dim>(tile, [&](int i, int) HOTROW_INLINE_LAMBDA {
            elements[0][i] = arithmetic::fma(beta1, elements[0][i], arithmetic::product(1.0f - beta1, gradient[i]));
            row[i] = arithmetic::fma(rate, elements[0][i], row[i]);
        });
        return arithmetic::is_finite(state.second);
    }
};

}  // namespace hotrow
