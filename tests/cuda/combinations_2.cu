// SPDX-License-Identifier: Apache-2.0
// Combinations of policies with 32-bit row ids; together with those of the other files they hold every pair of levels (combinations.cpp).
#include "cuda/all_combinations.hpp"
#include "cuda/both_of.hpp"

using namespace hotrow;
using namespace hotrow::test;

namespace {

using Rows1 = RowsPart<1, RowFormat<Int8, RowAffine<Fp16>, Stochastic<Philox4x32<10>>>, RowwiseAdagrad, std::uint32_t, std::int32_t, float, Float16>;
using Rows2 = RowsPart<3, RowFormat<Fp32, Cast, NearestEven>, RowwiseAdagrad, std::uint32_t, std::int64_t, float, BFloat16>;
using Rows3 = RowsPart<4, RowFormat<Bf16, BlockScaled<8, Bf16>, Stochastic<Philox4x32<10>>>, RowwiseAdagrad, std::uint32_t, std::int64_t, float, float>;
using Rows4 = RowsPart<4, RowFormat<Fp8E5M2, BlockScaled<4, Fp32>, NearestEven>, Sgd, std::uint32_t, std::int32_t, __nv_bfloat16, Float16>;
using Rows5 = RowsPart<33, RowFormat<Fp8E4M3, RowScaled<Bf16>, Stochastic<>>, RowwiseAdagrad, std::uint32_t, std::int64_t, float, BFloat16>;
using Rows6 = RowsPart<1023, RowFormat<Fp8E4M3, RowScaled<Fp16>, Stochastic<Philox4x32<10>>>, RowwiseAdagrad, std::uint32_t, std::int32_t, __half, BFloat16>;

}  // namespace

std::vector<Combination> hotrow::test::combinations_2() {
    return {
        Rows1::with<Cache<DirectMapped, Fifo, float, Always, NoGhosts>>(),
        Rows1::with<Cache<SetAssociative<128>, LfuAged<2>, float, IfMoreFrequent, Ghosts<8>>>(),
        Rows1::with<Cache<SetAssociative<3>, Lookahead<>, float, Never, NoGhosts>>(),
        Rows2::with<Cache<SetAssociative<4>, Sieve, float, Never, NoGhosts>>(),
        Rows3::with<Cache<SetAssociative<5>, Sieve, float, Never, NoGhosts>>(),
        Rows4::with<Cache<SetAssociative<100>, Fifo, float, IfMoreFrequent, NoGhosts>>(),
        Rows5::with<Cache<SetAssociative<100>, Sieve, float, IfMoreFrequent, NoGhosts>>(),
        Rows6::with<Cache<SetAssociative<100>, hotrow::Random, float, IfMoreFrequent, NoGhosts>>(),
        Rows6::with<Cache<DirectMapped, Lookahead<>, float, IfMoreFrequent, NoGhosts>>(),
    };
}
