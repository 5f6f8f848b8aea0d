// SPDX-License-Identifier: Apache-2.0
// The cache policies against the naive model. Policies know nothing of row formats, so few formats serve.
#include "embedding/property.hpp"
#include "support/catch.hpp"

using namespace hotrow;
using hotrow::test::check_against_model;
using hotrow::test::combination_of;

namespace {

using Rows = RowFormat<Int8, RowAffine<Fp16>, Stochastic<>>;

template <int Number, class CachePolicy>
void check(const char* name) {
    check_against_model(combination_of<Number, Rows, CachePolicy, RowwiseAdagrad>(name), 32);  // some things are rare
}

/// Not checked where `is_checked` takes few combinations.
template <int Number, class CachePolicy>
void check_variant([[maybe_unused]] const char* name) {
    if constexpr (hotrow::test::is_checked(1)) check<Number, CachePolicy>(name);
}

}  // namespace

// Numbers vary dimension, index type and output type.
TEST_CASE("the default cache does what the model does", "[embedding]") {
    check<0, Cache<SetAssociative<32>>>("defaults, 32 ways");
    check_variant<42, Cache<SetAssociative<3>>>("defaults, 3 ways");
    check_variant<12, Cache<DirectMapped>>("defaults, direct-mapped");
    check_variant<18, Cache<SetAssociative<8>, LfuAged<1>, float, Always, Ghosts<3>>>("a short half-life, always admitted");
}

TEST_CASE("Lfu with admission, and with ghosts, does what the model does", "[embedding]") {
    check_variant<24, Cache<SetAssociative<4>, Lfu, float, IfMoreFrequent>>("Lfu, only if more frequent");
    check<30, Cache<SetAssociative<4>, Lfu, float, IfMoreFrequent, Ghosts<8>>>("Lfu with ghosts");
}

TEST_CASE("Fifo, Random and Sieve do what the model does", "[embedding]") {
    check<36, Cache<SetAssociative<4>, Fifo>>("Fifo");
    check_variant<6, Cache<SetAssociative<4>, Random>>("Random");
    check<48, Cache<SetAssociative<4>, Sieve>>("Sieve");
    check_variant<54, Cache<SetAssociative<16>, Sieve>>("Sieve, 16 ways");
    check_variant<60, Cache<SetAssociative<8>, Random, float, IfMoreFrequent>>("Random, only if luckier");
}

TEST_CASE("Lookahead does what the model does", "[embedding]") {
    check<66, Cache<SetAssociative<4>, Lookahead<>>>("Lookahead");
    check_variant<72, Cache<SetAssociative<8>, Lookahead<Lru>>>("Lookahead over Lru");
}

TEST_CASE("Pinned does what the model does", "[embedding]") { check<78, Cache<SetAssociative<4>, Pinned>>("Pinned"); }
