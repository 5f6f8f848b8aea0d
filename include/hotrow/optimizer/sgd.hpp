// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../config.hpp"
#include "../execution/arithmetic.hpp"
#include "../execution/tile.hpp"
#include "hyperparameters.hpp"
#include "optimizer.hpp"

namespace hotrow {

/// Stochastic gradient descent: w <- w - learning_rate * g.
struct Sgd {
    using RowState = NoState;
    static constexpr const char* name = "sgd";

    float learning_rate = 0.01f;  ///< step size: at least 0

    void check() const { detail::require_not_negative(name, "learning_rate", learning_rate); }

    HOTROW_HD NoState initial_state() const { return {}; }

    template <int Dim, Tile TileType>
    HOTROW_HD bool update(const TileType& tile, float* row, const float* gradient, NoState&) const {
        for_each_element<Dim>(tile, [&](int i, int) { row[i] = arithmetic::fma(-learning_rate, gradient[i], row[i]); });
        return true;
    }
};

}  // namespace hotrow
