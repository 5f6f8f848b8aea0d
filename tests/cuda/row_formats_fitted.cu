// SPDX-License-Identifier: Apache-2.0
// Row formats with a clipped or learned range on the device.
#include "support/catch.hpp"

#include "cuda/row_formats.hpp"

#include <tuple>

using namespace hotrow;
using namespace hotrow::test;

namespace {
using Storages = std::tuple<Storage<Int4, RowClipped<>>, Storage<Int2, BlockClipped<16, Fp32>>, Storage<Int4, RowLearned<>>, Storage<Int8, RowLearned<Fp16>>>;
}

TEMPLATE_LIST_TEST_CASE("the device stores and reads the host's bits", "[storage][cuda]", Storages) { check_device_dims<TestType>(); }
