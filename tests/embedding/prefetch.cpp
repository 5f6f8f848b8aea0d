// SPDX-License-Identifier: Apache-2.0
// Plans that run ahead: all orders of plan, forward and backward of three small batches, for every pattern of rows that
// they share, against a table without a cache. Rows are FP32, so every output and every row must be equal to the bit; an
// update that is lost, or a line that is taken while in use, shows. Each gradient is a power of two of its own, so that no two
// updates can be mistaken for each other.
#include "support/catch.hpp"
#include "support/sanitized.hpp"

#include <hotrow/hotrow.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace {

using Fp32Rows = hotrow::RowFormat<hotrow::Fp32, hotrow::Cast>;

constexpr int batches = 3;
constexpr int rows = 4;

// Which rows a batch looks up, once each.
using Pattern = std::vector<std::int32_t>;
const std::vector<Pattern> patterns = {{0}, {1, 0}, {2, 3}, {0, 1, 2}, {3, 0, 0}, {}};

enum Call { plan_call, forward_call, backward_call };
struct Event {
    Call call;
    int batch;
};

// All interleavings in which each batch is planned, then read, then updated, and plans are made in batch order.
void interleavings(std::array<int, batches> done, std::vector<Event>& prefix, std::vector<std::vector<Event>>& all) {
    if (prefix.size() == 3 * batches) {
        all.push_back(prefix);
        return;
    }
    for (int batch = 0; batch < batches; ++batch) {
        const int next = done[static_cast<std::size_t>(batch)];
        if (next == 3) continue;
        if (next == 0 && batch > 0 && done[static_cast<std::size_t>(batch) - 1] == 0) continue;
        prefix.push_back({static_cast<Call>(next), batch});
        ++done[static_cast<std::size_t>(batch)];
        interleavings(done, prefix, all);
        --done[static_cast<std::size_t>(batch)];
        prefix.pop_back();
    }
}

std::string text(const std::vector<Event>& events) {
    std::string line;
    for (const Event& event : events) line += std::string("PFB").substr(static_cast<std::size_t>(event.call), 1) + std::to_string(event.batch) + " ";
    return line;
}

template <class Embedding>
void one_authoritative_copy(const Embedding& embedding) {
    const auto view = embedding.view();
    std::set<std::uint32_t> seen;
    for (std::uint64_t slot = 0; slot < view.slots(); ++slot) {
        if (view.tags[slot] != Embedding::View::no_row && !seen.insert(view.tags[slot]).second) FAIL("row " << view.tags[slot] << " is cached twice");
    }
}

/// Announces all batches before the first is planned.
template <class Embedding>
void announce_from(Embedding& embedding, const std::array<const Pattern*, batches>& chosen, int next) {
    if (next != 0) return;
    for (const Pattern* pattern : chosen) {
        const std::array<std::int32_t, 2> offsets{0, static_cast<std::int32_t>(pattern->size())};
        embedding.announce(hotrow::Batch<std::int32_t>{.indices = *pattern, .offsets = offsets, .batch_size = 1, .pooling = hotrow::Pooling::none});
    }
}

template <class Cache>
void all_orders(std::int64_t sets) {
    using Embedding = hotrow::CachedEmbedding<1, Fp32Rows, Cache, hotrow::Sgd, hotrow::Host>;
    std::vector<std::vector<Event>> orders;
    std::vector<Event> prefix;
    interleavings({}, prefix, orders);
    REQUIRE(orders.size() == 280);

    std::uint64_t conflicts = 0, evictions = 0;
    constexpr std::size_t stride = hotrow::test::is_sanitized ? 11 : 1;  // sanitizers look for other bugs than lost updates, and are slow
    for (std::size_t choice = 0; choice < patterns.size() * patterns.size() * patterns.size(); choice += stride) {
        const std::array<const Pattern*, batches> chosen = {&patterns[choice % patterns.size()], &patterns[choice / patterns.size() % patterns.size()],
                                                            &patterns[choice / patterns.size() / patterns.size()]};
        for (const std::vector<Event>& order : orders) {
            Embedding embedding({.table_rows = {rows},
                                 .cache_sets = sets,
                                 .optimizer = {.learning_rate = 1.0f},
                                 .initial_range = 0.0f,
                                 .max_lookups = 4,
                                 .in_flight = batches,
                                 .threads = 1});
            std::array<float, rows> expected{};
            std::array<std::vector<std::int32_t>, batches> offsets;
            std::array<hotrow::Plan<std::int32_t>, batches> plans;
            for (const Event& event : order) {
                const std::size_t b = static_cast<std::size_t>(event.batch);
                const Pattern& pattern = *chosen[b];
                if (event.call == plan_call) {
                    offsets[b] = {0, static_cast<std::int32_t>(pattern.size())};
                    if constexpr (hotrow::looks_ahead<typename Cache::Eviction_t>) announce_from(embedding, chosen, event.batch);
                    plans[b] = embedding.prefetch(
                        hotrow::Batch<std::int32_t>{.indices = pattern, .offsets = offsets[b], .batch_size = 1, .pooling = hotrow::Pooling::none});
                } else if (event.call == forward_call) {
                    std::vector<float> output(pattern.size());
                    embedding.forward(plans[b], std::span(output));
                    for (std::size_t i = 0; i < pattern.size(); ++i) {
                        if (output[i] != expected[static_cast<std::size_t>(pattern[i])]) FAIL("output of " << text(order) << "pattern " << choice);
                    }
                } else {
                    std::vector<float> gradient(pattern.size());
                    for (std::size_t i = 0; i < pattern.size(); ++i) gradient[i] = -static_cast<float>(1 << (4 * event.batch + static_cast<int>(i)));
                    embedding.backward(plans[b], std::span<const float>(gradient));
                    for (std::size_t i = 0; i < pattern.size(); ++i) expected[static_cast<std::size_t>(pattern[i])] -= gradient[i];
                }
            }
            std::array<float, rows> values{};
            embedding.read_rows(0, 0, values);
            if (values != expected) FAIL("rows after " << text(order) << "pattern " << choice);
            embedding.flush();
            one_authoritative_copy(embedding);
            const auto view = embedding.view();
            for (std::size_t row = 0; row < rows; ++row) {
                if (*reinterpret_cast<const float*>(view.stored_row(row)) != expected[row]) FAIL("stored rows after " << text(order) << "pattern " << choice);
            }
            conflicts += embedding.statistics().conflict_misses;
            evictions += embedding.statistics().evictions;
        }
    }
    // The cases that matter do occur.
    CHECK(conflicts > 0);
    CHECK((evictions > 0 || sets * Cache::ways >= rows || !Cache::Admission_t::fills));
}

}  // namespace

TEMPLATE_TEST_CASE("plans in flight lose no update, in any order of calls", "[prefetch]", (hotrow::Cache<hotrow::SetAssociative<2>, hotrow::Lru>),
                   (hotrow::Cache<hotrow::SetAssociative<2>, hotrow::Lfu>), (hotrow::Cache<hotrow::DirectMapped, hotrow::Lfu>),
                   (hotrow::Cache<hotrow::SetAssociative<2>, hotrow::Lfu, float, hotrow::IfMoreFrequent>), (hotrow::Cache<hotrow::SetAssociative<2>>),
                   (hotrow::Cache<hotrow::SetAssociative<2>, hotrow::Sieve>), (hotrow::Cache<hotrow::SetAssociative<2>, hotrow::Fifo>),
                   (hotrow::Cache<hotrow::SetAssociative<2>, hotrow::Random>), (hotrow::Cache<hotrow::SetAssociative<2>, hotrow::Lookahead<>>)) {
    all_orders<TestType>(1);
    if (TestType::ways == 1) all_orders<TestType>(2);
}

TEST_CASE("what is in flight is bounded, and the error says so", "[prefetch]") {
    using Embedding = hotrow::CachedEmbedding<4, Fp32Rows, hotrow::Cache<hotrow::DirectMapped, hotrow::Lru>, hotrow::Sgd, hotrow::Host>;
    Embedding embedding({.table_rows = {8}, .in_flight = 2});
    const std::vector<std::int32_t> indices{1, 2}, offsets{0, 2};
    const hotrow::Batch<std::int32_t> batch{.indices = indices, .offsets = offsets, .batch_size = 1};
    const auto first = embedding.prefetch(batch);
    const auto second = embedding.prefetch(batch);
    try {
        (void)embedding.prefetch(batch);
        FAIL("a third plan was accepted");
    } catch (const hotrow::PlanError& error) { CHECK(std::string(error.what()).find("2 plans are in flight") != std::string::npos); }
    embedding.release(first);
    const auto third = embedding.prefetch(batch);  // there is room again
    embedding.release(second);
    embedding.release(third);
    CHECK_THROWS_AS(embedding.release(third), hotrow::PlanError);
    CHECK_THROWS_AS(Embedding({.table_rows = {8}, .in_flight = 9}), hotrow::OptionError);
}

TEST_CASE("statistics per table add up to the total", "[statistics]") {
    using Embedding = hotrow::CachedEmbedding<4, Fp32Rows, hotrow::Cache<hotrow::SetAssociative<2>, hotrow::Lru>, hotrow::Sgd, hotrow::Host>;
    Embedding embedding({.table_rows = {50, 7, 200}, .cache_fraction = 0.1});
    std::uint32_t random = 1;
    for (int step = 0; step < 50; ++step) {
        std::vector<std::int32_t> indices, offsets{0};
        for (int bag = 0; bag < 3 * 15; ++bag) {
            for (int i = 0; i < bag % 3; ++i) {
                random = random * 1664525u + 1013904223u;
                const std::uint32_t table_rows[] = {50, 7, 200};
                indices.push_back(static_cast<std::int32_t>((random >> 8) % table_rows[bag / 15]));
            }
            offsets.push_back(static_cast<std::int32_t>(indices.size()));
        }
        std::vector<float> output(3 * 15 * 4);
        const auto plan = embedding.forward(hotrow::Batch<std::int32_t>{.indices = indices, .offsets = offsets, .batch_size = 15}, std::span(output));
        embedding.backward(plan, std::span<const float>(output));
    }
    const auto total = embedding.statistics();
    hotrow::Statistics sum;
    for (const auto& table : embedding.table_statistics()) {
        CHECK(table.lookups == 15 * 50);  // a third of the bags each is empty, of one, of two
        CHECK(table.hits + table.misses == table.lookups);
        sum.lookups += table.lookups;
        sum.hits += table.hits;
        sum.unique_rows += table.unique_rows;
        sum.admissions += table.admissions;
        sum.evictions += table.evictions;
        sum.write_backs += table.write_backs;
    }
    CHECK(sum.lookups == total.lookups);
    CHECK(sum.hits == total.hits);
    CHECK(sum.unique_rows == total.unique_rows);
    CHECK(sum.admissions == total.admissions);
    CHECK(sum.evictions == total.evictions);
    CHECK(sum.write_backs == total.write_backs);
    CHECK(total.steps == 50);
    embedding.reset_statistics();
    CHECK(embedding.statistics().lookups == 0);
    CHECK(embedding.table_statistics()[2].steps == 0);
}
