// SPDX-License-Identifier: Apache-2.0
// INT4 rows against the naive model.
#include "embedding/property.hpp"
#include "support/catch.hpp"

using namespace hotrow;
using hotrow::test::check_format;

TEST_CASE("Int4, RowAffine<Fp32>, NearestEven rows do what the model does", "[embedding]") {
    check_format<84, RowFormat<Int4, RowAffine<Fp32>, NearestEven>>("Int4, RowAffine<Fp32>, NearestEven");
}

TEST_CASE("Int4, RowAffine<Fp32>, Stochastic rows do what the model does", "[embedding]") {
    check_format<96, RowFormat<Int4, RowAffine<Fp32>, Stochastic<>>>("Int4, RowAffine<Fp32>, Stochastic");
}

TEST_CASE("Int4, RowAffine<Fp16>, NearestEven rows do what the model does", "[embedding]") {
    check_format<108, RowFormat<Int4, RowAffine<Fp16>, NearestEven>>("Int4, RowAffine<Fp16>, NearestEven");
}

TEST_CASE("Int4, RowAffine<Fp16>, Stochastic rows do what the model does", "[embedding]") {
    check_format<120, RowFormat<Int4, RowAffine<Fp16>, Stochastic<>>>("Int4, RowAffine<Fp16>, Stochastic");
}
