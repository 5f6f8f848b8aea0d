// SPDX-License-Identifier: Apache-2.0
// Combinations of policies with 64-bit row ids; together with those of the other files they hold every pair of levels (combinations.cpp).
#include "cuda/all_combinations.hpp"
#include "cuda/both_of.hpp"

using namespace hotrow;
using namespace hotrow::test;

namespace {

using Rows1 = RowsPart<2, RowFormat<Int4, RowClipped<Fp16>, Stochastic<Philox4x32<10>>>, Sgd, std::uint64_t, std::int32_t, __half, float>;
using Rows2 = RowsPart<2, RowFormat<Fp16, BlockScaled<16, Fp16>, Stochastic<>>, Sgd, std::uint64_t, std::int32_t, __half, Float16>;
using Rows3 = RowsPart<7, RowFormat<Fp8E5M2, Cast, Stochastic<Philox4x32<10>>>, RowwiseAdagrad, std::uint64_t, std::int32_t, __nv_bfloat16, Float16>;
using Rows4 = RowsPart<513, RowFormat<Fp16, Cast, Stochastic<Philox4x32<10>>>, Sgd, std::uint64_t, std::int64_t, __half, float>;
using Rows5 = RowsPart<1024, RowFormat<Int2, BlockClipped<4, Fp16>, Stochastic<>>, Sgd, std::uint64_t, std::int64_t, float, Float16>;
using Rows6 = RowsPart<1, RowFormat<Int2, RowLearned<Bf16>, Stochastic<Philox4x32<10>>>, Sgd, std::uint64_t, std::int64_t, __half, float>;
using Rows7 = RowsPart<8, RowFormat<Fp16, BlockScaled<32, Fp32>, NearestEven>, Sgd, std::uint64_t, std::int32_t, __half, Float16>;
using Rows8 = RowsPart<10, RowFormat<Int8, RowLearned<Bf16>, Stochastic<Philox4x32<10>>>, Sgd, std::uint64_t, std::int32_t, float, float>;
using Rows9 = RowsPart<16, RowFormat<Int4, RowLearned<Fp16>, Stochastic<>>, Sgd, std::uint64_t, std::int32_t, float, float>;
using Rows10 = RowsPart<256, RowFormat<Int4, BlockSymmetric<8, Fp16>, Stochastic<Philox4x32<10>>>, Sgd, std::uint64_t, std::int32_t, float, BFloat16>;
using Rows11 = RowsPart<257, RowFormat<Int4, RowLearned<Fp16>, Stochastic<Philox4x32<7>>>, RowwiseAdagrad, std::uint64_t, std::int32_t, __nv_bfloat16, Float16>;

}  // namespace

std::vector<Combination> hotrow::test::combinations_3() {
    return {
        Rows1::with<Cache<SetAssociative<24>, LfuAged<2>, float, Always, NoGhosts>>(),
        Rows2::with<Cache<SetAssociative<64>, Lfu, float, IfMoreFrequent, Ghosts<8>>>(),
        Rows3::with<Cache<DirectMapped, Pinned, float, IfMoreFrequent, NoGhosts>>(),
        Rows3::with<Cache<SetAssociative<16>, Lfu, float, Never, Ghosts<3>>>(),
        Rows3::with<Cache<SetAssociative<128>, Fifo, float, Always, NoGhosts>>(),
        Rows4::with<Cache<SetAssociative<16>, Sieve, float, IfMoreFrequent, NoGhosts>>(),
        Rows5::with<Cache<SetAssociative<32>, hotrow::Random, float, Always, NoGhosts>>(),
        Rows5::with<Cache<SetAssociative<100>, Lfu, float, Never, Ghosts<40>>>(),
        Rows5::with<Cache<SetAssociative<12>, Fifo, float, IfMoreFrequent, NoGhosts>>(),
        Rows6::with<Cache<SetAssociative<3>, Lfu, float, Always, NoGhosts>>(),
        Rows7::with<Cache<SetAssociative<64>, LfuAged<2>, float, Always, Ghosts<8>>>(),
        Rows8::with<Cache<DirectMapped, Fifo, float, IfMoreFrequent, NoGhosts>>(),
        Rows9::with<Cache<DirectMapped, Lookahead<Lru>, float, Never, NoGhosts>>(),
        Rows10::with<Cache<SetAssociative<7>, hotrow::Random, float, IfMoreFrequent, NoGhosts>>(),
        Rows10::with<Cache<DirectMapped, Fifo, float, Never, NoGhosts>>(),
        Rows11::with<Cache<DirectMapped, Lru, float, Never, NoGhosts>>(),
        Rows11::with<Cache<SetAssociative<100>, Sieve, float, IfMoreFrequent, NoGhosts>>(),
        Rows11::with<Cache<SetAssociative<3>, LfuAged<2>, float, Always, Ghosts<8>>>(),
    };
}
