// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../config.hpp"
#include "../execution/arithmetic.hpp"
#include "../execution/tile.hpp"
#include "hyperparameters.hpp"
#include "optimizer.hpp"
#include "state_formats.hpp"
#include "weight_decay.hpp"

#include <cstdint>

namespace hotrow {

/// Adam (Kingma, Ba, ICLR 2015):
///     m <- beta1 m + (1 - beta1) g;   v <- beta2 v + (1 - beta2) g^2;
///     w <- w - learning_rate (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon),
/// where t counts what `By` says.
/// `First` and `Second` are the formats of m and v. Rows that a step does not touch stay as they are, averages too.
template <class First = Fp32State, class Second = First, CorrectBy By = CorrectBy::step>
struct Adam {
    using Elements = ElementStates<First, Second>;
    using RowState = detail::UpdateCount<By>;
    static constexpr const char* name = "adam";

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
        const std::uint64_t t = state.next(info);
        const float first_scale = arithmetic::quotient(1.0f, detail::weight_so_far(beta1, t));
        const float second_scale = arithmetic::quotient(1.0f, detail::weight_so_far(beta2, t));
        const float rate = arithmetic::product(-learning_rate, first_scale);
        for_each_element<Dim>(tile, [&](int i, int) HOTROW_INLINE_LAMBDA {
            const float g = gradient[i];
            const float m = arithmetic::fma(beta1, elements[0][i], arithmetic::product(1.0f - beta1, g));
            const float v = arithmetic::fma(beta2, elements[1][i], arithmetic::product(arithmetic::product(1.0f - beta2, g), g));
            const float slope = arithmetic::quotient(m, arithmetic::square_root(arithmetic::product(v, second_scale)) + epsilon);
            row[i] = arithmetic::fma(rate, slope, row[i]);
            elements[0][i] = m;
            elements[1][i] = v;
        });
        return true;
    }
};

/// AdamW (Loshchilov, Hutter, "Decoupled weight decay regularization", ICLR 2019).
template <class First = Fp32State, class Second = First, CorrectBy By = CorrectBy::step>
using AdamW = WeightDecay<Adam<First, Second, By>, Decay::decoupled>;

}  // namespace hotrow
