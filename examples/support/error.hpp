// SPDX-License-Identifier: Apache-2.0
// What can go wrong in an example program, by whose fault it is: that decides the exit code.
#pragma once

#include <stdexcept>

namespace examples {

// The command line asks for something that cannot be: exit code 2.
struct UsageError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// The data cannot be read: exit code 1.
struct DataError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

}  // namespace examples
