// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../config.hpp"
#include "../execution/arithmetic.hpp"
#include "../execution/tile.hpp"
#include "hyperparameters.hpp"
#include "optimizer.hpp"

#include <cstdint>

namespace hotrow {

/// How weights decay: by a term of the gradient (L2 regularisation), or by themselves (Loshchilov, Hutter, "Decoupled weight decay regularization",
/// ICLR 2019).
enum class Decay : std::uint8_t { coupled, decoupled };

/// Any optimizer with weights that decay: coupled, its gradient is g + weight_decay w; decoupled, it starts from w (1 - learning_rate weight_decay).
/// Rows decay when they are updated, not in steps that do not touch them.
template <class Base, Decay DecayOf>
struct WeightDecay : Base {
    using RowState = typename Base::RowState;
    using Elements = typename detail::ElementsOf<Base>::type;

    float weight_decay = 0.01f;  ///< factor of the weights: at least 0

    void check() const {
        detail::check_hyperparameters(static_cast<const Base&>(*this));
        detail::require_not_negative("weight decay", "weight_decay", weight_decay);
    }

    template <int Dim, Tile TileType, class V>
    HOTROW_HD bool update(const TileType& tile, float* row, const float* gradient, const StepInfo& info, RowState& state, V& elements) const {
        if constexpr (DecayOf == Decay::coupled) {
            float whole[RowShape<Dim, TileType::lanes>::local];
            for_each_element<Dim>(tile, [&](int i, int) { whole[i] = arithmetic::fma(weight_decay, row[i], gradient[i]); });
            return detail::update_by<Dim>(static_cast<const Base&>(*this), tile, row, whole, info, state, elements);
        } else {
            const float kept = arithmetic::fma(-this->learning_rate, weight_decay, 1.0f);
            for_each_element<Dim>(tile, [&](int i, int) { row[i] = arithmetic::product(row[i], kept); });
            return detail::update_by<Dim>(static_cast<const Base&>(*this), tile, row, gradient, info, state, elements);
        }
    }
};

}  // namespace hotrow
