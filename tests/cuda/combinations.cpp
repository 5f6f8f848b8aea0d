// SPDX-License-Identifier: Apache-2.0
// Every pair of levels of two factors is in some combination that is trained on host and device; a pair that cannot be is named here with the reason.
#include "support/catch.hpp"

#include "cuda/all_combinations.hpp"

#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

using namespace hotrow::test;

namespace {

/// All that is shipped. Index type, output and gradient are of the calls; pooling, weights and the shapes of bags vary when the program runs.
const std::map<std::string, std::vector<std::string>> factors{
    {"precision", {"fp32", "fp16", "bf16", "fp8_e4m3", "fp8_e5m2", "int8", "int4", "int2"}},
    {"scheme", {"cast", "scaled", "affine", "symmetric", "clipped", "learned"}},
    {"granularity", {"row", "block"}},
    {"rounding", {"nearest", "stochastic, hash", "stochastic, philox 7", "stochastic, philox 10"}},
    {"dim", {"one pack", "a broken pack", "whole packs", "a warp a row"}},
    {"optimizer", {"sgd", "rowwise_adagrad"}},
    {"row id", {"32 bits", "64 bits"}},
    {"index", {"int32", "int64"}},
    {"output", {"fp32", "fp16", "bf16"}},
    {"gradient", {"fp32", "fp16", "bf16"}},
    {"ways", {"1", "a power of two", "no power of two", "more than a warp"}},
    {"eviction", {"lru", "lfu", "lfu_aged", "fifo", "random", "sieve", "lookahead", "pinned"}},
    {"admission", {"always", "if_more_frequent", "never"}},
    {"ghosts", {"none", "ghosts"}},
};

/// Two levels that exclude each other; empty: all levels of the factor.
struct Excluded {
    std::string factor, level, other_factor, other_level, reason;
};

std::vector<Excluded> excluded() {
    std::vector<Excluded> all;
    for (const char* integer : {"int8", "int4", "int2"}) {
        for (const char* scheme : {"cast", "scaled"}) all.push_back({"precision", integer, "scheme", scheme, "the quantizer takes floats"});
    }
    for (const char* value : {"fp32", "fp16", "bf16", "fp8_e4m3", "fp8_e5m2"}) {
        for (const char* scheme : {"affine", "symmetric", "clipped", "learned"})
            all.push_back({"precision", value, "scheme", scheme, "the quantizer takes integers"});
    }
    all.push_back({"precision", "fp32", "scheme", "scaled", "FP32 needs no scale, and RowScaled refuses it"});
    all.push_back({"precision", "fp32", "granularity", "block", "of what takes FP32, nothing has blocks"});
    all.push_back({"scheme", "cast", "granularity", "block", "Cast has no parameters"});
    all.push_back({"scheme", "learned", "granularity", "block", "RowLearned has no form by blocks"});
    for (const char* stochastic : {"hash", "philox 7", "philox 10"}) {
        all.push_back({"precision", "fp32", "rounding", std::string("stochastic, ") + stochastic, "FP32 elements are stored as they are"});
    }
    for (const char* policy : {"lru", "fifo", "random", "sieve", "lookahead", "pinned"}) {
        all.push_back({"ghosts", "ghosts", "eviction", policy, "the policy has nothing that outlives a line"});
    }
    return all;
}

using Pair = std::tuple<std::string, std::string, std::string, std::string>;

Pair pair_of(const std::string& factor, const std::string& level, const std::string& other_factor, const std::string& other_level) {
    return factor < other_factor ? Pair{factor, level, other_factor, other_level} : Pair{other_factor, other_level, factor, level};
}

std::string described(const Pair& pair) { return std::get<0>(pair) + " = " + std::get<1>(pair) + " with " + std::get<2>(pair) + " = " + std::get<3>(pair); }

std::set<Pair> pairs_of(const std::vector<Levels>& combinations) {
    std::set<Pair> all;
    for (const Levels& levels : combinations) {
        for (const auto& [factor, level] : levels) {
            for (const auto& [other_factor, other_level] : levels) {
                if (factor < other_factor) all.insert(pair_of(factor, level, other_factor, other_level));
            }
        }
    }
    return all;
}

/// What is wanted, is not excluded, and is not there.
std::vector<std::string> missing_from(const std::set<Pair>& there) {
    std::set<Pair> impossible;
    for (const Excluded& e : excluded()) impossible.insert(pair_of(e.factor, e.level, e.other_factor, e.other_level));
    std::vector<std::string> missing;
    for (const auto& [factor, levels] : factors) {
        for (const auto& [other_factor, other_levels] : factors) {
            if (factor >= other_factor) continue;
            for (const std::string& level : levels) {
                for (const std::string& other_level : other_levels) {
                    const Pair pair = pair_of(factor, level, other_factor, other_level);
                    if (there.count(pair) == 0 && impossible.count(pair) == 0) missing.push_back(described(pair));
                }
            }
        }
    }
    return missing;
}

std::vector<Levels> levels_of_all() {
    std::vector<Levels> all;
    for (const Combination& combination : all_combinations()) all.push_back(combination.levels);
    return all;
}

}  // namespace

TEST_CASE("every pair of levels is trained somewhere", "[cuda]") {
    const std::vector<std::string> missing = missing_from(pairs_of(levels_of_all()));
    for (const std::string& pair : missing) UNSCOPED_INFO("missing: " << pair);
    CHECK(missing.empty());
}

TEST_CASE("a pair that only one combination has is missed without it", "[cuda]") {
    // The check can fail: most combinations are the only ones with some pair.
    const std::vector<Levels> all = levels_of_all();
    std::size_t needed = 0;
    for (std::size_t left_out = 0; left_out < all.size(); ++left_out) {
        std::vector<Levels> others = all;
        others.erase(others.begin() + static_cast<std::ptrdiff_t>(left_out));
        if (!missing_from(pairs_of(others)).empty()) ++needed;
    }
    CHECK(needed > all.size() / 2);
}

TEST_CASE("combinations are made of the levels listed, and of no excluded pair", "[cuda]") {
    for (const Levels& levels : levels_of_all()) {
        REQUIRE(levels.size() == factors.size());
        for (const auto& [factor, level] : levels) {
            INFO(factor << " = " << level);
            const std::vector<std::string>& known = factors.at(factor);
            CHECK(std::find(known.begin(), known.end(), level) != known.end());
        }
    }
    const std::set<Pair> there = pairs_of(levels_of_all());
    for (const Excluded& e : excluded()) {
        const Pair pair = pair_of(e.factor, e.level, e.other_factor, e.other_level);
        INFO(described(pair) << ": " << e.reason);
        CHECK(there.count(pair) == 0);
    }
}

TEST_CASE("all dimensions and ways that matter are there", "[cuda]") {
    std::set<int> dims, ways;
    for (const Combination& combination : all_combinations()) {
        dims.insert(combination.dim);
        ways.insert(combination.ways);
    }
    for (const int dim : {1, 2, 3, 5, 7, 10, 16, 31, 33, 64, 100, 128, 257, 513, 1023, 1024}) {
        INFO("dim " << dim);
        CHECK(dims.count(dim) == 1);
    }
    for (const int number : {1, 2, 3, 4, 5, 8, 16, 32, 64, 100, 128}) {
        INFO(number << " ways");
        CHECK(ways.count(number) == 1);
    }
}
