// SPDX-License-Identifier: Apache-2.0
// Making, moving and destroying embeddings; what they allocate, and when.
#include "support/catch.hpp"
#include "support/subject.hpp"

#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

using namespace hotrow;
using hotrow::test::CountingHost;

namespace {

using Embedding = CachedEmbedding<5, RowFormat<Int4, RowAffine<Fp32>, Stochastic<>>, Cache<SetAssociative<4>, Lru>, RowwiseAdagrad, CountingHost>;

std::vector<float> all_rows(Embedding& embedding) {
    std::vector<float> values(static_cast<std::size_t>(embedding.rows()) * 5);
    embedding.read_rows(0, 0, values);
    return values;
}

void train(Embedding& embedding, std::size_t lookups) {
    std::vector<std::int32_t> indices(lookups), offsets{0, static_cast<std::int32_t>(lookups)};
    for (std::size_t i = 0; i < lookups; ++i) indices[i] = static_cast<std::int32_t>(i * i % 100);
    std::vector<float> row(5, 0.125f);
    const auto plan = embedding.forward(Batch<std::int32_t>{.indices = indices, .offsets = offsets, .batch_size = 1}, std::span(row));
    embedding.backward(plan, std::span<const float>(row));
}

}  // namespace

TEST_CASE("a moved embedding goes on, and all memory is given back to its own backend", "[embedding]") {
    static_assert(!std::is_copy_constructible_v<Embedding> && !std::is_copy_assignable_v<Embedding>);
    static_assert(std::is_nothrow_move_constructible_v<Embedding>);
    const std::int64_t before = CountingHost::live_bytes;
    {
        Embedding first({.table_rows = {100}, .cache_sets = 3, .seed = 1, .threads = 2});
        Embedding twin({.table_rows = {100}, .cache_sets = 3, .seed = 1, .threads = 2});
        Embedding other({.table_rows = {7}, .cache_sets = 1, .seed = 9, .threads = 3});
        train(first, 30);
        train(twin, 30);
        Embedding second(std::move(first));
        train(second, 50);
        train(twin, 50);
        REQUIRE(all_rows(second) == all_rows(twin));
        other = std::move(second);
        train(other, 200);
        train(twin, 200);
        REQUIRE(other.rows() == 100);
        REQUIRE(all_rows(other) == all_rows(twin));
        REQUIRE(other.statistics().lookups == 280);
        REQUIRE(CountingHost::live_bytes - before == other.footprint().total() + twin.footprint().total());
        Embedding& same = other;
        other = std::move(same);
        REQUIRE(all_rows(other) == all_rows(twin));
    }
    REQUIRE(CountingHost::live_bytes == before);
}

TEST_CASE("a plan moves with its embedding", "[embedding]") {
    Embedding first({.table_rows = {100}, .cache_sets = 3, .threads = 1});
    const std::vector<std::int32_t> indices{4, 5}, offsets{0, 2};
    const auto plan = first.plan(Batch<std::int32_t>{.indices = indices, .offsets = offsets, .batch_size = 1});
    Embedding second(std::move(first));
    std::vector<float> row(5);
    second.forward(plan, std::span(row));
    second.backward(plan, std::span<const float>(row));
    REQUIRE_THROWS_AS(second.release(plan), PlanError);
}

TEST_CASE("a refused allocation leaves nothing behind", "[embedding]") {
    const std::int64_t before = CountingHost::live_bytes;
    REQUIRE_THROWS(Embedding({.table_rows = {100}, .threads = 99}));
    REQUIRE_THROWS(Embedding({.table_rows = {100, -1}}));
    REQUIRE(CountingHost::live_bytes == before);
}

TEST_CASE("after reserve, steps allocate nothing", "[embedding]") {
    Embedding embedding({.table_rows = {100}, .cache_sets = 3, .max_lookups = 100, .threads = 2});
    const std::int64_t bytes = embedding.footprint().workspace;
    REQUIRE(bytes == Embedding::footprint({.table_rows = {100}, .cache_sets = 3, .max_lookups = 100, .threads = 2}).workspace);
    const std::int64_t allocations = CountingHost::allocations;
    for (const std::size_t lookups : {std::size_t{100}, std::size_t{0}, std::size_t{1}, std::size_t{100}}) train(embedding, lookups);
    embedding.flush();
    embedding.reserve(50);
    REQUIRE(CountingHost::allocations == allocations);
    REQUIRE(embedding.footprint().workspace == bytes);
    train(embedding, 300);  // grows on demand
    REQUIRE(CountingHost::allocations == allocations + 1);
    REQUIRE(embedding.footprint().workspace > bytes);
    train(embedding, 300);
    REQUIRE(CountingHost::allocations == allocations + 1);
}

TEST_CASE("sizes come from the options", "[embedding]") {
    const auto lines = [](double fraction, std::int64_t rows) { return Embedding::footprint({.table_rows = {rows}, .cache_fraction = fraction}).flags; };
    REQUIRE(lines(0.0, 1000) == 0);
    REQUIRE(lines(0.05, 1000) == 52);  // whole sets of 4, nearest
    REQUIRE(lines(1e-9, 1000) == 4);   // some cache is one set at least
    REQUIRE(lines(1.0, 1000) == 1000);
    REQUIRE(lines(0.05, 10'000'000) == 500'000);
    const Footprint f = Embedding::footprint({.table_rows = {1000}, .cache_sets = 10});
    REQUIRE(f.stored_rows == 1000 * 12);     // dim 5 is 8 codes in 4 bytes, then scale and bias
    REQUIRE(f.lines == 40 * 8 * 4);          // padded to whole packs
    REQUIRE(f.optimizer_state == 1000 * 4);  // row-wise: 4 bytes a row
    REQUIRE(f.embedding() == f.stored_rows + 40 * (32 + 4 + 4 + 1));
}

TEST_CASE("written rows leave no undefined bytes in lines", "[embedding]") {
    // Two equal embeddings, with unequal rubbish on the stack.
    std::vector<std::vector<float>> lines;
    for (const float rubbish : {1.0f, 2.0f}) {
        Embedding embedding({.table_rows = {100}, .cache_sets = 25, .threads = 1});
        train(embedding, 100);
        volatile float stack[4096];
        for (volatile float& value : stack) value = rubbish;
        const std::vector<float> values(500, 0.5f);
        embedding.write_rows(0, 0, values);
        std::vector<float>& copy = lines.emplace_back();
        for (std::int64_t slot = 0; slot < embedding.lines(); ++slot) {
            const float* line = embedding.view().line(static_cast<std::uint64_t>(slot));
            if (embedding.view().tags[slot] != Embedding::View::no_row) copy.insert(copy.end(), line, line + Embedding::View::line_stride);
        }
    }
    REQUIRE(lines[0] == lines[1]);
}
