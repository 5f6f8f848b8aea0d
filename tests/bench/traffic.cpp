// SPDX-License-Identifier: Apache-2.0
// The least traffic of a step, worked out by hand for a table of eight rows.
#include "../../bench/zipf.hpp"
#include "support/catch.hpp"

#include <least.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

using namespace traffic;

namespace {

constexpr std::uint32_t empty = ~std::uint32_t{0};
/// Eight rows of 40 bytes (dim 32), six lookups in two bags.
const Shape shape{.rows = 8, .dim = 32, .row_bytes = 40, .state_bytes = 4, .ways = 2, .lookups = 6, .bags = 2, .key_bits = 4};
const std::vector<std::int64_t> lookups{1, 1, 2, 5, 1, 6};

struct Sectors {
    std::int64_t read;
    std::int64_t written;
    bool operator==(const Sectors&) const = default;
};

std::map<std::string, Sectors> by_name(const std::vector<Term>& terms) {
    std::map<std::string, Sectors> all;
    for (const Term& term : terms) {
        const bool is_new = all.emplace(term.phase + "/" + term.name, Sectors{term.read, term.written}).second;
        if (!is_new) FAIL(term.name << " is there twice");
    }
    return all;
}

}  // namespace

TEST_CASE("without a cache every row is read and written in place", "[bench]") {
    const auto terms = by_name(least(shape, lookups, {}, {}, {}));
    // Rows 1, 2, 5, 6: bytes 40 to 119 and 200 to 279, sectors 1 to 3 and 6 to 8.
    CHECK(terms.at("forward/stored rows") == Sectors{6, 0});
    CHECK(terms.at("backward/stored rows") == Sectors{6, 6});
    CHECK(terms.at("forward/lines") == Sectors{0, 0});
    CHECK(terms.at("forward/outputs") == Sectors{0, 8});             // 2 x 128 bytes
    CHECK(terms.at("forward/locations, offsets") == Sectors{2, 0});  // 24 bytes, and 24
    CHECK(terms.at("backward/gradients") == Sectors{8, 0});
    CHECK(terms.at("backward/optimizer state") == Sectors{1, 1});  // all eight states share a sector
    CHECK(terms.at("plan/indices to keys") == Sectors{3, 1});      // 48 bytes and the offsets; 24
    CHECK(terms.at("plan/radix sort") == Sectors{2, 2});           // one digit: keys counted, keys sorted; both written
    CHECK(terms.count("moves/decisions") == 0);
}

TEST_CASE("with a cache its lines, sets and moves are counted", "[bench]") {
    // Four slots in two sets. Row 1 stays in slot 0; row 5 takes slot 3 from row 7, which was dirty; row 4 lies unused in slot 1.
    const std::vector<std::uint32_t> before{1, 4, empty, 7}, after{1, 4, empty, 5};
    const auto terms = by_name(least(shape, lookups, before, {0, 1, 0, 1}, after));
    CHECK(terms.at("forward/lines") == Sectors{8, 0});        // rows 1 and 5
    CHECK(terms.at("forward/stored rows") == Sectors{4, 0});  // row 2: sectors 2 and 3; row 6: 7 and 8
    CHECK(terms.at("backward/lines") == Sectors{8, 8});
    CHECK(terms.at("moves/decisions") == Sectors{2, 0});          // four runs, one of which moves
    CHECK(terms.at("moves/admitted rows") == Sectors{2, 4});      // row 5: sectors 6 and 7; its line
    CHECK(terms.at("moves/rows written back") == Sectors{4, 2});  // row 7's line; sectors 8 and 9
    CHECK(terms.at("plan/tags of sets with hits") == Sectors{1, 0});
    CHECK(terms.at("plan/tags of admitted rows") == Sectors{0, 1});
    // A clean victim is not written.
    const auto clean = by_name(least(shape, lookups, before, {0, 1, 0, 0}, after));
    CHECK(clean.at("moves/rows written back") == Sectors{0, 0});
}

TEST_CASE("rows of a Zipf trace have the frequencies of their ranks", "[bench]") {
    std::mt19937_64 random(3);
    const bench::Zipf draw(1.05, 50, random);
    std::vector<std::int64_t> rows(200'000);
    for (std::int64_t& row : rows) row = draw(random);
    std::map<std::int64_t, int> counts;
    for (const std::int64_t row : rows) ++counts[row];
    std::vector<int> sorted;
    for (const auto& [row, count] : counts) {
        REQUIRE((row >= 0 && row < 50));
        sorted.push_back(count);
    }
    std::sort(sorted.rbegin(), sorted.rend());
    REQUIRE(sorted.size() == 50);
    double sum = 0;
    for (int rank = 1; rank <= 50; ++rank) sum += std::pow(rank, -1.05);
    for (const int rank : {1, 2, 10}) {
        const double expected = 200'000 * std::pow(rank, -1.05) / sum;
        CHECK(std::abs(sorted[static_cast<std::size_t>(rank - 1)] - expected) < 5 * std::sqrt(expected));
    }
}
