// SPDX-License-Identifier: Apache-2.0
// The command line.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace hit_rate {

struct Options {
    std::vector<std::string> criteo, text;  ///< files
    std::vector<double> zipf;               ///< exponents
    std::uint32_t rows = 200'000;           ///< of a Zipf trace
    std::size_t lookups = 2'080'000;        ///< of a Zipf trace

    std::vector<std::size_t> batches{2048};  ///< samples; 1: one lookup
    std::vector<double> shares{0.01, 0.05, 0.10};
    std::vector<double> budgets{0.5, 1.0 / 3, 0.25, 1.0 / 6, 0.125};
    std::vector<std::string> policies, precisions;  ///< empty: see `selected`
    std::vector<int> ways;
    bool optimum = true;
    int threads = 1;
};

/// Nothing if the program has said all it has to say: `exit_code` is then what to end with. Knows nothing of Google
/// Benchmark's flags, which are to be taken out before.
std::optional<Options> parse(int argc, char** argv, int& exit_code);

}  // namespace hit_rate
