// SPDX-License-Identifier: Apache-2.0
// Combinations of policies with 32-bit row ids; together with those of the other files they hold every pair of levels (combinations.cpp).
#include "cuda/all_combinations.hpp"
#include "cuda/both_of.hpp"

using namespace hotrow;
using namespace hotrow::test;

namespace {

using Rows1 = RowsPart<5, RowFormat<Int4, BlockSymmetric<16, Fp16>, NearestEven>, RowwiseAdagrad, std::uint32_t, std::int64_t, __half, float>;
using Rows2 = RowsPart<17, RowFormat<Int8, RowClipped<Bf16>, Stochastic<Philox4x32<7>>>, Sgd, std::uint32_t, std::int64_t, float, float>;
using Rows3 = RowsPart<31, RowFormat<Int8, RowLearned<Fp32>, NearestEven>, Sgd, std::uint32_t, std::int64_t, float, BFloat16>;
using Rows4 = RowsPart<31, RowFormat<Int8, RowLearned<Fp32>, NearestEven>, Sgd, std::uint32_t, std::int64_t, float, float>;
using Rows5 = RowsPart<64, RowFormat<Fp32, Cast, NearestEven>, Sgd, std::uint32_t, std::int32_t, __nv_bfloat16, Float16>;
using Rows6 = RowsPart<100, RowFormat<Int2, BlockClipped<16, Fp32>, NearestEven>, RowwiseAdagrad, std::uint32_t, std::int32_t, __nv_bfloat16, BFloat16>;
using Rows7 = RowsPart<128, RowFormat<Fp32, Cast, NearestEven>, RowwiseAdagrad, std::uint32_t, std::int64_t, float, BFloat16>;

}  // namespace

std::vector<Combination> hotrow::test::combinations_1() {
    return {
        Rows1::with<Cache<SetAssociative<8>, Lru, float, IfMoreFrequent, NoGhosts>>(),
        Rows1::with<Cache<SetAssociative<5>, Lfu, float, Always, Ghosts<8>>>(),
        Rows1::with<Cache<DirectMapped, Sieve, float, Never, NoGhosts>>(),
        Rows2::with<Cache<DirectMapped, Lru, float, Always, NoGhosts>>(),
        Rows3::with<Cache<SetAssociative<2>, Pinned, float, Never, NoGhosts>>(),
        Rows4::with<Cache<SetAssociative<128>, hotrow::Random, float, Always, NoGhosts>>(),
        Rows5::with<Cache<SetAssociative<5>, Lru, float, IfMoreFrequent, NoGhosts>>(),
        Rows6::with<Cache<SetAssociative<24>, Fifo, float, Never, NoGhosts>>(),
        Rows6::with<Cache<DirectMapped, Lookahead<Lru>, float, IfMoreFrequent, NoGhosts>>(),
        Rows6::with<Cache<SetAssociative<7>, Pinned, float, IfMoreFrequent, NoGhosts>>(),
        Rows7::with<Cache<DirectMapped, Fifo, float, Always, NoGhosts>>(),
    };
}
