// SPDX-License-Identifier: Apache-2.0
// Small steps with numbers that can be checked by hand; the naive model, from which most tests take their expectations, is
// tied down here too.
#include "support/catch.hpp"
#include "support/naive_embedding.hpp"

#include <hotrow/hotrow.hpp>

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

using namespace hotrow;

namespace {

constexpr int dim = 2;
using Embedding = CachedEmbedding<dim, RowFormat<Fp32, Cast>, Cache<SetAssociative<4>, Lru>, Sgd, Host>;
using Floats = std::vector<float>;

/// Row r of table t holds (10 t + r, -r).
Embedding counted(std::int64_t sets) {
    Embedding embedding({.table_rows = {6, 3}, .cache_sets = sets, .optimizer = {.learning_rate = 1.0f}, .threads = 1});
    for (int table = 0; table < 2; ++table) {
        Floats rows;
        for (int r = 0; r < (table == 0 ? 6 : 3); ++r) rows.insert(rows.end(), {static_cast<float>(10 * table + r), static_cast<float>(-r)});
        embedding.write_rows(table, 0, rows);
    }
    return embedding;
}

const std::vector<std::int32_t> indices{1, 2, 2, 5, /* table 1 */ 0, 2};
const std::vector<std::int32_t> offsets{0, 3, 3, /* table 1 */ 4, 5, 6, 6};  // bags {1,2,2} {} {5} | {0} {2} {}
const Floats weights{1.0f, 0.5f, -2.0f, 4.0f, 1.0f, 0.25f};

Batch<std::int32_t> batch_of(Pooling pooling, bool weighted) {
    return {.indices = indices,
            .offsets = offsets,
            .weights = weighted ? std::span<const float>(weights) : std::span<const float>(),
            .batch_size = 3,
            .pooling = pooling};
}

Floats row(Embedding& embedding, int table, std::int64_t index) {
    Floats values(dim);
    embedding.read_rows(table, index, values);
    return values;
}

}  // namespace

TEST_CASE("pooled rows, by hand", "[kernels]") {
    for (const std::int64_t sets : {0, 3}) {
        Embedding embedding = counted(sets);
        const auto require_output = [&](Pooling pooling, bool weighted, const Floats& expected) {
            Floats output(expected.size(), 99.0f);
            embedding.lookup(batch_of(pooling, weighted), std::span(output));
            REQUIRE(output == expected);
            output.assign(expected.size(), 99.0f);
            embedding.release(embedding.forward(batch_of(pooling, weighted), std::span(output)));
            REQUIRE(output == expected);
        };
        require_output(Pooling::sum, false, {5, -5, 0, 0, 5, -5, 10, 0, 12, -2, 0, 0});
        require_output(Pooling::sum, true, {-2, 2, 0, 0, 20, -20, 10, 0, 3, -0.5f, 0, 0});
        require_output(Pooling::mean, false, {5.0f / 3.0f, -5.0f / 3.0f, 0, 0, 5, -5, 10, 0, 12, -2, 0, 0});
        require_output(Pooling::mean, true, {-2.0f / 3.0f, 2.0f / 3.0f, 0, 0, 20, -20, 10, 0, 3, -0.5f, 0, 0});
        require_output(Pooling::none, false, {1, -1, 2, -2, 2, -2, 5, -5, 10, 0, 12, -2});
        require_output(Pooling::none, true, {1, -1, 1, -1, -4, 4, 20, -20, 10, 0, 3, -0.5f});
    }
}

TEST_CASE("gradients of duplicates are summed first: one update a row, by hand", "[kernels]") {
    for (const std::int64_t sets : {0, 3}) {
        for (const bool weighted : {false, true}) {
            Embedding embedding = counted(sets);
            const Floats gradient{1, 2, 100, 100, 3, 4, 5, 6, 7, 8, 100, 100};
            embedding.backward(embedding.plan(batch_of(Pooling::sum, weighted)), std::span<const float>(gradient));
            REQUIRE(row(embedding, 0, 0) == Floats{0, 0});
            REQUIRE(row(embedding, 0, 1) == Floats{0, -3});                                 // 1 - 1, -1 - 2
            REQUIRE(row(embedding, 0, 2) == (weighted ? Floats{3.5f, 1} : Floats{0, -6}));  // looked up twice
            REQUIRE(row(embedding, 0, 5) == (weighted ? Floats{-7, -21} : Floats{2, -9}));
            REQUIRE(row(embedding, 1, 0) == Floats{5, -6});
            REQUIRE(row(embedding, 1, 2) == (weighted ? Floats{10.25f, -4} : Floats{5, -10}));
            REQUIRE(embedding.statistics().rejected_updates == 0);
        }
    }
    Embedding embedding = counted(3);
    const Floats gradient{3, 6, 100, 100, 3, 4, 5, 6, 7, 8, 100, 100};
    embedding.backward(embedding.plan(batch_of(Pooling::mean, false)), std::span<const float>(gradient));
    REQUIRE(row(embedding, 0, 1) == Floats{0, -3});
    Embedding apart = counted(3);
    const Floats each{1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6};
    apart.backward(apart.plan(batch_of(Pooling::none, true)), std::span<const float>(each));
    REQUIRE(row(apart, 0, 2) == Floats{2 - 1 + 6, -2 - 1 + 6});
}

TEST_CASE("the shape of long sums: chunks of 64, in order", "[kernels]") {
    // 1 followed by 2^-24s: within a chunk each of them is lost; chunks of them alone are not.
    using One = CachedEmbedding<1, RowFormat<Fp32, Cast>, Cache<DirectMapped, Lru>, Sgd, Host>;
    One embedding({.table_rows = {2}, .cache_sets = 0, .threads = 1});
    embedding.write_rows(0, 0, Floats{1.0f, 0x1p-24f});
    for (const std::int32_t n : {1, 64, 65, 66, 128, 129, 192, 193}) {
        std::vector<std::int32_t> long_bag(static_cast<std::size_t>(n), 1);
        long_bag[0] = 0;
        const std::vector<std::int32_t> ends{0, n};
        Floats output(1);
        embedding.lookup(Batch<std::int32_t>{.indices = long_bag, .offsets = ends, .batch_size = 1}, std::span(output));
        float expected = 1.0f;
        for (std::int32_t start = 64; start < n; start += 64) expected += static_cast<float>(std::min(64, n - start)) * 0x1p-24f;
        REQUIRE(output[0] == expected);
    }
}

TEST_CASE("the model by hand", "[kernels]") {
    using namespace hotrow::test;
    NaiveEmbedding model({.dim = 2,
                          .codec = codec_of<RowFormat<Fp32, Cast>, 2>(),
                          .elements = {},
                          .ways = 4,
                          .sets = 3,
                          .policy = {},
                          .optimizer = {NaiveUpdate::sgd, 1.0f},
                          .table_rows = {6, 3},
                          .seed = 0,
                          .initial_range = {}});
    model.write_rows(0, 0, {0, 0, 1, -1, 2, -2, 3, -3, 4, -4, 5, -5});
    model.write_rows(1, 0, {10, 0, 11, -1, 12, -2});
    const NaiveBatch batch{{1, 2, 2, 5, 0, 2}, {0, 3, 3, 4, 5, 6, 6}, weights, 3, NaivePooling::sum};
    const int plan = model.plan(batch);
    REQUIRE(model.forward(plan) == Floats{-2, 2, 0, 0, 20, -20, 10, 0, 3, -0.5f, 0, 0});
    model.backward(plan, {1, 2, 100, 100, 3, 4, 5, 6, 7, 8, 100, 100});
    REQUIRE(model.read_rows(0, 0, 3) == Floats{0, 0, 0, -3, 3.5f, 1});
    REQUIRE(model.statistics().lookups == 6);
    REQUIRE(model.statistics().admissions == 5);
}
