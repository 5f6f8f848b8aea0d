// SPDX-License-Identifier: Apache-2.0
// What the command line can ask for.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "corpus.hpp"
#include "pairs.hpp"
#include "word_table.hpp"

namespace word2vec {

inline constexpr std::array<std::string_view, 4> rows_names{"fp32", "fp16", "int8", "int4"};

struct Options {
    CorpusOptions corpus;
    PairOptions pairs;

    // embeddings
    std::vector<Rows> rows{Rows::fp16, Rows::int8};
    double cache = 0.05;  // of integer rows
    int dim = 64;
    double learning_rate = 0.1;

    // training
    int epochs = 5;
    int batch = 4096;
    std::uint64_t seed = 1;
    int seeds = 1;  // `seed` and those after it

    // machine
    int threads = 0;  // 0: all cores

    // report
    bool compare = true;
    std::vector<std::string> words;  // empty: those of default_words that the text has
    int neighbours = 5;
    bool quiet = false;
    std::filesystem::path json;  // empty: none
};

// What was asked for, or, where nothing is left to do (--help), the text to print.
struct CommandLine {
    Options options;
    std::optional<std::string> text;
};

// Throws UsageError that names the option, its value, and what is allowed.
CommandLine parse_command_line(int argc, char const* const* argv);
void validate(Options const& options);

}  // namespace word2vec
