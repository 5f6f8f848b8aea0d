// SPDX-License-Identifier: Apache-2.0
// What can go wrong in this program, by whose fault it is: that decides the exit code.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

namespace dlrm {

// The command line asks for something that cannot be: exit code 2.
struct UsageError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// The data cannot be read: exit code 1.
struct DataError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// One line of the data is not a Criteo line; says which.
struct BadLine : DataError {
    BadLine(std::string const& file, std::int64_t line_number, std::string const& reason)
        : DataError(file + ":" + std::to_string(line_number) + ": " + reason), line(line_number) {}

    std::int64_t line;  // counted from 1
};

}  // namespace dlrm
