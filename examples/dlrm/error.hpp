// SPDX-License-Identifier: Apache-2.0
// What can go wrong in this program, by whose fault it is: that decides the exit code.
#pragma once

#include <cstdint>
#include <string>

#include "examples/support/error.hpp"

namespace dlrm {

using examples::DataError;
using examples::UsageError;

// One line of the data is not a Criteo line; says which.
struct BadLine : DataError {
    BadLine(std::string const& file, std::int64_t line_number, std::string const& reason)
        : DataError(file + ":" + std::to_string(line_number) + ": " + reason), line(line_number) {}

    std::int64_t line;  // counted from 1
};

}  // namespace dlrm
