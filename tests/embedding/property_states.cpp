// SPDX-License-Identifier: Apache-2.0
// Optimizers that keep numbers for each element, in several formats, and adaptors, against the naive model: states stay with their rows or go with
// them, through admissions, write-backs, cleared caches and files that are closed.
#include "embedding/property.hpp"
#include "support/catch.hpp"

using namespace hotrow;
using hotrow::test::check_against_model;
using hotrow::test::combination_of;

namespace {

using Integers = RowFormat<Int8, RowAffine<Fp16>, Stochastic<>>;
using Nibbles = RowFormat<Int4, RowAffine<Fp16>, Stochastic<>>;
using Adapted = ClipRowNorm<WeightDecay<Adagrad<Bf16State>, Decay::decoupled>>;

}  // namespace

TEST_CASE("States of elements beside the rows do what the model does", "[embedding]") {
    check_against_model(combination_of<0, Integers, Cache<SetAssociative<4>, Lru>, Adagrad<>>("Int8, FP32 states"));
    check_against_model(combination_of<6, Nibbles, Cache<DirectMapped, Lfu>, Adagrad<Fp8SquaresState>>("Int4, 8-bit states"));
    check_against_model(combination_of<12, Nibbles, Cache<SetAssociative<4>>, Adapted>("Int4, 16-bit states, clipped, decaying"));
}

TEST_CASE("States of elements that go with their rows do what the model does", "[embedding]") {
    check_against_model(combination_of<18, Integers, Cache<SetAssociative<4>, Lru>, Adapted, HostMemory>("Int8 in host memory, 16-bit states"));
    check_against_model(combination_of<24, Integers, Cache<SetAssociative<4>, Lfu>, Adagrad<>, MappedFile>("Int8 in a file, FP32 states"));
    check_against_model(combination_of<30, Nibbles, Cache<SetAssociative<4>, Sieve>, Adagrad<Fp8SquaresState>, MappedFile>("Int4 in a file, 8-bit states"));
}
