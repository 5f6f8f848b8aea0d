// SPDX-License-Identifier: Apache-2.0
// The loss of a pair, and its gradient against finite differences.
#include "loss.hpp"

#include <cmath>
#include <vector>

#include "examples/support/random.hpp"
#include "support/catch.hpp"

using namespace word2vec;

namespace {

constexpr std::size_t dim = 32, targets_count = 6;

std::vector<double> values(std::uint64_t stream, std::size_t count, double scale) {
    std::vector<double> made;
    for (std::size_t i = 0; i < count; ++i) made.push_back(scale * examples::to_normal(examples::mix(stream, i)));
    return made;
}

}  // namespace

TEST_CASE("of rows of zeros, each score costs log 2", "[word2vec]") {
    std::vector<double> const centre(dim), targets(targets_count * dim);
    CHECK(pair_loss<double>(centre, targets) == Approx(targets_count * std::log(2.0)));
}

TEST_CASE("the loss is what the paper says", "[word2vec]") {
    auto const centre = values(1, dim, 0.3), targets = values(2, targets_count * dim, 0.3);
    double expected = 0;
    for (std::size_t i = 0; i < targets_count; ++i) {
        double score = 0;
        for (std::size_t j = 0; j < dim; ++j) score += centre[j] * targets[i * dim + j];
        expected -= std::log(1.0 / (1.0 + std::exp(i == 0 ? -score : score)));
    }
    CHECK(pair_loss<double>(centre, targets) == Approx(expected).epsilon(1e-12));
}

TEST_CASE("gradients agree with finite differences", "[word2vec]") {
    for (double scale : {0.1, 0.5, 1.5}) {
        auto centre = values(3, dim, scale), targets = values(4, targets_count * dim, scale);
        std::vector<double> centre_gradient(dim, 7.0), target_gradients(targets.size(), 7.0);  // are overwritten
        double const loss = pair_loss<double>(centre, targets, centre_gradient, target_gradients);
        CHECK(loss == pair_loss<double>(centre, targets));
        auto const slope = [&](double& variable) {
            constexpr double step = 1e-5;
            double const at = variable;
            variable = at + step;
            double const above = pair_loss<double>(centre, targets);
            variable = at - step;
            double const below = pair_loss<double>(centre, targets);
            variable = at;
            return (above - below) / (2 * step);
        };
        for (std::size_t i = 0; i < dim; ++i) { CHECK(centre_gradient[i] == Approx(slope(centre[i])).epsilon(1e-6).margin(1e-9)); }
        for (std::size_t i = 0; i < targets.size(); ++i) { CHECK(target_gradients[i] == Approx(slope(targets[i])).epsilon(1e-6).margin(1e-9)); }
    }
}

TEST_CASE("large scores neither overflow nor lose the slope", "[word2vec]") {
    for (float score : {-1e4f, -100.0f, 100.0f, 1e4f}) {
        auto const context = score_loss(score, true), negative = score_loss(score, false);
        CHECK(context.loss == Approx(score > 0 ? 0.0f : -score).margin(1e-30));
        CHECK(negative.loss == Approx(score > 0 ? score : 0.0f).margin(1e-30));
        CHECK(context.slope == Approx(score > 0 ? 0.0f : -1.0f).margin(1e-30));
        CHECK(negative.slope == Approx(score > 0 ? 1.0f : 0.0f).margin(1e-30));
    }
}
