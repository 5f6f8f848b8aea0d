// SPDX-License-Identifier: Apache-2.0
// The mixer is a bijection, sets are slices of its range in order, and each gets its share of the rows.
#include "support/catch.hpp"

#include <hotrow/cache/geometry.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

using namespace hotrow;

TEST_CASE("the mixer permutes numbers of every width", "[cache]") {
    for (int bits = 1; bits <= 16; ++bits) {
        const Mixer mixer{bits};
        std::vector<bool> met(std::size_t{1} << bits, false);
        for (std::uint64_t x = 0; x < met.size(); ++x) {
            const std::uint64_t h = mixer(x);
            REQUIRE(h < met.size());
            REQUIRE_FALSE(met[h]);
            met[h] = true;
            REQUIRE(mixer.inverse(h) == x);
        }
    }
    for (int bits = 17; bits <= 64; ++bits) {
        const Mixer mixer{bits};
        for (std::uint64_t i = 0; i < 200; ++i) {
            const std::uint64_t x = (i * 0x9E3779B97F4A7C15u + i) & mixer.mask();
            REQUIRE(mixer(x) <= mixer.mask());
            REQUIRE(mixer.inverse(mixer(x)) == x);
            if (bits <= 32) {  // in narrow words too
                const std::uint32_t narrow = static_cast<std::uint32_t>(x);
                REQUIRE(mixer(narrow) == mixer(x));
                REQUIRE(mixer.inverse(narrow) == mixer.inverse(x));
            }
            REQUIRE(mixer.inverse(mixer(mixer.mask() - i)) == mixer.mask() - i);
        }
    }
}

TEMPLATE_TEST_CASE("sets grow with the key and share the rows evenly", "[cache]", std::uint32_t, std::uint64_t) {
    for (const std::uint64_t rows : {1u, 2u, 1000u, 65535u, 65536u, 100'000u}) {
        for (const std::uint64_t sets : {std::uint64_t{1}, std::uint64_t{7}, rows / 20 + 1}) {
            const Geometry<TestType> geometry(rows, sets);
            std::vector<TestType> keys;
            std::vector<std::uint64_t> load(sets, 0);
            for (std::uint64_t row = 0; row <= rows; ++row) {  // `rows` stands for bad indices
                keys.push_back(geometry.key(row));
                REQUIRE(geometry.row(keys.back()) == row);
                REQUIRE(geometry.set(keys.back()) < sets);
                if (row < rows) ++load[geometry.set(keys.back())];
            }
            std::sort(keys.begin(), keys.end());
            REQUIRE(std::adjacent_find(keys.begin(), keys.end()) == keys.end());
            for (std::size_t i = 1; i < keys.size(); ++i) REQUIRE(geometry.set(keys[i - 1]) <= geometry.set(keys[i]));
            // As even as dice would make it: six standard deviations.
            const double mean = static_cast<double>(rows) / static_cast<double>(sets);
            for (const std::uint64_t n : load) REQUIRE(static_cast<double>(n) <= mean + 6.0 * std::sqrt(mean) + 1.0);
        }
    }
}

TEST_CASE("keys wider than 32 bits keep the sets in order", "[cache]") {
    const Geometry<std::uint64_t> geometry(std::uint64_t{1} << 40, 1'000'003);
    REQUIRE(geometry.mixer.bits == 41);
    std::uint64_t last = 0;
    for (std::uint64_t key = 0; key < std::uint64_t{1} << 41; key += std::uint64_t{1} << 25) {
        REQUIRE(geometry.set(key) >= last);
        last = geometry.set(key);
    }
    REQUIRE(geometry.set((std::uint64_t{1} << 41) - 1) == 1'000'002);
}
