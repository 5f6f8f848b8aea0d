// SPDX-License-Identifier: Apache-2.0
// Combinations of policies with 32-bit row ids; together with those of the other files they hold every pair of levels (combinations.cpp).
#include "cuda/all_combinations.hpp"
#include "cuda/both_of.hpp"

using namespace hotrow;
using namespace hotrow::test;

namespace {

using Rows1 = RowsPart<3, RowFormat<Fp16, Cast, Stochastic<>>, RowwiseAdagrad, std::uint32_t, std::int64_t, __nv_bfloat16, BFloat16>;
using Rows2 = RowsPart<4, RowFormat<Fp8E5M2, Cast, Stochastic<>>, Sgd, std::uint32_t, std::int32_t, __half, float>;
using Rows3 = RowsPart<100, RowFormat<Bf16, RowScaled<Fp32>, Stochastic<Philox4x32<7>>>, Sgd, std::uint32_t, std::int64_t, float, Float16>;
using Rows4 = RowsPart<250, RowFormat<Bf16, BlockScaled<32, Fp16>, Stochastic<>>, Sgd, std::uint32_t, std::int64_t, __half, Float16>;
using Rows5 =
    RowsPart<257, RowFormat<Int8, RowSymmetric<Bf16>, Stochastic<Philox4x32<7>>>, RowwiseAdagrad, std::uint32_t, std::int32_t, __nv_bfloat16, Float16>;
using Rows6 = RowsPart<513, RowFormat<Int4, BlockAffine<16, Bf16>, NearestEven>, Sgd, std::uint32_t, std::int32_t, float, BFloat16>;
using Rows7 = RowsPart<5, RowFormat<Fp16, RowScaled<Fp32>, Stochastic<Philox4x32<7>>>, Sgd, std::uint32_t, std::int32_t, float, float>;
using Rows8 = RowsPart<7, RowFormat<Fp32, Cast, NearestEven>, Sgd, std::uint32_t, std::int32_t, __nv_bfloat16, Float16>;
using Rows9 = RowsPart<64, RowFormat<Fp8E5M2, BlockScaled<32, Fp32>, Stochastic<Philox4x32<10>>>, Sgd, std::uint32_t, std::int64_t, float, BFloat16>;
using Rows10 = RowsPart<127, RowFormat<Bf16, RowScaled<Bf16>, NearestEven>, Sgd, std::uint32_t, std::int64_t, float, Float16>;
using Rows11 = RowsPart<1024, RowFormat<Fp8E5M2, Cast, Stochastic<Philox4x32<7>>>, Sgd, std::uint32_t, std::int64_t, __half, float>;
using Rows12 = RowsPart<1024, RowFormat<Fp32, Cast, NearestEven>, RowwiseAdagrad, std::uint32_t, std::int32_t, float, float>;

}  // namespace

std::vector<Combination> hotrow::test::combinations_2() {
    return {
        Rows1::with<Cache<SetAssociative<16>, Pinned, float, IfMoreFrequent, NoGhosts>>(),
        Rows1::with<Cache<SetAssociative<7>, Lru, float, Always, NoGhosts>>(),
        Rows1::with<Cache<DirectMapped, hotrow::Random, float, Never, NoGhosts>>(),
        Rows2::with<Cache<SetAssociative<64>, LfuAged<>, float, IfMoreFrequent, Ghosts<3>>>(),
        Rows3::with<Cache<DirectMapped, Lookahead<>, float, Never, NoGhosts>>(),
        Rows4::with<Cache<SetAssociative<32>, hotrow::Random, float, IfMoreFrequent, NoGhosts>>(),
        Rows5::with<Cache<SetAssociative<128>, Pinned, float, IfMoreFrequent, NoGhosts>>(),
        Rows6::with<Cache<SetAssociative<8>, Pinned, float, Never, NoGhosts>>(),
        Rows7::with<Cache<DirectMapped, Lookahead<>, float, Always, NoGhosts>>(),
        Rows8::with<Cache<SetAssociative<100>, Pinned, float, Never, NoGhosts>>(),
        Rows9::with<Cache<SetAssociative<5>, Sieve, float, Always, NoGhosts>>(),
        Rows9::with<Cache<SetAssociative<2>, Lookahead<>, float, IfMoreFrequent, NoGhosts>>(),
        Rows9::with<Cache<SetAssociative<128>, Lru, float, Never, NoGhosts>>(),
        Rows10::with<Cache<SetAssociative<4>, Lru, float, Never, NoGhosts>>(),
        Rows11::with<Cache<SetAssociative<100>, hotrow::Random, float, Never, NoGhosts>>(),
        Rows12::with<Cache<SetAssociative<2>, Lfu, float, IfMoreFrequent, NoGhosts>>(),
    };
}
