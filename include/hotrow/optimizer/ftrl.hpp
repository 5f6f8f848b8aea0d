// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../config.hpp"
#include "../execution/arithmetic.hpp"
#include "../execution/tile.hpp"
#include "hyperparameters.hpp"
#include "optimizer.hpp"
#include "state_formats.hpp"

namespace hotrow {

/// FTRL-proximal (McMahan et al., "Ad click prediction: a view from the trenches", KDD 2013), with alpha = learning_rate:
///     s = (sqrt(n + g^2) - sqrt(n)) / alpha;   z <- z + g - s w;   n <- n + g^2;
///     w = 0 if |z| <= l1, else -(z - sign(z) l1) / ((beta + sqrt(n)) / alpha + l2).
/// An update makes w from z and n alone, which start at 0 and `initial_accumulator`: what is left of a row's first values is what s w took up.
template <class FormatOfZ = Fp32State, class FormatOfN = FormatOfZ>
struct Ftrl {
    using RowState = NoState;
    using Elements = ElementStates<FormatOfZ, FormatOfN>;
    static constexpr const char* name = "ftrl";

    float learning_rate = 0.05f;       ///< step size, alpha in the paper: above 0
    float beta = 1.0f;                 ///< added to the root: at least 0
    float l1 = 0.0f;                   ///< of L1 regularisation: at least 0
    float l2 = 0.0f;                   ///< of L2 regularisation: at least 0
    float initial_accumulator = 0.0f;  ///< first value of n: at least 0

    void check() const {
        detail::require_positive(name, "learning_rate", learning_rate);
        detail::require_not_negative(name, "beta", beta);
        detail::require_not_negative(name, "l1", l1);
        detail::require_not_negative(name, "l2", l2);
        detail::require_not_negative(name, "initial_accumulator", initial_accumulator);
    }

    HOTROW_HD NoState initial_state() const { return {}; }
    HOTROW_HD float initial_element(int k) const { return k == 1 ? initial_accumulator : 0.0f; }

    template <int Dim, Tile TileType, class V>
    HOTROW_HD bool update(const TileType& tile, float* row, const float* gradient, const StepInfo&, NoState&, V& elements) const {
        const float inverse = arithmetic::quotient(1.0f, learning_rate);
        for_each_element<Dim>(tile, [&](int i, int) HOTROW_INLINE_LAMBDA {
            const float g = gradient[i];
            const float sum = arithmetic::fma(g, g, elements[1][i]);
            const float root = arithmetic::square_root(sum);
            const float sigma = arithmetic::product(root - arithmetic::square_root(elements[1][i]), inverse);
            const float z = arithmetic::fma(-sigma, row[i], elements[0][i] + g);
            const float magnitude = z < 0.0f ? -z : z;
            const float beyond = z < 0.0f ? z + l1 : z - l1;
            const float weight = arithmetic::quotient(-beyond, arithmetic::fma(beta + root, inverse, l2));
            row[i] = magnitude <= l1 ? 0.0f : weight;
            elements[0][i] = z;
            elements[1][i] = sum;
        });
        return true;
    }
};

}  // namespace hotrow
