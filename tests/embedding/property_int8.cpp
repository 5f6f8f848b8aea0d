// SPDX-License-Identifier: Apache-2.0
// INT8 rows against the naive model.
#include "embedding/property.hpp"
#include "support/catch.hpp"

using namespace hotrow;
using hotrow::test::check_format;

TEST_CASE("Int8, RowAffine<Fp32>, NearestEven rows do what the model does", "[embedding]") {
    check_format<36, RowFormat<Int8, RowAffine<Fp32>, NearestEven>>("Int8, RowAffine<Fp32>, NearestEven");
}

TEST_CASE("Int8, RowAffine<Fp32>, Stochastic rows do what the model does", "[embedding]") {
    check_format<48, RowFormat<Int8, RowAffine<Fp32>, Stochastic<>>>("Int8, RowAffine<Fp32>, Stochastic");
}

TEST_CASE("Int8, RowAffine<Fp16>, NearestEven rows do what the model does", "[embedding]") {
    check_format<60, RowFormat<Int8, RowAffine<Fp16>, NearestEven>>("Int8, RowAffine<Fp16>, NearestEven");
}

TEST_CASE("Int8, RowAffine<Fp16>, Stochastic rows do what the model does", "[embedding]") {
    check_format<72, RowFormat<Int8, RowAffine<Fp16>, Stochastic<>>>("Int8, RowAffine<Fp16>, Stochastic");
}
