// SPDX-License-Identifier: Apache-2.0
// Combinations of policies with 64-bit row ids; together with those of the other files they hold every pair of levels (combinations.cpp).
#include "cuda/all_combinations.hpp"
#include "cuda/both_of.hpp"

using namespace hotrow;
using namespace hotrow::test;

namespace {

using Rows1 = RowsPart<1, RowFormat<Int2, RowSymmetric<Fp32>, Stochastic<>>, Sgd, std::uint64_t, std::int64_t, float, Float16>;
using Rows2 = RowsPart<1, RowFormat<Fp8E4M3, RowScaled<Bf16>, Stochastic<>>, Sgd, std::uint64_t, std::int32_t, __nv_bfloat16, BFloat16>;
using Rows3 = RowsPart<2, RowFormat<Fp8E4M3, BlockScaled<8, Bf16>, Stochastic<Philox4x32<7>>>, Sgd, std::uint64_t, std::int64_t, __half, float>;
using Rows4 = RowsPart<10, RowFormat<Int2, RowSymmetric<Fp32>, Stochastic<>>, Sgd, std::uint64_t, std::int32_t, __nv_bfloat16, float>;
using Rows5 = RowsPart<16, RowFormat<Bf16, RowScaled<Fp16>, Stochastic<Philox4x32<7>>>, Sgd, std::uint64_t, std::int32_t, __nv_bfloat16, BFloat16>;
using Rows6 = RowsPart<32, RowFormat<Fp8E4M3, Cast, NearestEven>, RowwiseAdagrad, std::uint64_t, std::int64_t, __nv_bfloat16, Float16>;

}  // namespace

std::vector<Combination> hotrow::test::combinations_7() {
    return {
        Rows1::with<Cache<SetAssociative<128>, Sieve, float, Never, NoGhosts>>(),
        Rows2::with<Cache<DirectMapped, Lru, float, Always, NoGhosts>>(),
        Rows3::with<Cache<DirectMapped, Pinned, float, Never, NoGhosts>>(),
        Rows3::with<Cache<SetAssociative<8>, Fifo, float, Always, NoGhosts>>(),
        Rows3::with<Cache<SetAssociative<12>, LfuAged<>, float, IfMoreFrequent, Ghosts<40>>>(),
        Rows4::with<Cache<DirectMapped, Lookahead<Lru>, float, Always, NoGhosts>>(),
        Rows4::with<Cache<SetAssociative<128>, LfuAged<>, float, Never, NoGhosts>>(),
        Rows5::with<Cache<SetAssociative<64>, Pinned, float, Always, NoGhosts>>(),
        Rows5::with<Cache<SetAssociative<4>, LfuAged<>, float, Never, Ghosts<40>>>(),
        Rows5::with<Cache<DirectMapped, Lfu, float, IfMoreFrequent, Ghosts<3>>>(),
        Rows6::with<Cache<SetAssociative<12>, Lfu, float, Never, Ghosts<40>>>(),
    };
}
