// SPDX-License-Identifier: Apache-2.0
// Combinations of policies with 64-bit row ids; together with those of the other files they hold every pair of levels (combinations.cpp).
#include "cuda/all_combinations.hpp"
#include "cuda/both_of.hpp"

using namespace hotrow;
using namespace hotrow::test;

namespace {

using Rows1 = RowsPart<3, RowFormat<Int4, RowClipped<Fp32>, Stochastic<Philox4x32<7>>>, RowwiseAdagrad, std::uint64_t, std::int64_t, __half, BFloat16>;
using Rows2 = RowsPart<17, RowFormat<Fp16, RowScaled<Fp16>, NearestEven>, RowwiseAdagrad, std::uint64_t, std::int32_t, float, BFloat16>;
using Rows3 = RowsPart<33, RowFormat<Fp32, Cast, NearestEven>, Sgd, std::uint64_t, std::int32_t, __half, float>;
using Rows4 = RowsPart<127, RowFormat<Int2, BlockAffine<4, Fp16>, Stochastic<Philox4x32<7>>>, Sgd, std::uint64_t, std::int32_t, __nv_bfloat16, Float16>;
using Rows5 = RowsPart<128, RowFormat<Int8, BlockAffine<4, Fp32>, Stochastic<>>, Sgd, std::uint64_t, std::int64_t, __half, float>;
using Rows6 = RowsPart<1023, RowFormat<Bf16, Cast, NearestEven>, Sgd, std::uint64_t, std::int32_t, __nv_bfloat16, BFloat16>;

}  // namespace

std::vector<Combination> hotrow::test::combinations_8() {
    return {
        Rows1::with<Cache<SetAssociative<8>, Sieve, float, Never, NoGhosts>>(),
        Rows2::with<Cache<DirectMapped, Fifo, float, IfMoreFrequent, NoGhosts>>(),
        Rows3::with<Cache<SetAssociative<64>, Lookahead<Lru>, float, Always, NoGhosts>>(),
        Rows3::with<Cache<SetAssociative<24>, hotrow::Random, float, IfMoreFrequent, NoGhosts>>(),
        Rows3::with<Cache<DirectMapped, LfuAged<>, float, Never, Ghosts<3>>>(),
        Rows4::with<Cache<SetAssociative<64>, Lru, float, Never, NoGhosts>>(),
        Rows5::with<Cache<SetAssociative<4>, Sieve, float, Always, NoGhosts>>(),
        Rows5::with<Cache<SetAssociative<64>, hotrow::Random, float, IfMoreFrequent, NoGhosts>>(),
        Rows5::with<Cache<SetAssociative<32>, Lfu, float, Always, NoGhosts>>(),
        Rows6::with<Cache<SetAssociative<3>, Fifo, float, Never, NoGhosts>>(),
    };
}
