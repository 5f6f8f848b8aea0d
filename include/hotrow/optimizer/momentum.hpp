// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../config.hpp"
#include "../execution/arithmetic.hpp"
#include "../execution/tile.hpp"
#include "hyperparameters.hpp"
#include "optimizer.hpp"
#include "state_formats.hpp"

namespace hotrow {

/// Gradient descent with momentum (Polyak, 1964), in the form of Sutskever et al. (ICML 2013) and PyTorch:
///     u <- momentum u + g;   w <- w - learning_rate u.
/// `Format` is that of u. A row's u stays as it is in steps that do not touch the row.
template <class Format = Fp32State>
struct Momentum {
    using RowState = NoState;
    using Elements = ElementStates<Format>;
    static constexpr const char* name = "momentum";

    float learning_rate = 0.01f;  ///< step size: at least 0
    float momentum = 0.9f;        ///< what is kept of u: at least 0, below 1

    void check() const {
        detail::require_not_negative(name, "learning_rate", learning_rate);
        detail::require_decay(name, "momentum", momentum);
    }

    HOTROW_HD NoState initial_state() const { return {}; }

    template <int Dim, Tile TileType, class V>
    HOTROW_HD bool update(const TileType& tile, float* row, const float* gradient, const StepInfo&, NoState&, V& elements) const {
        for_each_element<Dim>(tile, [&](int i, int) HOTROW_INLINE_LAMBDA {
            elements[0][i] = arithmetic::fma(momentum, elements[0][i], gradient[i]);
            row[i] = arithmetic::fma(-learning_rate, elements[0][i], row[i]);
        });
        return true;
    }
};

}  // namespace hotrow
