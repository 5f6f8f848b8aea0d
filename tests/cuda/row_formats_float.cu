// SPDX-License-Identifier: Apache-2.0
// Row formats of floats on the device.
#include "support/catch.hpp"

#include "cuda/row_formats.hpp"

#include <tuple>

using namespace hotrow;
using namespace hotrow::test;

namespace {
using Storages = std::tuple<Storage<Fp32, Cast>, Storage<Fp16, Cast>, Storage<Bf16, Cast>, Storage<Fp8E4M3, Cast>, Storage<Fp8E5M2, Cast>,
                            Storage<Fp8E4M3, RowScaled<>>, Storage<Fp8E5M2, RowScaled<Bf16>>, Storage<Fp8E4M3, BlockScaled<32>>>;
}

TEMPLATE_LIST_TEST_CASE("the device stores and reads the host's bits", "[storage][cuda]", Storages) { check_device_dims<TestType>(); }
