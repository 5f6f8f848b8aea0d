// SPDX-License-Identifier: Apache-2.0
// Ids become rows, and samples batches.
#include "vocabulary.hpp"

#include <set>

#include "batch.hpp"
#include "error.hpp"
#include "support/catch.hpp"
#include "synthetic.hpp"

using namespace dlrm;

namespace {

Sample with_keys(Key key) {
    Sample sample;
    sample.keys.fill(key);
    return sample;
}

}  // namespace

TEST_CASE("rows are given out per field, by first appearance", "[dlrm]") {
    Vocabulary vocabulary;
    for (Key key : {9u, 4u, 9u, 0u, 7u}) vocabulary.learn(with_keys(key));
    Sample sample = with_keys(9);
    sample.keys[3] = 100;
    vocabulary.learn(sample);

    CHECK(vocabulary.row(0, 9) == 0);
    CHECK(vocabulary.row(0, 4) == 1);
    CHECK(vocabulary.row(0, missing_key) == 2);
    CHECK(vocabulary.row(0, 7) == 3);
    CHECK(vocabulary.row(3, 100) == 4);
    CHECK(vocabulary.table_rows()[0] == 4);
    CHECK(vocabulary.table_rows()[3] == 5);
    CHECK_THROWS_AS(vocabulary.row(0, 100), DataError);  // not seen in this field
}

TEST_CASE("hashed rows stay below the limit, and the missing id keeps its own", "[dlrm]") {
    Vocabulary const vocabulary(10);
    std::set<int> rows;
    for (Key key = 1; key < 1000; ++key) {
        auto const row = vocabulary.row(5, key);
        REQUIRE(row >= 1);
        REQUIRE(row < 10);
        rows.insert(row);
    }
    CHECK(rows.size() == 9);
    CHECK(vocabulary.row(5, missing_key) == 0);
    CHECK(vocabulary.table_rows() == std::vector<std::int64_t>(categorical_fields, 10));
}

TEST_CASE("limits that make no sense are refused", "[dlrm]") {
    CHECK_THROWS_AS(Vocabulary(-1), UsageError);
    CHECK_THROWS_AS(Vocabulary(1), UsageError);
    CHECK_THROWS_AS(Vocabulary(std::int64_t{1} << 31), UsageError);
}

TEST_CASE("a batch holds its samples field by field, also when it is the last", "[dlrm]") {
    Vocabulary const vocabulary(50);
    SyntheticStream reference(10, 1), stream(10, 1);
    ClickBatch batch;
    for (int expected : {4, 4, 2}) {
        REQUIRE(read_batch(stream, vocabulary, 4, 100, batch));
        REQUIRE(batch.size == expected);
        auto const size = static_cast<std::size_t>(expected);
        REQUIRE(batch.labels.size() == size);
        REQUIRE(batch.dense.size() == size * dense_fields);
        REQUIRE(batch.indices.size() == size * categorical_fields);
        REQUIRE(batch.offsets.size() == batch.indices.size() + 1);
        for (std::size_t i = 0; i < batch.offsets.size(); ++i) REQUIRE(batch.offsets[i] == static_cast<std::int32_t>(i));
        for (std::size_t i = 0; i < size; ++i) {
            Sample sample;
            REQUIRE(reference.next(sample));
            CHECK(batch.labels[i] == sample.label);
            for (std::size_t field = 0; field < dense_fields; ++field) { CHECK(batch.dense[i * dense_fields + field] == sample.dense[field]); }
            for (int field = 0; field < categorical_fields; ++field) {
                auto const key = sample.keys[static_cast<std::size_t>(field)];
                CHECK(batch.indices[static_cast<std::size_t>(field) * size + i] == vocabulary.row(field, key));
            }
        }
    }
    CHECK_FALSE(read_batch(stream, vocabulary, 4, 100, batch));
}

TEST_CASE("a batch stops at its limit", "[dlrm]") {
    Vocabulary const vocabulary(50);
    SyntheticStream stream(10, 1);
    ClickBatch batch;
    REQUIRE(read_batch(stream, vocabulary, 4, 3, batch));
    CHECK(batch.size == 3);
}
