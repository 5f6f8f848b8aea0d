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

}  // namespace

std::vector<Combination> hotrow::test::combinations_3() {
    return {
        Rows1::with<Cache<SetAssociative<16>, Pinned, float, IfMoreFrequent, NoGhosts>>(),
        Rows1::with<Cache<SetAssociative<7>, Lru, float, Always, NoGhosts>>(),
        Rows1::with<Cache<DirectMapped, hotrow::Random, float, Never, NoGhosts>>(),
        Rows2::with<Cache<SetAssociative<64>, LfuAged<>, float, IfMoreFrequent, Ghosts<3>>>(),
        Rows3::with<Cache<DirectMapped, Lookahead<>, float, Never, NoGhosts>>(),
        Rows4::with<Cache<SetAssociative<32>, hotrow::Random, float, IfMoreFrequent, NoGhosts>>(),
        Rows5::with<Cache<SetAssociative<128>, Pinned, float, IfMoreFrequent, NoGhosts>>(),
        Rows6::with<Cache<SetAssociative<8>, Pinned, float, Never, NoGhosts>>(),
    };
}
