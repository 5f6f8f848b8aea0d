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
using Rows7 = RowsPart<3, RowFormat<Int4, RowClipped<Fp32>, Stochastic<Philox4x32<7>>>, RowwiseAdagrad, std::uint64_t, std::int64_t, __half, BFloat16>;
using Rows8 = RowsPart<17, RowFormat<Fp16, RowScaled<Fp16>, NearestEven>, RowwiseAdagrad, std::uint64_t, std::int32_t, float, BFloat16>;
using Rows9 = RowsPart<33, RowFormat<Fp32, Cast, NearestEven>, Sgd, std::uint64_t, std::int32_t, __half, float>;
using Rows10 = RowsPart<127, RowFormat<Int2, BlockAffine<4, Fp16>, Stochastic<Philox4x32<7>>>, Sgd, std::uint64_t, std::int32_t, __nv_bfloat16, Float16>;
using Rows11 = RowsPart<128, RowFormat<Int8, BlockAffine<4, Fp32>, Stochastic<>>, Sgd, std::uint64_t, std::int64_t, __half, float>;
using Rows12 = RowsPart<1023, RowFormat<Bf16, Cast, NearestEven>, Sgd, std::uint64_t, std::int32_t, __nv_bfloat16, BFloat16>;

}  // namespace

std::vector<Combination> hotrow::test::combinations_4() {
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
        Rows7::with<Cache<SetAssociative<8>, Sieve, float, Never, NoGhosts>>(),
        Rows8::with<Cache<DirectMapped, Fifo, float, IfMoreFrequent, NoGhosts>>(),
        Rows9::with<Cache<SetAssociative<64>, Lookahead<Lru>, float, Always, NoGhosts>>(),
        Rows9::with<Cache<SetAssociative<24>, hotrow::Random, float, IfMoreFrequent, NoGhosts>>(),
        Rows9::with<Cache<DirectMapped, LfuAged<>, float, Never, Ghosts<3>>>(),
        Rows10::with<Cache<SetAssociative<64>, Lru, float, Never, NoGhosts>>(),
        Rows11::with<Cache<SetAssociative<4>, Sieve, float, Always, NoGhosts>>(),
        Rows11::with<Cache<SetAssociative<64>, hotrow::Random, float, IfMoreFrequent, NoGhosts>>(),
        Rows11::with<Cache<SetAssociative<32>, Lfu, float, Always, NoGhosts>>(),
        Rows12::with<Cache<SetAssociative<3>, Fifo, float, Never, NoGhosts>>(),
    };
}
