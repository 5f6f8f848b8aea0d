// SPDX-License-Identifier: Apache-2.0
// The test harness itself, on the host.
#include "support/catch.hpp"

TEMPLATE_TEST_CASE("typed tests run with this version of Catch2", "[support]", float, double) { REQUIRE(static_cast<TestType>(0.1) == Approx(0.1)); }

#ifdef NDEBUG
TEST_CASE("the build type is an optimised one", "[support]") { SUCCEED(); }
#endif
