// SPDX-License-Identifier: Apache-2.0
// Host and device train to the same bytes: every combination of combinations_*.cu, with all poolings, with and without weights, and with every
// shape of bags.
#include "support/catch.hpp"

#include "cuda/all_combinations.hpp"
#include "support/random_batch.hpp"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

using namespace hotrow;
using namespace hotrow::test;

namespace {

const std::vector<std::int64_t> table_rows{200, 30, 1};

std::vector<std::uint64_t> numbers(const Statistics& s) {
    return {s.steps,       s.lookups,         s.unique_rows,      s.hits,       s.misses, s.conflict_misses, s.admissions, s.evictions,
            s.write_backs, s.clean_evictions, s.rejected_updates, s.bad_indices};
}

void require_same(const OnEach<Bytes>& bytes, const std::string& what) {
    if (bytes.host == bytes.device) return;
    std::size_t at = 0;
    while (at < bytes.host.size() && at < bytes.device.size() && bytes.host[at] == bytes.device[at]) ++at;
    FAIL(what << ": " << bytes.host.size() << " bytes on the host, " << bytes.device.size() << " on the device; they differ at byte " << at);
}

/// Everything that is kept, and everything that was counted.
void require_same(Both& both) {
    for (const NamedBytes& part : both.kept()) require_same(part.bytes, part.name);
    const OnEach<std::vector<Statistics>> statistics = both.statistics();
    REQUIRE(statistics.host.size() == statistics.device.size());
    for (std::size_t i = 0; i < statistics.host.size(); ++i) REQUIRE(numbers(statistics.host[i]) == numbers(statistics.device[i]));
}

void step(Both& both, const NaiveBatch& batch, RandomNumbers& random, bool with_bad_gradient = false) {
    require_same(both.forward(batch), "outputs");
    std::vector<float> gradient = random_gradient(random, batch.output_rows() * static_cast<std::size_t>(both.dim()));
    if (with_bad_gradient && !gradient.empty()) gradient[random.below(gradient.size())] = NAN;
    both.backward(gradient);
}

/// Poolings x weights x shapes of bags, each once; then a batch of nothing. A long bag is longer than a chunk.
std::vector<BatchShape> all_shapes(int dim) {
    std::vector<BatchShape> shapes;
    const std::uint64_t giant = dim > 256 ? 70 : 200;
    for (const BagLengths lengths : {BagLengths::mixed, BagLengths::one_giant, BagLengths::ones, BagLengths::all_empty}) {
        for (const NaivePooling pooling : {NaivePooling::sum, NaivePooling::mean, NaivePooling::none}) {
            for (const bool weights : {false, true}) {
                // One row in every bag: all gradients go to it.
                for (const bool one_row : {false, true}) {
                    if (one_row && lengths == BagLengths::all_empty) continue;
                    shapes.push_back({1 + static_cast<int>(shapes.size() % 5), lengths, pooling, weights, one_row, giant});
                }
            }
        }
    }
    shapes.push_back({0, BagLengths::mixed, NaivePooling::sum, false});
    return shapes;
}

/// What happens between steps in a life of training. Pins first, so that caches that admit nothing are used too.
void do_something_else(Both& both, int i, const NaiveBatch& batch, RandomNumbers& random) {
    switch (i % 9) {
    case 0: {
        std::vector<std::int64_t> rows(1 + random.below(6));
        for (std::int64_t& row : rows) row = random.skewed(table_rows[0]);
        const OnEach<std::int64_t> pinned = both.pin_rows(rows);
        REQUIRE(pinned.host == pinned.device);
        break;
    }
    case 2: require_same(both.lookup(batch), "outputs of a lookup"); break;
    case 4: {
        std::vector<float> rows(static_cast<std::size_t>(5 * both.dim()));
        for (float& value : rows) value = random.fine();
        both.write_rows(static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(table_rows[0]) - 4)), rows);
        break;
    }
    case 6: both.set_learning_rate(0.01f * static_cast<float>(1 + random.below(20))); break;
    case 7: both.flush(); break;
    case 8: {
        std::vector<std::int64_t> rows(static_cast<std::size_t>(table_rows[0] / 2));
        std::iota(rows.begin(), rows.end(), 0);
        both.unpin_rows(rows);
        break;
    }
    default: break;
    }
}

void train(Both& both, const std::vector<BatchShape>& shapes, std::uint64_t seed) {
    RandomNumbers random(seed);
    std::vector<NaiveBatch> batches;
    for (const BatchShape& shape : shapes) batches.push_back(random_batch(random, table_rows, shape));
    std::size_t announced = 0;
    for (std::size_t i = 0; i < batches.size(); ++i) {
        INFO("step " << i);
        for (; both.announces() && announced < std::min(batches.size(), i + 5); ++announced) both.announce(batches[announced]);
        step(both, batches[i], random, i % 10 == 3);
        do_something_else(both, static_cast<int>(i), batches[i], random);
        if (i % 12 == 5) require_same(both);
    }
    require_same(both);
    require_same(both.read_rows(), "rows");
    both.check_device();  // nothing was reported
}

}  // namespace

namespace {

/// Trains every `stride`-th combination.
void train_all(std::size_t stride) {
    std::uint64_t seed = 0, write_backs = 0, rejected = 0, trained = 0;
    const std::vector<Combination> all = all_combinations();
    for (std::size_t i = 0; i < all.size(); i += stride) {
        INFO(all[i].name << ", seed " << ++seed);
        const std::unique_ptr<Both> both = all[i].make({.table_rows = table_rows, .lines = 40, .seed = seed, .max_lookups = 800});
        train(*both, all_shapes(all[i].dim), seed);
        const Statistics s = both->statistics().host.front();
        CHECK(s.hits > 0);
        CHECK(s.admissions > 0);  // what admits nothing has pinned rows
        write_backs += s.write_backs;
        rejected += s.rejected_updates;
        ++trained;
    }
    CHECK(write_backs > 10 * trained);
    CHECK(rejected > trained);
}

}  // namespace

TEST_CASE("the same bytes on host and device, for every pair of policies", "[cuda]") { train_all(1); }

// For the schedules and checks that are slow: run by name.
TEST_CASE("the same bytes on host and device, for some of the combinations", "[.some]") { train_all(9); }

TEST_CASE("the same bytes on host and device for a bag of 100,000", "[cuda]") {
    int found = 0;
    for (const Combination& combination : all_combinations()) {
        if (combination.dim > 2 || combination.levels.at("eviction") == "lookahead" || ++found > 3) continue;
        INFO(combination.name);
        const std::unique_ptr<Both> both = combination.make({.table_rows = table_rows, .lines = 40, .seed = 9, .max_lookups = 110'000});
        RandomNumbers random(10);
        const std::vector<std::pair<NaivePooling, bool>> kinds{{NaivePooling::mean, true}, {NaivePooling::sum, false}, {NaivePooling::none, false}};
        for (const auto& [pooling, weights] : kinds) {
            for (const bool one_row : {false, true}) {
                const NaiveBatch batch = random_batch(random, table_rows, {2, BagLengths::one_giant, pooling, weights, one_row, 100'000});
                REQUIRE(batch.indices.size() >= 100'000);
                step(*both, batch, random);
                require_same(both->lookup(batch), "outputs of a lookup");
            }
        }
        require_same(*both);
    }
    REQUIRE(found >= 3);
}

TEST_CASE("the same bytes on host and device without a cache", "[cuda]") {
    std::uint64_t seed = 100;
    for (const Combination& combination : all_combinations()) {
        INFO(combination.name << ", seed " << ++seed);
        const std::unique_ptr<Both> both = combination.make({.table_rows = table_rows, .lines = 0, .seed = seed, .max_lookups = 800});
        RandomNumbers random(seed);
        for (int i = 0; i < 4; ++i) {
            BatchShape shape{5, i % 2 == 0 ? BagLengths::mixed : BagLengths::one_giant, static_cast<NaivePooling>(i % 3), i < 2, false, 200};
            step(*both, random_batch(random, table_rows, shape), random);
        }
        require_same(*both);
        CHECK(both->statistics().host.front().hits == 0);
    }
}

TEST_CASE("bad indices are skipped alike", "[cuda]") {
    std::uint64_t seed = 200;
    for (const Combination& combination : all_combinations()) {
        if (combination.levels.at("index") != "int64") continue;  // as wide as the indices made here
        INFO(combination.name << ", seed " << ++seed);
        const std::unique_ptr<Both> both = combination.make({.table_rows = table_rows, .lines = 40, .seed = seed, .bounds = Bounds::skip, .max_lookups = 800});
        RandomNumbers random(seed);
        for (int i = 0; i < 6; ++i) {
            NaiveBatch batch = random_batch(random, table_rows, {6, BagLengths::mixed, static_cast<NaivePooling>(i % 3), i % 2 == 0});
            for (std::int64_t& index : batch.indices) index = random.one_in(4) ? static_cast<std::int64_t>(random.below(~0ull)) : index;
            if (both->announces()) both->announce(batch);
            step(*both, batch, random);
            require_same(both->lookup(batch), "outputs of a lookup");
        }
        require_same(*both);
        CHECK(both->statistics().host.front().bad_indices > 20);
        both->check_device();  // skipped, not reported
    }
}
