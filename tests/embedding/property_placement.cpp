// SPDX-License-Identifier: Apache-2.0
// Rows that are apart from the cache against the naive model: their states go with them, and what moves is counted to the byte.
#include "embedding/property.hpp"
#include "support/catch.hpp"

using namespace hotrow;
using hotrow::test::check_against_model;
using hotrow::test::combination_of;

namespace {

using Integers = RowFormat<Int8, RowAffine<Fp16>, Stochastic<>>;
using Nibbles = RowFormat<Int4, RowAffine<Fp16>, Stochastic<>>;
using Floats = RowFormat<Fp32, Cast, NearestEven>;

}  // namespace

TEST_CASE("Rows in host memory do what the model does", "[embedding]") {
    check_against_model(combination_of<0, Integers, Cache<SetAssociative<4>, Lru>, RowwiseAdagrad, HostMemory>("Int8 in host memory"));
    check_against_model(combination_of<6, Nibbles, Cache<SetAssociative<4>, Lfu>, RowwiseAdagrad, HostMemory>("Int4 in host memory"));
    check_against_model(combination_of<12, Floats, Cache<DirectMapped, Lru>, Sgd, HostMemory>("Fp32 in host memory"));
}

// With files that are closed and opened again between steps.
TEST_CASE("Rows in a file do what the model does", "[embedding]") {
    check_against_model(combination_of<0, Integers, Cache<SetAssociative<4>, Lru>, RowwiseAdagrad, MappedFile>("Int8 in a file"));
    check_against_model(combination_of<6, Nibbles, Cache<SetAssociative<4>, Lfu>, RowwiseAdagrad, MappedFile>("Int4 in a file"));
    check_against_model(combination_of<12, Floats, Cache<DirectMapped, Lru>, Sgd, MappedFile>("Fp32 in a file"));
}
