// SPDX-License-Identifier: Apache-2.0
// Counts the calls of the CUDA runtime that this program makes. A program linked with counted_runtime.cpp and the shared runtime calls the functions
// defined there, which count and hand on.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace hotrow::test {

/// Calls by the name of the function, from here on until it goes. One at a time, on one thread.
class CountedCalls {
public:
    CountedCalls();
    CountedCalls(const CountedCalls&) = delete;
    CountedCalls& operator=(const CountedCalls&) = delete;
    ~CountedCalls();
    const std::map<std::string, int>& calls() const { return calls_; }
    void add(const char* name) { ++calls_[name]; }

private:
    std::map<std::string, int> calls_;
};

/// Functions of the runtime that this program takes from the library, and so does not count.
std::vector<std::string> uncounted_functions();

}  // namespace hotrow::test
