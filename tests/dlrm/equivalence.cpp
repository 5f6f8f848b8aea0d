// SPDX-License-Identifier: Apache-2.0
#include "equivalence.hpp"

#include <vector>

#include "support/catch.hpp"

using namespace dlrm;

TEST_CASE("means have standard errors", "[dlrm]") {
    std::vector<double> const values{1, 2, 3, 4};
    auto const mean = mean_of(values);
    CHECK(mean.count == 4);
    CHECK(mean.mean == Approx(2.5));
    CHECK(mean.error == Approx(std::sqrt(5.0 / 3.0 / 4.0)));
    CHECK(std::isnan(mean_of(std::vector<double>{7}).error));
}

TEST_CASE("Student's quantiles as printed in tables", "[dlrm]") {
    CHECK(student_quantile(1) == Approx(12.706).epsilon(1e-4));
    CHECK(student_quantile(2) == Approx(4.303).epsilon(1e-4));
    CHECK(student_quantile(5) == Approx(2.571).epsilon(2e-3));
    CHECK(student_quantile(9) == Approx(2.262).epsilon(1e-3));
    CHECK(student_quantile(19) == Approx(2.093).epsilon(1e-3));
    CHECK(student_quantile(1000) == Approx(1.962).epsilon(1e-3));
}

TEST_CASE("equal needs the whole interval within the margin", "[dlrm]") {
    std::vector<double> near, noisy, far;
    for (int i = 0; i < 20; ++i) {
        double const sign = i % 2 == 0 ? 1.0 : -1.0;
        near.push_back(0.0002 + sign * 0.0005);
        noisy.push_back(0.0002 + sign * 0.01);
        far.push_back(0.0012 + sign * 0.0005);
    }
    CHECK(is_equivalent(mean_of(near), 0.001));
    CHECK_FALSE(is_equivalent(mean_of(noisy), 0.001));  // no significant difference either: that is not enough
    CHECK_FALSE(is_equivalent(mean_of(far), 0.001));
    CHECK_FALSE(is_equivalent(mean_of(std::vector<double>{0.0}), 0.001));
}
