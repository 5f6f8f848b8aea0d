// SPDX-License-Identifier: Apache-2.0
// Host and device train to the same bytes: the cache policies that keep more than a score, with pins and announced batches.
#include "cuda/on_both.hpp"

using namespace hotrow;
using namespace hotrow::test;

namespace {

using Rows = RowFormat<Int8, RowAffine<Fp16>, Stochastic<>>;

/// The first table is larger than most caches below.
template <class CachePolicy>
void train(std::int64_t sets, std::uint64_t seed) {
    OnBoth<8, Rows, CachePolicy, RowwiseAdagrad> both(
        {.table_rows = {400, 30, 1}, .cache_sets = sets, .seed = seed, .max_lookups = 2000, .threads = 2});
    train_on_both<std::int32_t, float, float>(both, 150, seed);
}

}  // namespace

TEST_CASE("the default cache: the same bytes on host and device", "[cuda]") {
    train<Cache<SetAssociative<32>>>(2, 21);
}

TEST_CASE("5 ways, LfuAged, 40 ghosts: the same bytes on host and device", "[cuda]") {
    train<Cache<SetAssociative<5>, LfuAged<2>, float, IfMoreFrequent, Ghosts<40>>>(9, 22);
}

TEST_CASE("64 ways, Sieve: the same bytes on host and device", "[cuda]") {
    train<Cache<SetAssociative<64>, Sieve>>(2, 23);
}

TEST_CASE("8 ways, Random: the same bytes on host and device", "[cuda]") {
    train<Cache<SetAssociative<8>, hotrow::Random>>(5, 24);
}

TEST_CASE("16 ways, Fifo: the same bytes on host and device", "[cuda]") {
    train<Cache<SetAssociative<16>, Fifo>>(3, 25);
}

TEST_CASE("16 ways, Lookahead, batches announced: the same bytes on host and device", "[cuda]") {
    train<Cache<SetAssociative<16>, Lookahead<>>>(3, 26);
}
