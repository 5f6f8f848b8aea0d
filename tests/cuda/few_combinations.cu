// SPDX-License-Identifier: Apache-2.0
// A few combinations, for programs built in another way: small rows, the defaults, a policy that looks ahead.
#include "cuda/all_combinations.hpp"
#include "cuda/both_of.hpp"

using namespace hotrow;
using namespace hotrow::test;

namespace {

using Small = RowsPart<2, RowFormat<Int8, RowAffine<Fp16>, Stochastic<>>, RowwiseAdagrad, std::uint32_t, std::int64_t, float, float>;
using Large = RowsPart<64, RowFormat<Int4, RowAffine<Fp16>, Stochastic<>>, Sgd, std::uint32_t, std::int64_t, float, float>;

}  // namespace

std::vector<Combination> hotrow::test::all_combinations() {
    return {
        Small::with<Cache<SetAssociative<4>, Lru>>(),          Small::with<Cache<SetAssociative<32>>>(),
        Small::with<Cache<SetAssociative<8>, Sieve>>(),        Large::with<Cache<SetAssociative<32>>>(),
        Large::with<Cache<SetAssociative<16>, Lookahead<>>>(),
    };
}
