// SPDX-License-Identifier: Apache-2.0
// How good predictions are.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>
#include <span>
#include <vector>

namespace dlrm {

// -log of the probability that the model gave to what happened, from the log odds; never overflows.
inline double log_loss(double logit, double label) { return std::max(logit, 0.0) - logit * label + std::log1p(std::exp(-std::abs(logit))); }

inline double mean_log_loss(std::span<float const> logits, std::span<float const> labels) {
    double sum = 0;
    for (std::size_t i = 0; i < logits.size(); ++i) sum += log_loss(logits[i], labels[i]);
    return sum / static_cast<double>(logits.size());
}

// The probability that a clicked sample scores higher than one that was not clicked; a tie counts half.
// From the ranks of the clicked ones, where equal scores share their mean rank. NaN if there is only one class, or if a
// score is not a number.
inline double area_under_curve(std::span<float const> scores, std::span<float const> labels) {
    constexpr double undefined = std::numeric_limits<double>::quiet_NaN();
    if (std::any_of(scores.begin(), scores.end(), [](float score) { return std::isnan(score); })) return undefined;

    std::vector<std::size_t> order(scores.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return scores[a] < scores[b]; });

    double clicked = 0, clicked_ranks = 0;
    for (std::size_t begin = 0, end = 0; begin < order.size(); begin = end) {
        double clicked_here = 0;
        for (end = begin; end < order.size() && scores[order[end]] == scores[order[begin]]; ++end) { clicked_here += labels[order[end]]; }
        double const mean_rank = 0.5 * static_cast<double>(begin + 1 + end);  // ranks begin + 1 .. end
        clicked += clicked_here;
        clicked_ranks += clicked_here * mean_rank;
    }
    double const others = static_cast<double>(scores.size()) - clicked;
    if (clicked == 0 || others == 0) return undefined;
    return (clicked_ranks - clicked * (clicked + 1) / 2) / (clicked * others);
}

}  // namespace dlrm
