// SPDX-License-Identifier: Apache-2.0
// One step of each optimizer from its formula.
#include "support/catch.hpp"

#include <hotrow/execution/reduction.hpp>
#include <hotrow/optimizer/rowwise_adagrad.hpp>
#include <hotrow/optimizer/sgd.hpp>

#include <cmath>

using namespace hotrow;

namespace {

/// What `RowwiseAdagrad` keeps for each element: nothing.
ElementStates<>::Values<1> none;

}  // namespace

TEST_CASE("Sgd", "[optimizer]") {
    float row[] = {1.0f, -2.0f, 0.0f, 8.0f};
    const float gradient[] = {0.5f, 1.0f, -4.0f, 0.0f};
    NoState state;
    REQUIRE(Sgd{.learning_rate = 0.25f}.update<3>(SingleLane{}, row, gradient, state));
    REQUIRE(row[0] == 0.875f);
    REQUIRE(row[1] == -2.25f);
    REQUIRE(row[2] == 1.0f);
    REQUIRE(row[3] == 8.0f);  // beyond the row
}

TEST_CASE("RowwiseAdagrad", "[optimizer]") {
    const RowwiseAdagrad adagrad{.learning_rate = 0.5f, .epsilon = 0.25f, .initial_accumulator = 2.0f};
    RowwiseAdagrad::RowState state = adagrad.initial_state();
    REQUIRE(state.sum == 2.0f);
    float row[] = {1.0f, 1.0f, 1.0f, 1.0f};
    const float gradient[] = {1.0f, 1.0f, 1.0f, 5.0f};
    REQUIRE(adagrad.update<4>(SingleLane{}, row, gradient, StepInfo{}, state, none));
    REQUIRE(state.sum == 9.0f);  // 2 + 28 / 4
    const float rate = 0.5f / 3.25f;
    REQUIRE(row[0] == std::fma(-rate, 1.0f, 1.0f));
    REQUIRE(row[3] == std::fma(-rate, 5.0f, 1.0f));
    // A second step goes on from there.
    REQUIRE(adagrad.update<4>(SingleLane{}, row, gradient, StepInfo{}, state, none));
    REQUIRE(state.sum == 16.0f);
}

TEST_CASE("RowwiseAdagrad tells when its state overflows", "[optimizer]") {
    const RowwiseAdagrad adagrad{};
    for (const float bad : {3e38f, INFINITY, NAN}) {
        RowwiseAdagrad::RowState state = adagrad.initial_state();
        float row[] = {1.0f, 1.0f, 1.0f, 1.0f};
        const float gradient[] = {1.0f, bad, 1.0f, 1.0f};
        REQUIRE_FALSE(adagrad.update<4>(SingleLane{}, row, gradient, StepInfo{}, state, none));
    }
}

TEST_CASE("the sum of squares has the documented shape", "[optimizer]") {
    // Element 0 squared is 1, the others 2^-24: a pack of four in order loses three of them, but keeps those of other packs,
    // which are folded from the top.
    constexpr float tiny = 0x1p-12f;
    float values[24];
    for (float& value : values) value = tiny;
    values[0] = 1.0f;
    const auto square = [&](int i) { return values[i] * values[i]; };
    float packs[8] = {};
    for (int i = 0; i < 22; ++i) packs[i / 4] += square(i);
    for (int half = 4; half > 0; half /= 2) {
        for (int p = 0; p < half; ++p) packs[p] += packs[p + half];
    }
    REQUIRE(reduction::row_sum_of_squares<22>(SingleLane{}, values) == packs[0]);
    REQUIRE(packs[0] > 1.0f);
    REQUIRE(reduction::row_sum_of_squares<4>(SingleLane{}, values) == 1.0f);
    REQUIRE(reduction::row_sum_of_squares<1>(SingleLane{}, values) == 1.0f);
}
