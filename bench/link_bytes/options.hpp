// SPDX-License-Identifier: Apache-2.0
// The command line.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace link_bytes {

struct Options {
    std::vector<std::string> criteo;  ///< files
    std::vector<double> zipf;         ///< exponents
    std::uint32_t rows = 200'000;     ///< of a Zipf trace
    std::size_t lookups = 2'080'000;  ///< of a Zipf trace

    std::size_t batch = 2048;                         ///< samples
    std::vector<double> shares{0, 0.01, 0.05, 0.10};  ///< lines over rows
    std::vector<std::string> policies, precisions;    ///< empty: all
    int threads = 1;
};

/// Nothing if the program has said all it has to say: `exit_code` is then what to end with. Knows nothing of Google
/// Benchmark's flags, which are to be taken out before.
std::optional<Options> parse(int argc, char** argv, int& exit_code);

}  // namespace link_bytes
