// SPDX-License-Identifier: Apache-2.0
// Same seed, same inputs: same bytes, on any number of threads and in any run. Batches are large enough for all
// threads to take part in every step, the sort included.
#include "support/catch.hpp"
#include "support/random_batch.hpp"
#include "support/subject.hpp"

#include <cstdint>
#include <memory>
#include <vector>

using namespace hotrow;
using namespace hotrow::test;

namespace {

struct Result {
    Snapshot memory;
    std::vector<float> output;
    std::uint64_t lookups, write_backs, conflict_misses;
    bool operator==(const Result&) const = default;
};

using Optimizer = RowwiseAdagrad;
using Embedding = CachedEmbedding<16, RowFormat<Int4, RowAffine<Fp16>, Stochastic<>>, Cache<SetAssociative<4>, Lru>, Optimizer, CountingHost>;

Result train(int threads, std::uint64_t seed) {
    const std::vector<std::int64_t> table_rows{5000, 70, 900};
    SubjectOf<Embedding, Optimizer, std::int32_t, float> subject({.table_rows = table_rows,
                                                                  .sets = 60,
                                                                  .seed = seed,
                                                                  .optimizer = {NaiveUpdate::rowwise_adagrad, 0.05f, 1e-8f, 0.001f},
                                                                  .initial_range = {},
                                                                  .threads = threads});
    RandomNumbers random(42);
    Result result{};
    for (int step = 0; step < 12; ++step) {
        BatchShape shape{1500, BagLengths::mixed, static_cast<NaivePooling>(step % 3), step % 2 == 0};
        if (step % 4 == 3) shape = {3, BagLengths::one_giant, NaivePooling::sum, true, false, 9000};
        const NaiveBatch batch = random_batch(random, table_rows, shape);
        const auto [plan, output] = subject.plan_and_forward(batch);
        subject.backward(plan, random_gradient(random, output.size()));
        result.output = output;
        if (step == 6) subject.flush();
    }
    const Statistics s = subject.statistics();
    result.memory = subject.snapshot();
    result.lookups = s.lookups;
    result.write_backs = s.write_backs;
    result.conflict_misses = s.conflict_misses;
    return result;
}

}  // namespace

TEST_CASE("any number of threads gives the same bytes", "[embedding][determinism]") {
    const Result one = train(1, 7);
    REQUIRE(one.write_backs > 100);
    REQUIRE(one.conflict_misses > 100);
    for (const int threads : {1, 2, 5}) {
        INFO(threads << " threads");
        REQUIRE((train(threads, 7) == one));
    }
}

TEST_CASE("another seed gives other bytes", "[embedding][determinism]") { REQUIRE_FALSE((train(1, 8).memory.stored == train(1, 7).memory.stored)); }
