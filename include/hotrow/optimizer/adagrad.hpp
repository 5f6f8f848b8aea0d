// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../config.hpp"
#include "../execution/arithmetic.hpp"
#include "../execution/tile.hpp"
#include "hyperparameters.hpp"
#include "optimizer.hpp"
#include "state_formats.hpp"

namespace hotrow {

/// Adagrad (Duchi, Hazan, Singer, JMLR 2011):
///     s <- s + g^2;   w <- w - learning_rate g / (sqrt(s) + epsilon).
/// `Format` is that of s. Nearest rounding loses additions to a large s; stochastic rounding keeps them on average.
template <class Format = Fp32State>
struct Adagrad {
    using RowState = NoState;
    using Elements = ElementStates<Format>;
    static constexpr const char* name = "adagrad";

    float learning_rate = 0.01f;       ///< step size: at least 0
    float epsilon = 1e-8f;             ///< added to the root: above 0
    float initial_accumulator = 0.0f;  ///< first value of s: at least 0

    void check() const {
        detail::require_not_negative(name, "learning_rate", learning_rate);
        detail::require_positive(name, "epsilon", epsilon);
        detail::require_not_negative(name, "initial_accumulator", initial_accumulator);
    }

    HOTROW_HD NoState initial_state() const { return {}; }
    HOTROW_HD float initial_element(int) const { return initial_accumulator; }

    template <int Dim, Tile TileType, class V>
    HOTROW_HD bool update(const TileType& tile, float* row, const float* gradient, const StepInfo&, NoState&, V& elements) const {
        for_each_element<Dim>(tile, [&](int i, int) HOTROW_INLINE_LAMBDA {
            const float sum = arithmetic::fma(gradient[i], gradient[i], elements[0][i]);
            const float slope = arithmetic::quotient(gradient[i], arithmetic::square_root(sum) + epsilon);
            row[i] = arithmetic::fma(-learning_rate, slope, row[i]);
            elements[0][i] = sum;
        });
        return true;
    }
};

}  // namespace hotrow
