// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../config.hpp"
#include "../execution/arithmetic.hpp"
#include "../execution/reduction.hpp"
#include "../execution/tile.hpp"
#include "hyperparameters.hpp"
#include "optimizer.hpp"

namespace hotrow {

/// Any optimizer with gradients of bounded length (Pascanu, Mikolov, Bengio, ICML 2013, by rows): the summed gradient of a row is scaled down to the norm
/// (L2) `max_norm` if it is longer. One whose squares have no finite sum is rejected.
/// `ClipRowNorm<WeightDecay<..>>` clips the gradient, and then weights decay; `WeightDecay<ClipRowNorm<..>, Decay::coupled>` clips the sum of both.
template <class Base>
struct ClipRowNorm : Base {
    using RowState = typename Base::RowState;
    using Elements = typename detail::ElementsOf<Base>::type;

    float max_norm = 1.0f;  ///< L2 norm above which a row's gradient is scaled down: above 0

    void check() const {
        detail::check_hyperparameters(static_cast<const Base&>(*this));
        detail::require_positive("clipping by row norm", "max_norm", max_norm);
    }

    template <int Dim, Tile TileType, class V>
    HOTROW_HD bool update(const TileType& tile, float* row, const float* gradient, const StepInfo& info, RowState& state, V& elements) const {
        const float norm = arithmetic::square_root(reduction::row_sum_of_squares<Dim>(tile, gradient));
        if (!arithmetic::is_finite(norm)) return false;
        const float scale = norm > max_norm ? arithmetic::quotient(max_norm, norm) : 1.0f;
        float scaled[RowShape<Dim, TileType::lanes>::local];
        for_each_element<Dim>(tile, [&](int i, int) { scaled[i] = arithmetic::product(scale, gradient[i]); });
        return detail::update_by<Dim>(static_cast<const Base&>(*this), tile, row, scaled, info, state, elements);
    }
};

}  // namespace hotrow
