// SPDX-License-Identifier: Apache-2.0
// Row formats of integers on the device.
#include "support/catch.hpp"

#include "cuda/row_formats.hpp"

#include <tuple>

using namespace hotrow;
using namespace hotrow::test;

namespace {
using Storages =
    std::tuple<Storage<Int8, RowAffine<>>, Storage<Int8, RowAffine<Fp16>>, Storage<Int2, RowAffine<Bf16>>, Storage<Int4, BlockAffine<4, Bf16>>,
               Storage<Int4, BlockAffine<16>>, Storage<Int8, RowSymmetric<>>, Storage<Int4, BlockSymmetric<32, Fp32>>, Storage<Int2, BlockSymmetric<8>>>;
}

TEMPLATE_LIST_TEST_CASE("the device stores and reads the host's bits", "[storage][cuda]", Storages) { check_device_dims<TestType>(); }
