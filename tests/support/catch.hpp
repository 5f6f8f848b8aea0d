// SPDX-License-Identifier: Apache-2.0
// Catch2's test macros, from version 2 or 3, whichever was found.
#pragma once

#ifdef HOTROW_TEST_CATCH2_V2
#include <catch2/catch.hpp>
#else
#include <catch2/catch_all.hpp>
// Version 2's unqualified names.
using Catch::Approx;
#endif
