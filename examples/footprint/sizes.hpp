// SPDX-License-Identifier: Apache-2.0
// What an embedding takes, for policies that are chosen at run time: the library's own CachedEmbedding::footprint behind names.
#pragma once

#include <hotrow/footprint.hpp>

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace footprint {

enum class Format { fp32, fp16, bf16, fp8, int8, int8_block, int4, int4_block, int2, int2_block };
inline constexpr std::array<std::string_view, 10> format_names = {"fp32",       "fp16", "bf16",       "fp8",  "int8",
                                                                  "int8_block", "int4", "int4_block", "int2", "int2_block"};

enum class Eviction { lfu_aged, lru, random, lookahead };
inline constexpr std::array<std::string_view, 4> eviction_names = {"lfu_aged", "lru", "random", "lookahead"};

enum class Optimizer { sgd, momentum, adagrad, rowwise_adagrad, adam, adam_8bit, rowwise_adam, ftrl };
inline constexpr std::array<std::string_view, 8> optimizer_names = {"sgd",  "momentum",  "adagrad",      "rowwise_adagrad",
                                                                    "adam", "adam_8bit", "rowwise_adam", "ftrl"};

inline constexpr std::array<int, 5> dims = {16, 32, 64, 128, 256};

/// The types that an embedding is made of. Caches have 32 ways; qparams are FP16; blocks have 32 elements, 16 with int2.
struct Policies {
    int dim = 64;
    Format format = Format::int8;
    Eviction eviction = Eviction::lfu_aged;
    Optimizer optimizer = Optimizer::rowwise_adagrad;
};

/// The numbers.
struct Sizes {
    std::vector<std::int64_t> table_rows = {10'000'000};
    double cache = 0.05;  // lines over rows
    std::int64_t max_lookups = 0;
    int in_flight = 1;
};

/// Bytes by component, with row ids of 32 bits where they can tell all rows and lines apart, else of 64.
hotrow::Footprint bytes_of(Policies const& policies, Sizes const& sizes);

/// Rows of the largest single table that takes no more than so many bytes with everything that belongs to it; 0 if none does.
std::int64_t rows_that_fit(Policies const& policies, Sizes const& sizes, std::int64_t budget);

}  // namespace footprint
