// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "options.hpp"

namespace footprint {

/// A line for each combination of what the options list: MB by component, FP32 tables over stored rows and cache, and millions of rows that fit the
/// budget.
std::string table(Options const& options);

}  // namespace footprint
