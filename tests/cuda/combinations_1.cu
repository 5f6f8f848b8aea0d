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
using Rows8 = RowsPart<1, RowFormat<Int8, RowAffine<Fp16>, Stochastic<Philox4x32<10>>>, RowwiseAdagrad, std::uint32_t, std::int32_t, float, Float16>;
using Rows9 = RowsPart<3, RowFormat<Fp32, Cast, NearestEven>, RowwiseAdagrad, std::uint32_t, std::int64_t, float, BFloat16>;
using Rows10 = RowsPart<4, RowFormat<Bf16, BlockScaled<8, Bf16>, Stochastic<Philox4x32<10>>>, RowwiseAdagrad, std::uint32_t, std::int64_t, float, float>;
using Rows11 = RowsPart<4, RowFormat<Fp8E5M2, BlockScaled<4, Fp32>, NearestEven>, Sgd, std::uint32_t, std::int32_t, __nv_bfloat16, Float16>;
using Rows12 = RowsPart<33, RowFormat<Fp8E4M3, RowScaled<Bf16>, Stochastic<>>, RowwiseAdagrad, std::uint32_t, std::int64_t, float, BFloat16>;
using Rows13 = RowsPart<1023, RowFormat<Fp8E4M3, RowScaled<Fp16>, Stochastic<Philox4x32<10>>>, RowwiseAdagrad, std::uint32_t, std::int32_t, __half, BFloat16>;

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
        Rows8::with<Cache<DirectMapped, Fifo, float, Always, NoGhosts>>(),
        Rows8::with<Cache<SetAssociative<128>, LfuAged<2>, float, IfMoreFrequent, Ghosts<8>>>(),
        Rows8::with<Cache<SetAssociative<3>, Lookahead<>, float, Never, NoGhosts>>(),
        Rows9::with<Cache<SetAssociative<4>, Sieve, float, Never, NoGhosts>>(),
        Rows10::with<Cache<SetAssociative<5>, Sieve, float, Never, NoGhosts>>(),
        Rows11::with<Cache<SetAssociative<100>, Fifo, float, IfMoreFrequent, NoGhosts>>(),
        Rows12::with<Cache<SetAssociative<100>, Sieve, float, IfMoreFrequent, NoGhosts>>(),
        Rows13::with<Cache<SetAssociative<100>, hotrow::Random, float, IfMoreFrequent, NoGhosts>>(),
        Rows13::with<Cache<DirectMapped, Lookahead<>, float, IfMoreFrequent, NoGhosts>>(),
    };
}
