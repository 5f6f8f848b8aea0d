// SPDX-License-Identifier: Apache-2.0
// Host and device train to the same bytes: combinations that together hold every policy; small rows.
#include "cuda/on_both.hpp"

using namespace hotrow;
using namespace hotrow::test;

TEST_CASE("dim 1, FP32, direct-mapped, Lru, Sgd: the same bytes on host and device", "[cuda]") {
    OnBoth<1, RowFormat<Fp32, Cast>, Cache<DirectMapped, Lru>, Sgd> both({.table_rows = {200, 30, 1}, .cache_sets = 60, .seed = 11, .threads = 1});
    train_on_both<std::int32_t, float, float>(both, 300, 1);
}

TEST_CASE("dim 5, INT8, FP16 qparams, stochastic, 4 ways, Lfu, RowwiseAdagrad: the same bytes on host and device", "[cuda]") {
    using Pair = OnBoth<5, RowFormat<Int8, RowAffine<Fp16>, Stochastic<>>, Cache<SetAssociative<4>, Lfu>, RowwiseAdagrad>;
    SECTION("cached") {
        Pair both({.table_rows = {200, 30, 1}, .cache_sets = 12, .seed = 12, .threads = 2});
        train_on_both<std::int64_t, __half, __half>(both, 300, 2);
    }
    SECTION("without a cache") {
        Pair both({.table_rows = {200, 30, 1}, .cache_sets = 0, .seed = 12, .threads = 1});
        train_on_both<std::int64_t, __half, __half>(both, 60, 3);
    }
    SECTION("bad indices skipped") {
        Pair both({.table_rows = {200, 30, 1}, .cache_sets = 12, .seed = 12, .bounds = Bounds::skip, .threads = 1});
        RandomNumbers random(4);
        for (int i = 0; i < 20; ++i) {
            NaiveBatch batch = random_batch(random, {200, 30, 1}, {6, BagLengths::mixed, static_cast<NaivePooling>(i % 3), i % 2 == 0});
            for (std::int64_t& index : batch.indices) index = random.one_in(4) ? static_cast<std::int64_t>(random.below(~0ull)) : index;
            const BatchOnBoth<std::int64_t> on_both(batch);
            both.step<std::int64_t, __half, __half>(on_both, random);
            both.lookup<std::int64_t, __half>(on_both);
        }
        both.require_same("after bad indices");
        REQUIRE(both.host.statistics().bad_indices > 100);
        both.device.check(both.stream);  // skipped, not reported
    }
}

TEST_CASE("dim 16, INT4, FP32 qparams, nearest, 32 ways, Lru, RowwiseAdagrad: the same bytes on host and device", "[cuda]") {
    OnBoth<16, RowFormat<Int4, RowAffine<Fp32>, NearestEven>, Cache<SetAssociative<32>, Lru>, RowwiseAdagrad> both(
        {.table_rows = {200, 30, 1}, .cache_sets = 2, .seed = 13, .threads = 1});
    train_on_both<std::int32_t, BFloat16, float>(both, 300, 5);
}
