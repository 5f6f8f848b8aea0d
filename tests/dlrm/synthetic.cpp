// SPDX-License-Identifier: Apache-2.0
// Made-up data: the same for the same seed, and like Criteo's where it matters.
#include "synthetic.hpp"

#include <set>
#include <unordered_map>
#include <vector>

#include "support/catch.hpp"

using namespace dlrm;

namespace {

std::vector<Sample> make(std::int64_t samples, std::uint64_t seed) {
    SyntheticStream stream(samples, seed);
    std::vector<Sample> all;
    for (Sample sample; stream.next(sample);) all.push_back(sample);
    return all;
}

bool same(Sample const& a, Sample const& b) { return a.label == b.label && a.dense == b.dense && a.keys == b.keys; }

}  // namespace

TEST_CASE("same seed, same samples; a longer stream begins like a shorter one", "[dlrm]") {
    auto const first = make(200, 7), second = make(300, 7), other = make(200, 8);
    REQUIRE(first.size() == 200);
    REQUIRE(second.size() == 300);
    int different = 0;
    for (std::size_t i = 0; i < first.size(); ++i) {
        REQUIRE(same(first[i], second[i]));
        different += same(first[i], other[i]) ? 0 : 1;
    }
    CHECK(different > 190);
}

TEST_CASE("samples look like click data", "[dlrm]") {
    auto const samples = make(20'000, 3);
    double clicks = 0;
    std::unordered_map<Key, int> largest_field, smallest_field;
    bool missing = false;
    for (auto const& sample : samples) {
        clicks += sample.label;
        ++largest_field[sample.keys[2]];
        ++smallest_field[sample.keys[8]];
        missing = missing || sample.keys[2] == missing_key;
        for (float value : sample.dense) REQUIRE((value >= 0.0f && value < 30.0f));
    }
    CHECK(clicks / 20'000 > 0.12);
    CHECK(clicks / 20'000 < 0.45);
    CHECK(missing);
    CHECK(smallest_field.size() == 4);  // three ids, and the missing one
    CHECK(largest_field.size() > 4'000);
    int once = 0;
    for (auto const& [key, count] : largest_field) once += count == 1 ? 1 : 0;
    CHECK(once > static_cast<int>(largest_field.size()) / 2);
}
