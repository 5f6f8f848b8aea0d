// SPDX-License-Identifier: Apache-2.0
// Host and device keep the same states, whatever the optimizer and the precision of what it keeps.
#include "cuda/on_both.hpp"

#include <hotrow/cuda.cuh>

#include <cstdint>
#include <vector>

using namespace hotrow;
using namespace hotrow::test;

namespace {

using Fp32Row = RowFormat<Fp32, Cast>;
using Bf16Row = RowFormat<Bf16, Cast, Stochastic<>>;
using Fp16Row = RowFormat<Fp16, Cast, Stochastic<>>;
using Fp8Row = RowFormat<Fp8E4M3, BlockScaled<32, Fp32>, Stochastic<>>;
using Int8Rows = RowFormat<Int8, RowAffine<Fp16>, Stochastic<>>;
using Int4Rows = RowFormat<Int4, RowAffine<Fp16>, Stochastic<>>;
using Lines = Cache<SetAssociative<4>, Lfu>;

template <int Dim, class Format, class Optimizer>
void train(const Optimizer& optimizer) {
    INFO(Optimizer::name << ", dim " << Dim);
    using Pair = OnBoth<Dim, Format, Lines, Optimizer>;
    Pair both({.table_rows = {60, 9}, .cache_sets = 3, .seed = 41, .optimizer = optimizer, .threads = 2});
    RandomNumbers random(42);
    for (int i = 0; i < 12; ++i) {
        const BatchOnBoth<std::int32_t> batch(random_batch(random, {60, 9}, random_shape(random)));
        both.template step<std::int32_t, float, float>(batch, random, i == 5);
        if (i % 4 == 3) both.require_same("after some steps");
    }
    REQUIRE(both.host.statistics().write_backs > 0);
}

}  // namespace

TEST_CASE("SGD and momentum keep the same bytes on both, with decay and clipping", "[cuda]") {
    train<33, Int8Rows>(WeightDecay<Sgd, Decay::coupled>{{.learning_rate = 0.1f}, 0.02f});
    train<10, Int8Rows>(ClipRowNorm<WeightDecay<Momentum<Fp16Row>, Decay::decoupled>>{{{.learning_rate = 0.05f}, 0.02f}, 0.5f});
}

TEST_CASE("Adagrad and FTRL keep the same bytes on both", "[cuda]") {
    train<64, Int4Rows>(Adagrad<Fp8Row>{.learning_rate = 0.1f, .initial_accumulator = 0.1f});
    train<7, Fp32Row>(Ftrl<Fp32Row, Bf16Row>{.learning_rate = 0.2f, .l1 = 0.05f, .initial_accumulator = 0.1f});
}

TEST_CASE("Adam and its kin keep the same bytes on both", "[cuda]") {
    train<10, Int8Rows>(Adam<Bf16Row, Fp32Row, CorrectBy::visit>{.learning_rate = 0.02f});
    train<100, Fp32Row>(AdamW<Fp8Row>{{.learning_rate = 0.02f}, 0.1f});
    train<16, Int4Rows>(RowwiseAdam<Bf16Row, CorrectBy::visit>{.learning_rate = 0.02f});
    train<130, Int8Rows>(Lamb<Fp16Row, Fp32Row>{.learning_rate = 0.02f});
}
