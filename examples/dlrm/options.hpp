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

namespace dlrm {

enum class Rows { fp32, fp16, int8, int4 };
enum class Rounding { nearest, stochastic };
enum class Eviction { lru, lfu };
enum class Optimizer { sgd, adagrad };
enum class Backend { host, cuda };

// The names of an enumeration's values, in their order, as on the command line and in the JSON.
template <class Enum>
inline constexpr std::array<std::string_view, 0> names_of{};
template <>
inline constexpr std::array<std::string_view, 4> names_of<Rows>{"fp32", "fp16", "int8", "int4"};
template <>
inline constexpr std::array<std::string_view, 2> names_of<Rounding>{"nearest", "stochastic"};
template <>
inline constexpr std::array<std::string_view, 2> names_of<Eviction>{"lru", "lfu"};
template <>
inline constexpr std::array<std::string_view, 2> names_of<Optimizer>{"sgd", "adagrad"};
template <>
inline constexpr std::array<std::string_view, 2> names_of<Backend>{"host", "cuda"};

template <class Enum>
std::string name(Enum value) {
    return std::string(names_of<Enum>.at(static_cast<std::size_t>(value)));
}

struct Options {
    // data
    std::filesystem::path data;     // empty: synthetic
    std::int64_t samples = 80'000;  // of synthetic data
    std::int64_t test_rows = 0;     // 0: the last eighth
    std::int64_t max_rows = 0;      // 0: no hashing
    bool skip_bad_lines = false;

    // embedding
    Rows rows = Rows::int8;
    double cache = 0.05;
    Eviction eviction = Eviction::lfu;
    Rounding rounding = Rounding::stochastic;
    Optimizer optimizer = Optimizer::adagrad;
    int dim = 64;
    std::optional<double> learning_rate;  // none: default_learning_rate

    // training
    int epochs = 1;
    int batch = 128;
    double dense_learning_rate = 0.02;
    std::uint64_t seed = 1;

    // machine
    Backend backend = Backend::host;
    std::optional<Backend> dense;  // none: as `backend`
    int threads = 0;               // 0: all cores

    // report
    bool compare = true;
    bool quiet = false;
    std::filesystem::path json;  // empty: none

    double embedding_learning_rate() const;
    Backend dense_backend() const { return dense.value_or(backend); }
};

// What was asked for, or, where nothing is left to do (--help), the text to print.
struct CommandLine {
    Options options;
    std::optional<std::string> text;
};

// Throws UsageError that names the option, its value, and what is allowed.
CommandLine parse_command_line(int argc, char const* const* argv);
void validate(Options const& options);

}  // namespace dlrm
