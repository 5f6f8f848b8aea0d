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

namespace dlrm {

enum class Rows { fp32, fp16, bf16, fp8, int8, int4, int2 };
// How codes map to values: plain is the usual one of the precision, a cast, or a scale (fp8) or range (int) per row.
enum class Quantizer { plain, symmetric, clipped, learned, block, block_clipped };
enum class Rounding { nearest, stochastic };
enum class Eviction { lru, lfu, lfu_aged };
enum class Optimizer { sgd, adagrad };
enum class Backend { host, cuda };

// The names of an enumeration's values, in their order, as on the command line and in the JSON.
template <class Enum>
inline constexpr std::array<std::string_view, 0> names_of{};
template <>
inline constexpr std::array<std::string_view, 7> names_of<Rows>{"fp32", "fp16", "bf16", "fp8", "int8", "int4", "int2"};
template <>
inline constexpr std::array<std::string_view, 6> names_of<Quantizer>{"plain", "symmetric", "clipped", "learned", "block", "block_clipped"};
template <>
inline constexpr std::array<std::string_view, 2> names_of<Rounding>{"nearest", "stochastic"};
template <>
inline constexpr std::array<std::string_view, 3> names_of<Eviction>{"lru", "lfu", "lfu_aged"};
template <>
inline constexpr std::array<std::string_view, 2> names_of<Optimizer>{"sgd", "adagrad"};
template <>
inline constexpr std::array<std::string_view, 2> names_of<Backend>{"host", "cuda"};

template <class Enum>
std::string name(Enum value) {
    return std::string(names_of<Enum>.at(static_cast<std::size_t>(value)));
}

// Many runs: all combinations of what is listed, over many seeds.
struct Sweep {
    std::filesystem::path file;  // CSV, a line a run; empty: no sweep
    int seeds = 20;              // `Options::seed` and those after it
    double margin = 0.001;       // of log loss: closer than this to FP32 is equal
    std::vector<Rows> rows{Rows::fp16, Rows::bf16, Rows::fp8, Rows::int8, Rows::int4, Rows::int2};
    std::vector<Quantizer> quantizers{Quantizer::plain};
    std::vector<Rounding> roundings{Rounding::nearest, Rounding::stochastic};
    std::vector<double> caches{0, 0.001, 0.01, 0.05, 0.1};
    std::vector<int> dims{16, 64, 128};
};

struct Options {
    // data
    std::filesystem::path data;     // empty: synthetic
    std::int64_t samples = 80'000;  // of synthetic data
    std::int64_t test_rows = 0;     // 0: the last eighth
    std::int64_t max_rows = 0;      // 0: no hashing
    bool skip_bad_lines = false;

    // embedding
    Rows rows = Rows::int8;
    Quantizer quantizer = Quantizer::plain;
    double cache = 0.05;
    Eviction eviction = Eviction::lfu_aged;
    Rounding rounding = Rounding::stochastic;
    Optimizer optimizer = Optimizer::adagrad;
    int dim = 64;
    std::optional<double> learning_rate;  // none: by optimizer and dim
    std::optional<double> initial_range;  // none: sqrt(1 / rows of the table)

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

    // sweep, instead of one run
    Sweep sweep;

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
