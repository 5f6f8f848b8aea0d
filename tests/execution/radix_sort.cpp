// SPDX-License-Identifier: Apache-2.0
// The host's sort is stable, looks at the named bits only, and gives the same on any number of threads.
#include "support/catch.hpp"

#include <hotrow/execution/radix_sort.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <utility>
#include <vector>

using namespace hotrow;

TEMPLATE_TEST_CASE("radix sort equals a stable sort", "[execution]", std::uint32_t, std::uint64_t) {
    for (const int threads : {1, 3}) {
        detail::Team team(threads);
        for (const std::uint32_t n : {0u, 1u, 2u, 100u, 4095u, 4096u, 10'001u}) {
            for (int bits = 1; bits <= static_cast<int>(8 * sizeof(TestType)); bits += bits < 12 ? 1 : 5) {
                std::mt19937_64 random(n + static_cast<unsigned>(bits));
                const TestType mask = static_cast<TestType>(~TestType{0} >> (8 * sizeof(TestType) - static_cast<std::size_t>(bits)));
                std::vector<TestType> keys(n), other_keys(n);
                std::vector<std::uint32_t> positions(n), other_positions(n);
                std::vector<std::pair<TestType, std::uint32_t>> expected(n);
                for (std::uint32_t i = 0; i < n; ++i) {
                    keys[i] = static_cast<TestType>(random()) & mask;
                    if (i % 3 == 0) keys[i] %= 10;
                    keys[i] &= mask;
                    positions[i] = i;
                    expected[i] = {keys[i], i};
                }
                std::stable_sort(expected.begin(), expected.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
                std::vector<std::uint32_t> histograms(detail::RadixSort::scratch_bytes(threads) / sizeof(std::uint32_t));
                TestType *k = keys.data(), *ok = other_keys.data();
                std::uint32_t *p = positions.data(), *op = other_positions.data();
                detail::RadixSort::sort(team, k, ok, p, op, n, bits, histograms.data());
                bool equal = true;
                for (std::uint32_t i = 0; i < n; ++i) equal = equal && expected[i] == std::pair(k[i], p[i]);
                INFO(n << " keys of " << bits << " bits on " << threads << " threads");
                REQUIRE(equal);
            }
        }
    }
}
