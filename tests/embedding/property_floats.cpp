// SPDX-License-Identifier: Apache-2.0
// Rows of floats against the naive model.
#include "embedding/property.hpp"
#include "support/catch.hpp"

using namespace hotrow;
using hotrow::test::check_format;

TEST_CASE("Fp32, Cast, NearestEven rows do what the model does", "[embedding]") {
    check_format<0, RowFormat<Fp32, Cast, NearestEven>>("Fp32, Cast, NearestEven");
}

TEST_CASE("Fp16, Cast, NearestEven rows do what the model does", "[embedding]") {
    check_format<12, RowFormat<Fp16, Cast, NearestEven>>("Fp16, Cast, NearestEven");
}

TEST_CASE("Fp16, Cast, Stochastic rows do what the model does", "[embedding]") {
    check_format<24, RowFormat<Fp16, Cast, Stochastic<>>>("Fp16, Cast, Stochastic");
}
