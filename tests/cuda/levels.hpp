// SPDX-License-Identifier: Apache-2.0
// What a combination of policies is made of, read off its types: a level for each factor. combinations.cpp proves with it that every pair
// of levels is trained somewhere.
#pragma once

#include "cuda/both.hpp"

#include <hotrow/cuda.cuh>

#include <initializer_list>
#include <type_traits>
#include <utility>

namespace hotrow::test {

/// How codes get their meaning, and whether for a row or for blocks of it.
template <class Q>
struct QuantizerLevel;
#define HOTROW_TEST_ROW_QUANTIZER(Type, level)                                                                                                                 \
    template <class Q>                                                                                                                                         \
    struct QuantizerLevel<Type<Q>> {                                                                                                                           \
        static constexpr const char* scheme = level;                                                                                                           \
        static constexpr const char* granularity = "row";                                                                                                      \
    };
#define HOTROW_TEST_BLOCK_QUANTIZER(Type, level)                                                                                                               \
    template <int N, class Q>                                                                                                                                  \
    struct QuantizerLevel<Type<N, Q>> {                                                                                                                        \
        static constexpr const char* scheme = level;                                                                                                           \
        static constexpr const char* granularity = "block";                                                                                                    \
    };
template <>
struct QuantizerLevel<Cast> {
    static constexpr const char* scheme = "cast";
    static constexpr const char* granularity = "row";
};
HOTROW_TEST_ROW_QUANTIZER(RowScaled, "scaled")
HOTROW_TEST_ROW_QUANTIZER(RowAffine, "affine")
HOTROW_TEST_ROW_QUANTIZER(RowSymmetric, "symmetric")
HOTROW_TEST_ROW_QUANTIZER(RowClipped, "clipped")
HOTROW_TEST_ROW_QUANTIZER(RowLearned, "learned")
HOTROW_TEST_BLOCK_QUANTIZER(BlockScaled, "scaled")
HOTROW_TEST_BLOCK_QUANTIZER(BlockAffine, "affine")
HOTROW_TEST_BLOCK_QUANTIZER(BlockSymmetric, "symmetric")
HOTROW_TEST_BLOCK_QUANTIZER(BlockClipped, "clipped")
#undef HOTROW_TEST_ROW_QUANTIZER
#undef HOTROW_TEST_BLOCK_QUANTIZER

template <class R>
inline constexpr const char* rounding_level = nullptr;
template <>
inline constexpr const char* rounding_level<NearestEven> = "nearest";
template <int Bits>
inline constexpr const char* rounding_level<Stochastic<CounterHash, Bits>> = "stochastic, hash";
template <int Bits>
inline constexpr const char* rounding_level<Stochastic<Philox4x32<7>, Bits>> = "stochastic, philox 7";
template <int Bits>
inline constexpr const char* rounding_level<Stochastic<Philox4x32<10>, Bits>> = "stochastic, philox 10";

template <class S>
constexpr const char* scalar_level() {
    if constexpr (std::is_same_v<S, float>) return "fp32";
    if constexpr (std::is_same_v<S, Float16> || std::is_same_v<S, __half>) return "fp16";
    if constexpr (std::is_same_v<S, BFloat16> || std::is_same_v<S, __nv_bfloat16>) return "bf16";
}

/// What makes a difference to code over rows: whether the last pack is broken, and how many lanes share a row.
constexpr const char* dim_level(int dim) {
    if (dim <= 4) return "one pack";
    if (dim > 256) return "a warp a row";
    return dim % 4 == 0 ? "whole packs" : "a broken pack";
}

/// What makes a difference to the walk of a set: one way, sets that fill no power of two of lanes, up to a way a lane, more.
constexpr const char* ways_level(int ways) {
    if (ways == 1) return "1";
    if (ways > 32) return "more than a warp";
    return (ways & (ways - 1)) == 0 ? "a power of two" : "no power of two";
}

inline Levels strings(std::initializer_list<std::pair<const char*, const char*>> levels) { return {levels.begin(), levels.end()}; }

template <int Dim, class Format, class CacheType, class Optimizer, class RowId, class I, class Output, class Gradient>
Levels levels_of() {
    using Quantizer = QuantizerLevel<typename Format::Quantizer_t>;
    return strings({{"precision", Format::Precision_t::name},
                    {"scheme", Quantizer::scheme},
                    {"granularity", Quantizer::granularity},
                    {"rounding", rounding_level<typename Format::Rounding_t>},
                    {"dim", dim_level(Dim)},
                    {"optimizer", Optimizer::name},
                    {"row id", sizeof(RowId) == 4 ? "32 bits" : "64 bits"},
                    {"index", sizeof(I) == 4 ? "int32" : "int64"},
                    {"output", scalar_level<Output>()},
                    {"gradient", scalar_level<Gradient>()},
                    {"ways", ways_level(CacheType::ways)},
                    {"eviction", CacheType::Eviction_t::name},
                    {"admission", CacheType::Admission_t::name},
                    {"ghosts", CacheType::ghosts_per_set > 0 ? "ghosts" : "none"}});
}

}  // namespace hotrow::test
