// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../execution/arithmetic.hpp"
#include "../execution/reduction.hpp"
#include "optimizer.hpp"

namespace hotrow {

/// Adagrad with one accumulator a row (Duchi, Hazan, Singer, JMLR 2011; one accumulator a row as in DLRM and FBGEMM):
///     s <- s + mean(g^2);   w <- w - learning_rate / (sqrt(s) + epsilon) * g.
struct RowwiseAdagrad {
    /// Running sum of the rows' mean squared gradients.
    struct RowState {
        float sum;
    };
    static constexpr const char* name = "rowwise_adagrad";

    float learning_rate = 0.01f;
    float epsilon = 1e-8f;
    float initial_accumulator = 0.001f;

    HOTROW_HD RowState initial_state() const { return {initial_accumulator}; }

    template <int Dim, Tile TileType>
    HOTROW_HD bool update(const TileType& tile, float* row, const float* gradient, RowState& state) const {
        const float squares = reduction::row_sum_of_squares<Dim>(tile, gradient);
        state.sum += arithmetic::quotient(squares, static_cast<float>(Dim));
        const float rate = arithmetic::quotient(-learning_rate, arithmetic::square_root(state.sum) + epsilon);
        for_each_element<Dim>(tile, [&](int i, int) { row[i] = arithmetic::fma(rate, gradient[i], row[i]); });
        return arithmetic::is_finite(state.sum);
    }
};

}  // namespace hotrow
