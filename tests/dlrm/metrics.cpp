// SPDX-License-Identifier: Apache-2.0
// Metrics against their definitions.
#include "metrics.hpp"

#include <cmath>
#include <vector>

#include "examples/support/random.hpp"
#include "support/catch.hpp"

using namespace dlrm;
using examples::mix;
using examples::to_uniform;

namespace {

double auc_by_definition(std::vector<float> const& scores, std::vector<float> const& labels) {
    double right = 0, all = 0;
    for (std::size_t i = 0; i < scores.size(); ++i) {
        for (std::size_t j = 0; j < scores.size(); ++j) {
            if (labels[i] <= labels[j]) continue;
            all += 1;
            right += scores[i] > scores[j] ? 1.0 : scores[i] == scores[j] ? 0.5 : 0.0;
        }
    }
    return right / all;
}

}  // namespace

TEST_CASE("AUC by ranks is AUC by its definition, ties included", "[dlrm]") {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        auto const levels = seed % 2 == 0 ? 8.0 : 1e6;  // many ties, or hardly any
        std::vector<float> scores, labels;
        for (std::uint64_t i = 0; i < 50 + 10 * seed; ++i) {
            labels.push_back(to_uniform(mix(seed, 1, i)) < 0.3 ? 1.0f : 0.0f);
            scores.push_back(static_cast<float>(std::floor(levels * to_uniform(mix(seed, 2, i)) + labels.back())));
        }
        CHECK(area_under_curve(scores, labels) == Approx(auc_by_definition(scores, labels)).epsilon(1e-12));
    }
}

TEST_CASE("AUC of the extremes", "[dlrm]") {
    std::vector<float> const labels{0, 0, 1, 1};
    CHECK(area_under_curve(std::vector<float>{1, 2, 3, 4}, labels) == 1.0);
    CHECK(area_under_curve(std::vector<float>{4, 3, 2, 1}, labels) == 0.0);
    CHECK(area_under_curve(std::vector<float>{5, 5, 5, 5}, labels) == 0.5);
    CHECK(std::isnan(area_under_curve(std::vector<float>{1, 2}, std::vector<float>{1, 1})));
    CHECK(std::isnan(area_under_curve(std::vector<float>{1, NAN, 2, 3}, labels)));
    CHECK(std::isnan(area_under_curve({}, {})));
}

TEST_CASE("log loss is right and finite everywhere", "[dlrm]") {
    CHECK(log_loss(0.0, 1.0) == Approx(std::log(2.0)));
    CHECK(log_loss(1.5, 1.0) == Approx(-std::log(1 / (1 + std::exp(-1.5)))));
    CHECK(log_loss(1.5, 0.0) == Approx(-std::log(1 - 1 / (1 + std::exp(-1.5)))));
    CHECK(log_loss(1000.0, 0.0) == Approx(1000.0));
    CHECK(log_loss(-1000.0, 0.0) == 0.0);
    CHECK(mean_log_loss(std::vector<float>{0, 0}, std::vector<float>{0, 1}) == Approx(std::log(2.0)));
}
