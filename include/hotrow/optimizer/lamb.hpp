// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../config.hpp"
#include "../execution/arithmetic.hpp"
#include "../execution/reduction.hpp"
#include "../execution/tile.hpp"
#include "hyperparameters.hpp"
#include "optimizer.hpp"
#include "state_formats.hpp"

namespace hotrow {

/// LAMB (You et al., "Large batch optimization for deep learning", ICLR 2020), where a layer is a row:
///     m, v as Adam;   r = (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon) + weight_decay w;
///     w <- w - learning_rate |w| / |r| r, with 1 for |w| / |r| if either is 0.
template <class First = Fp32State, class Second = First, CorrectBy By = CorrectBy::step>
struct Lamb {
    using Elements = ElementStates<First, Second>;
    using RowState = detail::UpdateCount<By>;
    static constexpr const char* name = "lamb";

    float learning_rate = 0.001f;  ///< step size: at least 0
    float beta1 = 0.9f;            ///< what is kept of the mean gradient: at least 0, below 1
    float beta2 = 0.999f;          ///< what is kept of the mean square: at least 0, below 1
    float epsilon = 1e-6f;         ///< added to the root: above 0
    float weight_decay = 0.01f;    ///< of the rows, as in AdamW: at least 0

    void check() const {
        detail::require_not_negative(name, "learning_rate", learning_rate);
        detail::require_decay(name, "beta1", beta1);
        detail::require_decay(name, "beta2", beta2);
        detail::require_positive(name, "epsilon", epsilon);
        detail::require_not_negative(name, "weight_decay", weight_decay);
    }

    HOTROW_HD RowState initial_state() const { return {}; }

    template <int Dim, Tile TileType, class V>
    HOTROW_HD bool update(const TileType& tile, float* row, const float* gradient, const StepInfo& info, RowState& state, V& elements) const {
        const std::uint64_t t = state.next(info);
        const float first_scale = arithmetic::quotient(1.0f, detail::weight_so_far(beta1, t));
        const float second_scale = arithmetic::quotient(1.0f, detail::weight_so_far(beta2, t));
        float direction[RowShape<Dim, TileType::lanes>::local];
        for_each_element<Dim>(tile, [&](int i, int) HOTROW_INLINE_LAMBDA {
            const float g = gradient[i];
            elements[0][i] = arithmetic::fma(beta1, elements[0][i], arithmetic::product(1.0f - beta1, g));
            elements[1][i] = arithmetic::fma(beta2, elements[1][i], arithmetic::product(arithmetic::product(1.0f - beta2, g), g));
            const float length = arithmetic::square_root(arithmetic::product(elements[1][i], second_scale)) + epsilon;
            const float slope = arithmetic::quotient(arithmetic::product(elements[0][i], first_scale), length);
            direction[i] = arithmetic::fma(weight_decay, row[i], slope);
        });
        const float of_row = arithmetic::square_root(reduction::row_sum_of_squares<Dim>(tile, row));
        const float of_direction = arithmetic::square_root(reduction::row_sum_of_squares<Dim>(tile, direction));
        const float trust = of_row > 0.0f && of_direction > 0.0f ? arithmetic::quotient(of_row, of_direction) : 1.0f;
        const float rate = arithmetic::product(-learning_rate, trust);
        for_each_element<Dim>(tile, [&](int i, int) { row[i] = arithmetic::fma(rate, direction[i], row[i]); });
        return true;
    }
};

}  // namespace hotrow
