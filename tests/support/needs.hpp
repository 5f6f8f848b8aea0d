// SPDX-License-Identifier: Apache-2.0
// What a test program needs to run. A program is linked with one definition of what_is_missing():
// needs_nothing.cpp or needs_device.cpp.
#pragma once

#include <string>

namespace hotrow::test {

/// CTest counts a test that exits so as skipped (SKIP_RETURN_CODE).
inline constexpr int skip_exit_code = 77;

/// Empty if the tests can run, else the reason why not.
std::string what_is_missing();

}  // namespace hotrow::test
