// SPDX-License-Identifier: Apache-2.0
// Which row goes, which may enter; policies of a user's own.
#include "support/catch.hpp"

#include <hotrow/hotrow.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <deque>
#include <limits>
#include <random>
#include <set>
#include <string>
#include <vector>

using namespace hotrow;

namespace {

/// First in, first out by a wider score: what a user may write.
struct Queue {
    using Score = std::uint64_t;
    static Score admitted(const CacheClock& clock, std::uint32_t) { return clock.step; }
    static Score hit(Score score, const CacheClock&, std::uint32_t) { return score; }
    static std::uint32_t priority(Score score, std::uint64_t, const CacheClock&) { return static_cast<std::uint32_t>(score); }
};

/// One set only, so that all rows compete.
template <int Ways, class EvictionType, class AdmissionType = Always, class GhostsType = NoGhosts>
class OneSet {
public:
    using Embedding = CachedEmbedding<4, RowFormat<Fp32, Cast>, Cache<SetAssociative<Ways>, EvictionType, float, AdmissionType, GhostsType>, Sgd, Host>;
    explicit OneSet(std::uint64_t seed = 0) : embedding_({.table_rows = {1000}, .cache_sets = 1, .seed = seed, .max_lookups = 1000, .threads = 1}) {}

    void use(const std::vector<std::int32_t>& rows) {
        const std::vector<std::int32_t> offsets{0, static_cast<std::int32_t>(rows.size())};
        embedding_.release(embedding_.plan(Batch<std::int32_t>{.indices = rows, .offsets = offsets, .batch_size = 1}));
    }
    std::set<std::uint32_t> cached() const {
        std::set<std::uint32_t> rows;
        for (int way = 0; way < Ways; ++way) {
            if (embedding_.view().tags[way] != no_row<std::uint32_t>) rows.insert(embedding_.view().tags[way]);
        }
        return rows;
    }
    void announce(const std::vector<std::int32_t>& rows) {
        const std::vector<std::int32_t> offsets{0, static_cast<std::int32_t>(rows.size())};
        embedding_.announce(Batch<std::int32_t>{.indices = rows, .offsets = offsets, .batch_size = 1});
    }
    Embedding& embedding() { return embedding_; }
    Statistics statistics() const { return embedding_.statistics(); }

private:
    Embedding embedding_;
};

using Rows = std::set<std::uint32_t>;

}  // namespace

TEST_CASE("Lru evicts the row that was not used for longest", "[cache]") {
    OneSet<3, Lru> cache;
    cache.use({1});
    cache.use({2});
    cache.use({3});
    cache.use({1});
    cache.use({4});
    REQUIRE(cache.cached() == Rows{1, 3, 4});
    cache.use({3});
    cache.use({5});
    REQUIRE(cache.cached() == Rows{3, 4, 5});
}

TEST_CASE("Lru is right when the step passes 2^32", "[cache]") {
    constexpr std::uint64_t wrap = std::uint64_t{1} << 32;
    const CacheClock before{wrap - 1, 0}, after{wrap + 2, 0};
    const std::uint32_t older = Lru::admitted(before, 1), newer = Lru::hit(older, after, 1);
    const CacheClock now{wrap + 5, 0};
    REQUIRE(Lru::priority(older, 0, now) < Lru::priority(newer, 0, now));
    REQUIRE(Lru::priority(Lru::admitted(now, 1), 0, now) == std::numeric_limits<std::uint32_t>::max());
}

TEST_CASE("Lfu evicts the row with the fewest lookups, duplicates included", "[cache]") {
    OneSet<2, Lfu> cache;
    cache.use({1, 1, 1});
    cache.use({2});
    cache.use({2});
    cache.use({3});
    REQUIRE(cache.cached() == Rows{1, 3});
    cache.use({3, 3, 3});
    cache.use({4});
    REQUIRE(cache.cached() == Rows{3, 4});
    // Counts saturate.
    constexpr std::uint32_t most = std::numeric_limits<std::uint32_t>::max();
    REQUIRE(Lfu::hit(most - 2, {}, 2) == most);
    REQUIRE(Lfu::hit(most - 2, {}, 3) == most);
    REQUIRE(Lfu::hit(most, {}, most) == most);
}

TEST_CASE("a row of the batch is never evicted by the batch", "[cache]") {
    OneSet<2, Lru> cache;
    cache.use({1, 2});
    cache.use({1, 2, 3, 4});
    REQUIRE(cache.cached() == Rows{1, 2});
    REQUIRE(cache.statistics().conflict_misses == 2);
    cache.use({2, 5, 6});  // one way to give for two rows
    REQUIRE(cache.statistics().conflict_misses == 3);
    REQUIRE(cache.cached().contains(2));
    REQUIRE(cache.cached().size() == 2);
}

TEST_CASE("admission: IfMoreFrequent compares with the victim, Never admits nothing", "[cache]") {
    OneSet<2, Lfu, IfMoreFrequent> cache;
    cache.use({1, 1, 1});
    cache.use({2, 2});
    REQUIRE(cache.cached() == Rows{1, 2});  // empty ways are for anybody
    cache.use({3, 3});
    REQUIRE(cache.cached() == Rows{1, 2});
    REQUIRE(cache.statistics().conflict_misses == 0);
    cache.use({3, 3, 3});
    REQUIRE(cache.cached() == Rows{1, 3});
    REQUIRE(cache.statistics().admissions == 3);
    REQUIRE(cache.statistics().evictions == 1);

    OneSet<2, Lfu, Never> closed;
    closed.use({1, 2, 3});
    closed.use({1, 2, 3});
    REQUIRE(closed.cached().empty());
    REQUIRE(closed.statistics().misses == 6);
    REQUIRE(closed.statistics().admissions == 0);
}

TEST_CASE("a user's eviction policy is used", "[cache]") {
    OneSet<2, Queue> cache;
    cache.use({1});
    cache.use({2});
    cache.use({1});
    cache.use({3});
    REQUIRE(cache.cached() == Rows{2, 3});
}

TEST_CASE("ties go to the lowest way, and all of 128 ways are used", "[cache]") {
    OneSet<128, Lru> cache;
    std::vector<std::int32_t> rows(128);
    for (int i = 0; i < 128; ++i) rows[static_cast<std::size_t>(i)] = i;
    cache.use(rows);
    REQUIRE(cache.cached().size() == 128);
    REQUIRE(cache.statistics().evictions == 0);
    cache.use({500});
    cache.use({501});
    REQUIRE(cache.statistics().clean_evictions == 2);
    REQUIRE(cache.cached().contains(500));
    REQUIRE(cache.cached().contains(501));
    const OneSet<128, Lru> empty;
    REQUIRE(empty.cached().empty());
}

TEST_CASE("statistics tell what happened, by hand", "[cache]") {
    OneSet<2, Lru> cache;
    cache.use({1, 1, 2});
    cache.use({2, 3});
    cache.use({});
    const Statistics s = cache.statistics();
    REQUIRE(s.steps == 3);
    REQUIRE(s.lookups == 5);
    REQUIRE(s.unique_rows == 4);
    REQUIRE(s.hits == 1);
    REQUIRE(s.misses == 4);
    REQUIRE(s.admissions == 3);
    REQUIRE(s.evictions == 1);
    REQUIRE(s.clean_evictions == 1);
    REQUIRE(s.hit_rate() == 0.2);
    REQUIRE(Statistics{}.hit_rate() == 0.0);
}

TEST_CASE("Fifo evicts the row that came first, used or not", "[cache]") {
    OneSet<2, Fifo> cache;
    cache.use({1});
    cache.use({2});
    cache.use({1});
    cache.use({3});
    REQUIRE(cache.cached() == Rows{2, 3});
}

TEST_CASE("Random evicts each way equally often, and the same ones in every run", "[cache]") {
    constexpr int ways = 8, trials = 4000;
    std::vector<int> evicted(ways);
    for (int trial = 0; trial < trials; ++trial) {
        OneSet<ways, Random> cache(static_cast<std::uint64_t>(trial)), again(static_cast<std::uint64_t>(trial));
        for (auto* c : {&cache, &again}) {
            c->use({0, 1, 2, 3, 4, 5, 6, 7});
            c->use({100});
        }
        REQUIRE(cache.cached() == again.cached());
        const std::set<std::uint32_t> left = cache.cached();
        for (std::uint32_t row = 0; row < ways; ++row) evicted[row] += left.contains(row) ? 0 : 1;
    }
    // Chi-squared with 7 degrees of freedom: above 29.9 once in 10,000.
    double chi = 0;
    for (const int n : evicted) chi += std::pow(n - trials / ways, 2) / (trials / ways);
    REQUIRE(chi < 29.9);
}

TEST_CASE("Sieve is the published algorithm: a queue and a hand", "[cache]") {
    constexpr int ways = 7;
    OneSet<ways, Sieve> cache;
    struct Entry {
        std::int32_t row;
        bool visited;
    };
    std::deque<Entry> queue;  // oldest first
    std::size_t hand = 0;
    std::mt19937 random(5);
    int evictions = 0;
    for (int i = 0; i < 20000; ++i) {
        // Few rows are hot, and scans come by.
        const std::int32_t row =
            static_cast<std::int32_t>(i / 500 % 3 == 2 ? 100 + i % 900 : static_cast<std::int32_t>(std::min(random() % 12, random() % 40)));
        cache.use({row});
        const auto found = std::find_if(queue.begin(), queue.end(), [&](const Entry& entry) { return entry.row == row; });
        if (found != queue.end()) {
            found->visited = true;
        } else {
            if (queue.size() == ways) {
                if (hand == queue.size()) hand = 0;
                while (queue[hand].visited) {
                    queue[hand].visited = false;
                    hand = hand + 1 == queue.size() ? 0 : hand + 1;
                }
                queue.erase(queue.begin() + static_cast<std::ptrdiff_t>(hand));
                ++evictions;
            }
            queue.push_back({row, false});
        }
        Rows expected;
        for (const Entry& entry : queue) expected.insert(static_cast<std::uint32_t>(entry.row));
        INFO("access " << i);
        REQUIRE(cache.cached() == expected);
    }
    REQUIRE(evictions > 5000);
}

TEST_CASE("LfuAged counts with a half-life, to the precision of its score", "[cache]") {
    using Policy = LfuAged<50>;
    constexpr std::uint64_t slots = 640, half_life = 50 * slots;
    std::mt19937_64 random(7);
    for (int line = 0; line < 200; ++line) {
        std::uint64_t lookups = random() % (half_life << 12);
        std::uint32_t score = 0;
        double count = 0;  // as of the last use
        std::uint64_t last = lookups;
        for (int use = 0; use < 60; ++use) {
            const std::uint32_t n = static_cast<std::uint32_t>(1 + (random() >> (40 + random() % 24)));
            const CacheClock clock{1, 0, Policy::time(lookups, slots)};
            score = use == 0 ? Policy::admitted(clock, n) : Policy::hit(score, clock, n);
            count = count * std::exp2(-static_cast<double>(lookups - last) / half_life) + n;
            last = lookups;
            const double kept = static_cast<double>(Policy::priority(score, 0, clock)) - 0x1p31;  // log2 of the count, in 2^-16
            const double exponent = std::floor(kept / 65536);
            const double value = std::exp2(exponent) * (1 + (kept / 65536 - exponent));
            INFO("line " << line << ", use " << use << ", count " << count << ", kept " << value);
            // 2^f against 1 + f is 6.2 % off, on either of the two clocks.
            REQUIRE(value < count * 1.13);
            REQUIRE(value > count * 0.87);
            // A ghost keeps eight bits of it, rounded down.
            const std::uint32_t recalled = Policy::recall(Policy::remember(score, clock), clock);
            REQUIRE(score - recalled < 256u);
            lookups += random() % (half_life * (1 + random() % 3));
        }
    }
    // What is too old for a ghost becomes as old as a ghost can be, not new.
    const CacheClock now{1, 0, 0x12345678u};
    const std::uint32_t ancient = now.now - (500u << 16);
    const std::uint32_t recalled = Policy::recall(Policy::remember(ancient, now), now);
    REQUIRE(static_cast<std::int32_t>(now.now - recalled) > 126 << 16);
    REQUIRE(static_cast<std::int32_t>(now.now - recalled) < 128 << 16);
}

TEST_CASE("LfuAged forgets what was hot long ago, Lfu does not", "[cache]") {
    OneSet<2, LfuAged<4>, IfMoreFrequent, Ghosts<4>> aged;
    OneSet<2, Lfu, IfMoreFrequent> counted;
    const auto both = [&](const std::vector<std::int32_t>& rows) {
        aged.use(rows);
        counted.use(rows);
    };
    both({1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2});
    for (int i = 0; i < 30; ++i) both({3, 4, 3});
    REQUIRE(counted.cached() == Rows{1, 2});
    REQUIRE(aged.cached() == Rows{3, 4});
}

TEST_CASE("ghosts: a row that was refused or left goes on from its count", "[cache]") {
    OneSet<1, Lfu, IfMoreFrequent, Ghosts<2>> cache;
    cache.use({1, 1, 1});
    cache.use({2, 2});  // refused: 2 against 3
    REQUIRE(cache.cached() == Rows{1});
    cache.use({2});  // 3 against 3
    REQUIRE(cache.cached() == Rows{1});
    cache.use({2});  // 4 against 3
    REQUIRE(cache.cached() == Rows{2});
    cache.use({1, 1});  // 3 + 2 against 4
    REQUIRE(cache.cached() == Rows{1});
    // Two ghosts: the third pushes out the least, or is none itself.
    cache.use({3, 3, 3});
    cache.use({4});  // less than those of 2 (4) and 3 (3)
    cache.use({4, 4, 4, 4, 4});
    REQUIRE(cache.cached() == Rows{1});
    cache.use({4});
    REQUIRE(cache.cached() == Rows{4});
    REQUIRE(cache.embedding().footprint().ghosts == 8);
}

TEST_CASE("of more misses than ways the best stay, whatever their order", "[cache]") {
    OneSet<2, Lfu, IfMoreFrequent> best;
    best.use({1, 2, 2, 3, 3, 3, 4, 4, 4, 4, 5, 6, 7, 8, 9});
    REQUIRE(best.cached() == Rows{3, 4});
    REQUIRE(best.statistics().admissions == 2);
    REQUIRE(best.statistics().evictions == 0);
    REQUIRE(best.statistics().conflict_misses == 0);  // others were refused, not without a way
    // A line that was there before competes too.
    best.use({10, 11, 11, 11, 11, 11});
    REQUIRE(best.cached() == Rows{4, 11});
    REQUIRE(best.statistics().clean_evictions == 1);

    // With Always a line of an earlier batch goes first, and rows of the batch displace each other only when none is left.
    OneSet<2, Lfu> always;
    always.use({1, 1, 1, 1, 1, 2});
    always.use({3});
    REQUIRE(always.cached() == Rows{1, 3});
    always.use({4, 5, 6, 7, 7, 8, 8, 8});
    REQUIRE(always.cached() == Rows{7, 8});
    REQUIRE(always.statistics().admissions == 5);
    REQUIRE(always.statistics().evictions == 3);
    REQUIRE(always.statistics().conflict_misses == 3);
}

TEST_CASE("Lookahead keeps what announced batches need soonest and most", "[cache]") {
    OneSet<2, Lookahead<>, IfMoreFrequent> cache;
    const std::vector<std::vector<std::int32_t>> coming = {{1}, {2}, {3}, {2}, {4}, {1}, {5, 5, 5, 5, 5, 5, 5, 5}, {3}, {5}};
    for (const auto& batch : coming) cache.announce(batch);
    cache.use(coming[0]);
    cache.use(coming[1]);
    REQUIRE(cache.cached() == Rows{1, 2});
    cache.use(coming[2]);  // 3 is needed in 5 batches, 1 in 3, 2 in 1
    REQUIRE(cache.cached() == Rows{1, 2});
    cache.use(coming[3]);  // 2 is not needed any more
    cache.use(coming[4]);  // nor is 4: the lines' own counts decide, and 2 has more
    REQUIRE(cache.cached() == Rows{1, 2});
    cache.use(coming[5]);
    cache.use(coming[6]);  // 5 is needed in two batches
    REQUIRE(cache.cached().contains(5));
    REQUIRE(cache.statistics().hits == 2);
    REQUIRE(cache.embedding().footprint().foresight > 0);
}

TEST_CASE("announced batches are bounded, and the errors say so", "[cache]") {
    OneSet<2, Lookahead<>, IfMoreFrequent> cache;
    for (int i = 0; i < 64; ++i) cache.announce({i});
    REQUIRE_THROWS_WITH(cache.announce({1}), Catch::Contains("64 announced batches wait for their plans"));
    cache.use({0});
    cache.announce({64});
    const std::vector<std::int32_t> many(1001, 1);
    cache.use({1});
    REQUIRE_THROWS_WITH(cache.announce(many), Catch::Contains("1001 lookups, and room is reserved for 1000"));
    REQUIRE_THROWS_AS(cache.announce({1000}), IndexError);
    REQUIRE_THROWS_AS(cache.announce({-1}), IndexError);
    cache.announce({2});  // what was refused did not count
    // More room forgets what was announced.
    cache.embedding().reserve(2000);
    for (int i = 0; i < 64; ++i) cache.announce({i});
    REQUIRE_THROWS_AS(cache.announce({1}), PlanError);
}

TEST_CASE("Lookahead over many generations of steps knows the next use, and only that", "[cache]") {
    // Row 1 is used every 50 batches, row 2 every 51; batches are announced 64 ahead, so that their uses cross the bounds of generations.
    OneSet<2, Lookahead<Fifo>, IfMoreFrequent> cache;
    const auto batch = [](int step) {
        std::vector<std::int32_t> rows{10 + step % 900};
        if (step % 50 == 0) rows.push_back(1);
        if (step % 51 == 0) rows.push_back(2);
        return rows;
    };
    for (int step = 0; step < 64; ++step) cache.announce(batch(step));
    std::uint64_t expected = 0;
    for (int step = 0; step < 1000; ++step) {
        cache.use(batch(step));
        cache.announce(batch(step + 64));
        expected += static_cast<std::uint64_t>(step > 0 && step % 50 == 0) + static_cast<std::uint64_t>(step > 0 && step % 51 == 0);
    }
    REQUIRE(cache.statistics().hits == expected);
}

TEST_CASE("pinned rows stay until they are unpinned", "[cache]") {
    OneSet<3, Lru> cache;
    auto& embedding = cache.embedding();
    const std::vector<std::int64_t> pins{7, 8, 7};
    cache.use({1, 2, 3});
    REQUIRE(embedding.pin_rows(0, pins) == 2);
    REQUIRE(cache.cached().contains(7));
    REQUIRE(cache.cached().contains(8));
    REQUIRE(cache.statistics().evictions == 2);
    REQUIRE(cache.statistics().lookups == 3);  // pinning looks nothing up
    for (std::int32_t row = 100; row < 120; ++row) cache.use({row});
    REQUIRE(cache.cached() == Rows{7, 8, 119});
    REQUIRE(embedding.pin_rows(0, std::vector<std::int64_t>{8, 9, 10}) == 2);  // 8 was, 9 takes the last way, 10 finds none
    cache.use({200});
    REQUIRE(cache.statistics().conflict_misses == 2);
    embedding.unpin_rows(0, std::vector<std::int64_t>{7, 999});
    cache.use({201});
    REQUIRE(cache.cached() == Rows{8, 9, 201});

    // Values survive: a pinned row is trained in its line, and written back when it leaves.
    const std::vector<std::int32_t> indices{8}, offsets{0, 1};
    const auto plan = embedding.plan(Batch<std::int32_t>{.indices = indices, .offsets = offsets, .batch_size = 1});
    REQUIRE_THROWS_AS(embedding.pin_rows(0, pins), PlanError);
    REQUIRE_THROWS_AS(embedding.unpin_rows(0, pins), PlanError);
    const std::vector<float> gradient(4, 1.0f);
    std::vector<float> before(4), after(4);
    embedding.read_rows(0, 8, before);
    embedding.backward(plan, std::span<const float>(gradient));
    embedding.flush();
    REQUIRE(cache.cached().contains(8));
    cache.use({300, 301, 302});
    REQUIRE(cache.cached().contains(8));  // also after a flush
    embedding.unpin_rows(0, std::vector<std::int64_t>{8, 9});
    cache.use({300, 301, 302});
    REQUIRE(!cache.cached().contains(8));
    embedding.read_rows(0, 8, after);
    const float rate = embedding.options().optimizer.learning_rate;
    for (std::size_t i = 0; i < 4; ++i) REQUIRE(after[i] == std::fma(-rate, 1.0f, before[i]));

    REQUIRE_THROWS_AS(embedding.pin_rows(0, std::vector<std::int64_t>{1000}), IndexError);
    REQUIRE_THROWS_AS(embedding.pin_rows(0, std::vector<std::int64_t>{-1}), IndexError);
    REQUIRE_THROWS_AS(embedding.pin_rows(1, pins), IndexError);
    REQUIRE(embedding.pin_rows(0, {}) == 0);
}

TEST_CASE("with Pinned only chosen rows are cached", "[cache]") {
    OneSet<4, Pinned, Never> cache;
    REQUIRE(cache.embedding().pin_rows(0, std::vector<std::int64_t>{5, 6}) == 2);
    cache.use({1, 2, 3, 5, 5});
    REQUIRE(cache.cached() == Rows{5, 6});
    REQUIRE(cache.statistics().hits == 2);
    REQUIRE(cache.embedding().footprint().scores == 0);
    STATIC_REQUIRE(std::is_same_v<Cache<SetAssociative<4>, Pinned>::Admission_t, Never>);
    STATIC_REQUIRE(std::is_same_v<Cache<SetAssociative<4>>::Admission_t, IfMoreFrequent>);
    STATIC_REQUIRE(Cache<SetAssociative<4>>::ghosts_per_set == 32);
    STATIC_REQUIRE(std::is_same_v<Cache<SetAssociative<4>, Lru>::Admission_t, Always>);
}
