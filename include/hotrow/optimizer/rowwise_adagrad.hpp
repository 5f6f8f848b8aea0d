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

/// Adagrad with one accumulator a row (Duchi, Hazan, Singer, JMLR 2011; one accumulator a row as in DLRM and FBGEMM):
///     s <- s + mean(g^2);   w <- w - learning_rate / (sqrt(s) + epsilon) * g.
/// `Format` is that of s: 4 bytes a row, or 2.
template <class Format = Fp32State>
struct RowwiseAdagradOf {
    /// How s is stored.
    using Number = detail::RowNumber<Format>;
    /// Running sum of the rows' mean squared gradients.
    struct RowState {
        typename Number::Stored sum;  ///< s, in `Format`
    };
    static constexpr const char* name = "rowwise_adagrad";

    float learning_rate = 0.01f;         ///< step size: at least 0
    float epsilon = 1e-8f;               ///< added to the root: above 0
    float initial_accumulator = 0.001f;  ///< first value of s: at least 0

    void check() const {
        detail::require_not_negative(name, "learning_rate", learning_rate);
        detail::require_positive(name, "epsilon", epsilon);
        detail::require_not_negative(name, "initial_accumulator", initial_accumulator);
    }

    HOTROW_HD RowState initial_state() const { return {Number::nearest(initial_accumulator)}; }

    template <int Dim, Tile TileType, class V>
    HOTROW_HD bool update(const TileType& tile, float* row, const float* gradient, const StepInfo& info, RowState& state, V&) const {
        const float squares = reduction::row_sum_of_squares<Dim>(tile, gradient);
        const float sum = Number::load(state.sum) + arithmetic::quotient(squares, static_cast<float>(Dim));
        const float rate = arithmetic::quotient(-learning_rate, arithmetic::square_root(sum) + epsilon);
        for_each_element<Dim>(tile, [&](int i, int) { row[i] = arithmetic::fma(rate, gradient[i], row[i]); });
        state.sum = Number::store(sum, info.key);
        return arithmetic::is_finite(sum);
    }
};

/// Row-wise Adagrad with its sum in FP32: 4 bytes a row.
using RowwiseAdagrad = RowwiseAdagradOf<>;

}  // namespace hotrow
