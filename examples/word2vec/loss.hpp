// SPDX-License-Identifier: Apache-2.0
// Skip-gram with negative sampling (Mikolov et al., "Distributed representations of words and phrases", NIPS 2013):
//
//     loss = -log sigmoid(centre . context) - sum over negatives of log sigmoid(-centre . negative)
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>

namespace word2vec {

// Sums are made in so many parts side by side, which is what vector instructions can do; dims are multiples of it.
inline constexpr std::size_t lanes = 16;

template <class Real>
Real dot(Real const* a, Real const* b, std::size_t dim) {
    Real parts[lanes] = {};
    for (std::size_t i = 0; i < dim; i += lanes) {
        for (std::size_t j = 0; j < lanes; ++j) parts[j] += a[i + j] * b[i + j];
    }
    for (std::size_t width = lanes / 2; width > 0; width /= 2) {
        for (std::size_t j = 0; j < width; ++j) parts[j] += parts[j + width];
    }
    return parts[0];
}

// sum += factor * row
template <class Real>
void add_scaled(Real* sum, Real factor, Real const* row, std::size_t dim) {
    for (std::size_t i = 0; i < dim; ++i) sum[i] += factor * row[i];
}

// Of one score x with its label: -log sigmoid(x) for a word of the context, -log sigmoid(-x) for a negative.
template <class Real>
struct ScoreLoss {
    Real loss, slope;  // slope: of the loss, by the score
};

template <class Real>
ScoreLoss<Real> score_loss(Real score, bool is_context) {
    Real const small = std::exp(-std::abs(score));  // never overflows
    Real const sigmoid = (score >= 0 ? Real(1) : small) / (Real(1) + small);
    Real const loss = std::max(is_context ? -score : score, Real(0)) + std::log1p(small);
    return {loss, sigmoid - Real(is_context)};
}

// The rows of one pair: its centre, and its targets one after the other, the word of the context first.
template <class Real>
Real pair_loss(std::span<Real const> centre, std::span<Real const> targets) {
    std::size_t const dim = centre.size();
    Real loss = 0;
    for (std::size_t i = 0; i < targets.size(); i += dim) { loss += score_loss(dot(centre.data(), targets.data() + i, dim), i == 0).loss; }
    return loss;
}

// The same, and the gradients by those rows, in the same shapes.
template <class Real>
Real pair_loss(std::span<Real const> centre, std::span<Real const> targets, std::span<Real> centre_gradient, std::span<Real> target_gradients) {
    std::size_t const dim = centre.size();
    Real loss = 0;
    std::fill(centre_gradient.begin(), centre_gradient.end(), Real(0));
    std::fill(target_gradients.begin(), target_gradients.end(), Real(0));
    for (std::size_t i = 0; i < targets.size(); i += dim) {
        auto const [its_loss, slope] = score_loss(dot(centre.data(), targets.data() + i, dim), i == 0);
        loss += its_loss;
        add_scaled(centre_gradient.data(), slope, targets.data() + i, dim);
        add_scaled(target_gradients.data() + i, slope, centre.data(), dim);
    }
    return loss;
}

}  // namespace word2vec
