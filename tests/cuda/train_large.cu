// SPDX-License-Identifier: Apache-2.0
// Host and device train to the same bytes: combinations that together hold every policy; larger rows.
#include "cuda/on_both.hpp"

using namespace hotrow;
using namespace hotrow::test;

TEST_CASE("dim 64, INT8, FP32 qparams, stochastic, 32 ways, Lfu, Sgd: the same bytes on host and device", "[cuda]") {
    OnBoth<64, RowFormat<Int8, RowAffine<Fp32>, Stochastic<>>, Cache<SetAssociative<32>, Lfu>, Sgd> both(
        {.table_rows = {300, 30, 1}, .cache_sets = 2, .seed = 14, .threads = 1});
    train_on_both<std::int64_t, Float16, Float16>(both, 300, 6);
}

TEST_CASE("dim 100, INT4, FP16 qparams, stochastic, 4 ways, Lru, RowwiseAdagrad: the same bytes on host and device", "[cuda]") {
    OnBoth<100, RowFormat<Int4, RowAffine<Fp16>, Stochastic<>>, Cache<SetAssociative<4>, Lru>, RowwiseAdagrad> both(
        {.table_rows = {200, 30, 1}, .cache_sets = 10, .seed = 15, .threads = 2});
    train_on_both<std::int32_t, float, __nv_bfloat16>(both, 300, 7);
}

TEST_CASE("dim 128, FP16, stochastic, direct-mapped, Lfu, RowwiseAdagrad, 64-bit ids: the same bytes on host and device", "[cuda]") {
    OnBoth<128, RowFormat<Fp16, Cast, Stochastic<>>, Cache<DirectMapped, Lfu>, RowwiseAdagrad, std::uint64_t> both(
        {.table_rows = {200, 30, 1}, .cache_sets = 50, .seed = 16, .threads = 1});
    train_on_both<std::int64_t, float, float>(both, 300, 8);
}
