// SPDX-License-Identifier: Apache-2.0
// A step whose rows were prefetched touches no record: they are overwritten while it runs, and neither its outputs nor they change.
#include "support/catch.hpp"
#include "support/random_batch.hpp"
#include "support/table_file.hpp"

#include <hotrow/hotrow.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

using namespace hotrow;
using hotrow::test::RandomNumbers;
using hotrow::test::TableFile;

namespace {

constexpr int dim = 12;
constexpr std::int64_t rows = 600;

template <class Placement>
using Table =
    CachedEmbedding<dim, RowFormat<Int4, RowAffine<Fp16>, Stochastic<>>, Cache<SetAssociative<4>, Lru>, Adam<Bf16State>, Host, std::uint32_t, Placement>;

template <class Placement>
void check(const Placement& placement) {
    Table<Placement> embedding(
        {.table_rows = {rows}, .cache_sets = 40, .seed = 8, .optimizer = {.learning_rate = 0.01f}, .in_flight = 2, .threads = 2, .placement = placement});
    Table<BackendMemory> twin({.table_rows = {rows}, .cache_sets = 40, .seed = 8, .optimizer = {.learning_rate = 0.01f}, .in_flight = 2, .threads = 1});
    const std::size_t record_bytes = static_cast<std::size_t>(rows) * static_cast<std::size_t>(Table<Placement>::View::stored_stride);
    RandomNumbers random(9);
    for (int step = 0; step < 30; ++step) {
        std::vector<std::int32_t> indices, offsets{0};
        for (int bag = 0; bag < 20; ++bag) {
            indices.push_back(static_cast<std::int32_t>(random.skewed(rows)));
            offsets.push_back(bag + 1);
        }
        const Batch<std::int32_t> batch{.indices = indices, .offsets = offsets, .batch_size = 20};
        std::vector<float> values(20 * dim), expected(20 * dim);
        const auto plan = embedding.prefetch(batch);
        const PlanView<std::uint32_t> planned = embedding.plan_view(plan);  // waits for its rows
        const Statistics moved = embedding.statistics();
        REQUIRE(std::all_of(planned.locations, planned.locations + 20, [&](std::uint32_t location) { return embedding.view().is_line(location); }));

        std::byte* const records = embedding.view().stored;
        const std::vector<std::byte> kept(records, records + record_bytes);
        std::fill_n(records, record_bytes, std::byte{0xcb});
        embedding.forward(plan, std::span(values));
        embedding.backward(plan, std::span<const float>(values));
        REQUIRE(std::all_of(records, records + record_bytes, [](std::byte b) { return b == std::byte{0xcb}; }));
        std::copy(kept.begin(), kept.end(), records);

        const auto twin_plan = twin.forward(batch, std::span(expected));
        twin.backward(twin_plan, std::span<const float>(expected));
        REQUIRE((values == expected));
        const Statistics now = embedding.statistics();
        REQUIRE(now.bytes_read == moved.bytes_read);
        REQUIRE(now.bytes_written == moved.bytes_written);
    }
    REQUIRE(embedding.statistics().write_backs > 0);
    std::vector<float> all(rows * dim), expected(rows * dim);
    embedding.read_rows(0, 0, all);
    twin.read_rows(0, 0, expected);
    REQUIRE((all == expected));
}

}  // namespace

TEST_CASE("A step whose rows are prefetched touches no record in memory", "[embedding]") { check(HostMemory{}); }

TEST_CASE("A step whose rows are prefetched touches no record in a file", "[embedding]") {
    const TableFile file;
    check(MappedFile{.path = file.path()});
}

namespace {

/// Rows and caches as above with another optimizer, after steps of which many rows do not fit the cache, in between flushed and emptied.
template <class Optimizer, class Placement>
std::vector<float> trained(const Optimizer& optimizer, const Placement& placement) {
    CachedEmbedding<6, RowFormat<Int8, RowAffine<Fp16>, Stochastic<>>, Cache<SetAssociative<4>, Lfu>, Optimizer, Host, std::uint32_t, Placement> embedding(
        {.table_rows = {90}, .cache_sets = 3, .seed = 10, .optimizer = optimizer, .threads = 1, .placement = placement});
    RandomNumbers random(11);
    for (int step = 0; step < 40; ++step) {
        std::vector<std::int32_t> indices, offsets{0};
        for (std::int32_t bag = 0; bag < 25; ++bag) {
            indices.push_back(static_cast<std::int32_t>(random.skewed(90)));
            offsets.push_back(bag + 1);
        }
        std::vector<float> values(25 * 6);
        const Batch<std::int32_t> batch{.indices = indices, .offsets = offsets, .batch_size = 25};
        const auto plan = embedding.forward(batch, std::span(values));
        for (float& value : values) value = random.fine();
        embedding.backward(plan, std::span<const float>(values));
        if (step % 13 == 12) embedding.clear_cache();
    }
    std::vector<float> all(90 * 6);
    embedding.read_rows(0, 0, all);
    return all;
}

template <class Optimizer>
void check_placements(const Optimizer& optimizer) {
    INFO(Optimizer::name);
    const std::vector<float> expected = trained(optimizer, BackendMemory{});
    REQUIRE((trained(optimizer, HostMemory{}) == expected));
    const TableFile file;
    REQUIRE((trained(optimizer, MappedFile{.path = file.path()}) == expected));
}

}  // namespace

// The states of elements, in any precision, and of rows; those that do not start at zero in a file whose rows are made when they are first written.
TEST_CASE("Optimizers do the same wherever rows and their states are", "[embedding]") {
    check_placements(Adam<Fp8State, Fp8SquaresState, CorrectBy::visit>{.learning_rate = 0.05f});
    check_placements(Ftrl<Bf16State, Fp32State>{.learning_rate = 0.2f, .l1 = 0.01f, .initial_accumulator = 0.1f});
    check_placements(ClipRowNorm<Momentum<Fp16State>>{{.learning_rate = 0.05f}, 1.0f});
}
