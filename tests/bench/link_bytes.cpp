// SPDX-License-Identifier: Apache-2.0
// Bytes over the link, and what a link makes of them, beside numbers worked out by hand.
#include "link_bytes/pieces.hpp"
#include "results.hpp"
#include "trace.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

using hotrow::test::value;
using namespace link_bytes;

namespace {

const Embedding& find(const std::string& policy, const std::string& precision) {
    const auto found =
        std::find_if(embeddings().begin(), embeddings().end(), [&](const Embedding& e) { return e.policy == policy && e.precision == precision; });
    INFO(policy << " " << precision);
    REQUIRE(found != embeddings().end());
    return *found;
}

using Rows = std::vector<std::uint32_t>;

Rows range(std::uint32_t begin, std::uint32_t end) {
    Rows rows;
    for (std::uint32_t row = begin; row < end; ++row) rows.push_back(row);
    return rows;
}

/// One table, and batches of two samples, of which the second has the last lookup.
hit_rate::Batches batches_of(std::uint32_t rows, std::initializer_list<Rows> steps) {
    hit_rate::Trace trace{"made", {rows}, {}, {0}};
    for (const Rows& step : steps) {
        trace.lookups.insert(trace.lookups.end(), step.begin(), step.end());
        trace.sample_begin.push_back(trace.lookups.size() - 1);
        trace.sample_begin.push_back(trace.lookups.size());
    }
    return {trace, 2};
}

/// What `train` counted, taken apart, after checking that the parts are all of it.
Pieces pieces_moved(const Embedding& embedding, const hit_rate::Batches& batches, std::int64_t sets) {
    const hotrow::Statistics s = embedding.train(batches, sets, 1);
    const Pieces pieces = pieces_of(embedding, s);
    INFO(embedding.policy << " " << embedding.precision);
    CHECK(static_cast<double>(s.bytes_read) == pieces.rows_read * embedding.row_bytes + pieces.records_read * embedding.record_bytes);
    CHECK(static_cast<double>(s.bytes_written) == pieces.records_written * embedding.record_bytes);
    return pieces;
}

}  // namespace

TEST_CASE("a record is a row, the four bytes that row-wise Adagrad keeps, and padding to the row's alignment", "[bench]") {
    struct Size {
        const char* precision;
        int row, record;
    };
    for (const Size& size : {Size{"fp32", 256, 272}, {"fp16", 128, 136}, {"int8", 68, 72}, {"int4", 36, 40}}) {
        const Embedding& embedding = find(default_policy, size.precision);
        CHECK(embedding.row_bytes == size.row);
        CHECK(embedding.used_bytes == size.row + 4);
        CHECK(embedding.record_bytes == size.record);
    }
}

TEST_CASE("without a cache a lookup reads a row, and an update reads and writes a record", "[bench]") {
    const hit_rate::Batches batches = batches_of(4, {{0, 0, 1, 2, 0}, {3, 3}});  // 7 lookups, 3 and 1 rows
    for (const Embedding& embedding : embeddings()) {
        const hotrow::Statistics s = embedding.train(batches, 0, 1);
        INFO(embedding.policy << " " << embedding.precision);
        CHECK(s.steps == 2);
        CHECK(s.bytes_read == static_cast<std::uint64_t>(7 * embedding.row_bytes + 4 * embedding.record_bytes));
        CHECK(s.bytes_written == static_cast<std::uint64_t>(4 * embedding.record_bytes));
        const Pieces pieces = pieces_moved(embedding, batches, 0);
        CHECK(pieces.rows_read == 7);
        CHECK(pieces.records_read == 4);
        CHECK(pieces.records_written == 4);
    }
}

TEST_CASE("with a cache admissions are read, write-backs are written, and hits move nothing", "[bench]") {
    Rows first = range(0, 32);
    first.push_back(31);
    // One set of 32 lines. Steps: fill it; 16 rows take the place of 16; hits; 32 of 40 rows take all lines, 8 are used in place.
    const hit_rate::Batches batches = batches_of(88, {first, range(32, 48), range(32, 48), range(48, 88)});
    for (const char* precision : {"fp32", "int4"}) {
        const Pieces pieces = pieces_moved(find("lru", precision), batches, 1);
        CHECK(pieces.rows_read == 8);
        CHECK(pieces.records_read == 32 + 16 + 32 + 8);
        CHECK(pieces.records_written == 16 + 32 + 8);
    }
}

TEST_CASE("announced batches keep rows that they need, and others are used in place", "[bench]") {
    const hit_rate::Batches batches = batches_of(64, {range(0, 32), range(32, 64), range(0, 32)});
    for (const char* precision : {"fp32", "int4"}) {
        const Pieces lru = pieces_moved(find("lru", precision), batches, 1);
        CHECK(lru.rows_read == 0);
        CHECK(lru.records_read == 96);
        CHECK(lru.records_written == 64);
        const Pieces lookahead = pieces_moved(find("lookahead", precision), batches, 1);
        CHECK(lookahead.rows_read == 32);
        CHECK(lookahead.records_read == 32 + 32);
        CHECK(lookahead.records_written == 32);
    }
}

TEST_CASE("a link carries whole sectors, and a packet's overhead for each line", "[bench]") {
    const auto& [pcie4, pcie5, c2c] = links;
    CHECK(pcie4.cost(128, 128) == Approx(128));  // a whole line is what full rate is made of
    CHECK(pcie4.cost(256, 256) == Approx(256));
    CHECK(pcie4.cost(32, 128) == Approx((32 + 24) * 128.0 / 152));
    // Records of 40 bytes begin at all multiples of 8 of a line: 2 sectors each, and those at 96 to 120, a quarter, touch 2 lines.
    CHECK(pcie4.cost(40, 40) == Approx((2 * 32 + 1.25 * 24) * 128 / 152));
    // In lines of 64 bytes those at 32 to 56, half, touch 2.
    CHECK(c2c.cost(40, 40) == Approx(1.5 * 64));
    // Their rows of 36 bytes: 2 sectors and those at 96 to 120, and 2 lines of 64 those at 32 to 56.
    CHECK(pcie4.cost(36, 40) == Approx(pcie4.cost(40, 40)));
    CHECK(c2c.cost(36, 40) == Approx(1.5 * 64));

    const Pieces pieces{.row_bytes = 36, .used_bytes = 40, .record_bytes = 40, .rows_read = 3e6, .records_read = 1e6, .records_written = 2e6};
    CHECK(c2c.read_seconds(pieces) == Approx(4e6 * 96 / 340e9));
    CHECK(c2c.write_seconds(pieces) == Approx(2e6 * 96 / 300e9));
    CHECK(c2c.overlapped_seconds(pieces) == Approx(4e6 * 96 / 340e9));
    CHECK(c2c.serial_seconds(pieces) == Approx(4e6 * 96 / 340e9 + 2e6 * 96 / 300e9));
    CHECK(pcie4.overlapped_seconds(pieces) == Approx(2 * pcie5.overlapped_seconds(pieces)));
}

TEST_CASE("a run reports bytes and their ratios for each precision, share and policy", "[bench]") {
    const auto results = hotrow::test::results_of(BENCH_LINK_BYTES, "--zipf=1 --rows=4000 --lookups=26000 --batch=100 --share=0,0.05");
    const std::string scene = "link_bytes/trace:zipf_1/batch:100/policy:";
    CHECK(results.size() == 4 + 8);
    const auto& none = results.at(scene + "none/share:0/precision:fp32");
    CHECK(value(none, "hit_rate") == 0);
    CHECK(value(none, "of_fp32_no_cache") == 1);
    CHECK(value(none, "bytes_read") == Approx(256 + value(none, "bytes_written")));
    CHECK(value(none, "step_read") == Approx(26 * 100 * value(none, "bytes_read")));
    for (const char* policy : {"lfu_aged", "lru", "lookahead"}) {
        const std::string name = scene + policy + "/share:0.05/precision:";
        INFO(policy);
        const auto &fp32 = results.at(name + "fp32"), &int4 = results.at(name + "int4");
        CHECK(value(fp32, "of_fp32") == 1);
        CHECK(value(fp32, "of_fp32_no_cache") == Approx(value(fp32, "bytes") / value(none, "bytes")));
        CHECK(value(fp32, "of_fp32_no_cache") < 1);
        // The same rows move, whatever their precision.
        CHECK(value(int4, "hit_rate") == value(fp32, "hit_rate"));
        CHECK(value(int4, "bytes_written") / 40 == Approx(value(fp32, "bytes_written") / 272));
        CHECK(value(int4, "of_fp32") > 36.0 / 256);
        CHECK(value(int4, "of_fp32") < 40.0 / 272);
        // Small pieces are not as fast as their bytes say.
        for (const char* link : {"pcie4_of_fp32", "pcie5_of_fp32", "c2c_of_fp32"}) {
            CHECK(value(int4, link) > value(int4, "of_fp32"));
            CHECK(value(int4, link) < 0.5);
        }
        CHECK(value(int4, "pcie4_serial_us") > value(int4, "pcie4_us"));
    }
}

TEST_CASE("wrong options of bench_link_bytes end the program", "[bench]") {
    for (const char* flags : {"--policy=none", "--precision=int3", "--criteo=/no/such/file", "--share=2"}) {
        CHECK(std::system((std::string(BENCH_LINK_BYTES) + " " + flags + " > /dev/null 2>&1").c_str()) != 0);
    }
}
