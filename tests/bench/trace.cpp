// SPDX-License-Identifier: Apache-2.0
// The readers of traces on small files, and how a trace is cut.
#include "trace.hpp"

#include "batches.hpp"
#include "runs.hpp"
#include "support/catch.hpp"
#include "support/temporary_file.hpp"

#include <hotrow/cache/geometry.hpp>

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

using namespace hit_rate;
using hotrow::test::TemporaryFile;

namespace {

/// A line of Criteo's format whose categorical columns are all `value`, but for the first.
std::string line(const std::string& first, const std::string& value) {
    std::string text = "1";
    for (int i = 0; i < 13; ++i) text += "\t7";
    text += "\t" + first;
    for (int i = 1; i < 26; ++i) text += "\t" + value;
    return text + "\n";
}

using Numbers = std::vector<std::uint32_t>;

}  // namespace

TEST_CASE("Criteo: one table a column, rows numbered as they come", "[bench]") {
    const TemporaryFile file(line("a", "x") + line("b", "x") + line("a", "") + line("", "y"));
    const Trace trace = read_criteo(file.path());
    CHECK(trace.samples() == 4);
    REQUIRE(trace.table_rows.size() == 26);
    CHECK(trace.table_rows[0] == 3);  // a, b and the empty value
    CHECK(trace.table_rows[25] == 3);
    CHECK(trace.rows() == 78);
    REQUIRE(trace.lookups.size() == 4 * 26);
    CHECK(trace.lookups[0] == 0);
    CHECK(trace.lookups[26] == 1);
    CHECK(trace.lookups[52] == 0);
    CHECK(trace.lookups[78] == 2);
    CHECK(trace.lookups[25] == 75);  // x of the last column
    CHECK(trace.lookups[26 + 25] == 75);
    CHECK(trace.lookups[52 + 25] == 76);
    CHECK(trace.lookups[78 + 25] == 77);
}

TEST_CASE("Criteo: lines that end in carriage returns, or not at all", "[bench]") {
    std::string text = line("a", "x");
    text.back() = '\r';
    text += "\n" + line("b", "x");
    text.pop_back();
    const TemporaryFile file(text);
    const Trace trace = read_criteo(file.path());
    CHECK(trace.samples() == 2);
    CHECK(trace.table_rows[25] == 1);
}

TEST_CASE("Criteo: what is wrong is said", "[bench]") {
    const TemporaryFile short_line(line("a", "x") + "1\t2\n");
    CHECK_THROWS_AS(read_criteo(short_line.path()), TraceError);
    const TemporaryFile empty;
    CHECK_THROWS_AS(read_criteo(empty.path()), TraceError);
    CHECK_THROWS_AS(read_criteo("/no/such/file"), TraceError);
    CHECK_THROWS_AS(read_text("/no/such/file"), TraceError);
}

TEST_CASE("text: words without case, lines with words are samples", "[bench]") {
    const TemporaryFile file("The cat, the CAT\n\n -- 42\nna\xc3\xafve cat's");
    const Trace trace = read_text(file.path());
    CHECK(trace.lookups == Numbers{0, 1, 0, 1, 2, 1, 3});  // the cat the cat naive cat s
    CHECK(trace.sample_begin == std::vector<std::size_t>{0, 4, 7});
    CHECK(trace.table_rows == std::vector<std::int64_t>{4});
    const TemporaryFile none("1 2 3\n");
    CHECK_THROWS_AS(read_text(none.path()), TraceError);
}

TEST_CASE("Zipf: frequencies follow the exponent", "[bench]") {
    const Trace trace = make_zipf(1.0, 1000, 200'000, 3);
    std::map<std::uint32_t, int> counts;
    for (const std::uint32_t row : trace.lookups) ++counts[row];
    std::vector<int> sorted;
    for (const auto& [row, count] : counts) sorted.push_back(count);
    std::sort(sorted.rbegin(), sorted.rend());
    CHECK(trace.rows() == 1000);
    CHECK(static_cast<double>(sorted[0]) / sorted[9] == Approx(10).epsilon(0.1));
    CHECK(trace.sample_begin.back() == trace.lookups.size());
    CHECK(make_zipf(1.0, 1000, 100, 3).lookups == make_zipf(1.0, 1000, 100, 3).lookups);
    CHECK(make_zipf(1.0, 1000, 100, 3).lookups != make_zipf(1.0, 1000, 100, 4).lookups);
    CHECK_THROWS_AS(make_zipf(1.0, 0, 10), TraceError);
}

TEST_CASE("batches: samples, the rest, or single lookups", "[bench]") {
    const Trace trace = make_zipf(1.0, 50, 100);  // samples of 26, 26, 26, 22
    CHECK(batch_begins(trace, 3) == std::vector<std::size_t>{0, 78, 100});
    CHECK(batch_begins(trace, 1000) == std::vector<std::size_t>{0, 100});
    CHECK(batch_begins(trace, 1).size() == 101);
}

TEST_CASE("batches for an embedding hold the lookups of the trace, by table and sample", "[bench]") {
    Trace trace{"made up", {2, 3}, {0, 2, 4, 1, 3, 3, 0}, {0, 3, 3, 7}};
    const Batches batches(trace, 2);
    REQUIRE(batches.size() == 2);
    const auto first = batches[0];
    CHECK(first.batch_size == 2);
    CHECK(std::vector<std::int32_t>(first.indices.begin(), first.indices.end()) == std::vector<std::int32_t>{0, 0, 2});
    CHECK(std::vector<std::int32_t>(first.offsets.begin(), first.offsets.end()) == std::vector<std::int32_t>{0, 1, 1, 3, 3});
    const auto second = batches[1];
    CHECK(second.batch_size == 1);
    CHECK(std::vector<std::int32_t>(second.indices.begin(), second.indices.end()) == std::vector<std::int32_t>{1, 0, 1, 1});
    CHECK(std::vector<std::int32_t>(second.offsets.begin(), second.offsets.end()) == std::vector<std::int32_t>{0, 2, 4});
    CHECK(Numbers(batches.rows(1).begin(), batches.rows(1).end()) == Numbers{1, 0, 3, 3});
    CHECK(batches.most_lookups() == 4);
    CHECK(batches.most_bags() == 4);

    const Batches single(trace, 1);
    CHECK(single.size() == 7);
    CHECK(single.table_rows() == std::vector<std::int64_t>{5});
    CHECK(single[2].indices[0] == 4);
}

TEST_CASE("runs: each lookup is in one run, runs stand by set, batch and key", "[bench]") {
    const Trace trace = make_zipf(0.8, 300, 5000);
    constexpr std::size_t sets = 7;
    const SetRuns cuts = cut(trace, sets, 20);
    const hotrow::Geometry<std::uint32_t> geometry(trace.rows(), sets);
    CHECK(cuts.lookups == 5000);
    std::uint64_t lookups = 0;
    for (std::size_t set = 0; set < sets; ++set) {
        const auto runs = cuts.of_set(set);
        for (std::size_t i = 0; i < runs.size(); ++i) {
            lookups += runs[i].lookups;
            REQUIRE(geometry.set(geometry.key(runs[i].row)) == set);
            if (i == 0) continue;
            const bool later = runs[i].batch > runs[i - 1].batch;
            REQUIRE((later || (runs[i].batch == runs[i - 1].batch && geometry.key(runs[i].row) > geometry.key(runs[i - 1].row))));
        }
        const auto next = next_uses(runs);
        for (std::size_t i = 0; i < runs.size(); ++i) {
            std::size_t naive = i + 1;
            while (naive < runs.size() && runs[naive].row != runs[i].row) ++naive;
            REQUIRE(next[i] == (naive == runs.size() ? never : naive));
        }
    }
    CHECK(lookups == 5000);
}
