// SPDX-License-Identifier: Apache-2.0
// Which row goes, which may enter; policies of a user's own.
#include "support/catch.hpp"

#include <hotrow/hotrow.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <set>
#include <vector>

using namespace hotrow;

namespace {

/// First in, first out: what a user may write.
struct Fifo {
    using Score = std::uint64_t;
    static Score admitted(const CacheClock& clock, std::uint32_t) { return clock.step; }
    static Score hit(Score score, const CacheClock&, std::uint32_t) { return score; }
    static std::uint32_t priority(Score score, std::uint64_t, const CacheClock&) { return static_cast<std::uint32_t>(score); }
};

/// One set only, so that all rows compete.
template <int Ways, class EvictionType, class AdmissionType = Always>
class OneSet {
public:
    using Embedding = CachedEmbedding<4, RowFormat<Fp32, Cast>, Cache<SetAssociative<Ways>, EvictionType, float, AdmissionType>, Sgd, Host>;
    OneSet() : embedding_({.table_rows = {1000}, .cache_sets = 1, .threads = 1}) {}

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
    OneSet<2, Fifo> cache;
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
