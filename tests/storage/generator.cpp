// SPDX-License-Identifier: Apache-2.0
// Generators: published answers, and the independence that stochastic rounding rests on.
//
// Statistical tests have fixed seeds, so they cannot fail by chance; the odds named say how likely an honest generator would
// have failed them when they were written.
#include "support/catch.hpp"

#include <hotrow/storage/generator.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

using namespace hotrow;

namespace {

using Words = std::array<std::uint32_t, 4>;

template <int Rounds>
Words block(const std::uint32_t (&counter)[4], const std::uint32_t (&key)[2]) {
    Words out;
    Philox4x32<Rounds>::block(counter, key, out.data());
    return out;
}

template <class G>
std::vector<std::uint32_t> words(const RandomKey& key, int packs) {
    std::vector<std::uint32_t> all;
    const auto state = G::prepare(key);
    for (int i = 0; i < packs; ++i) {
        std::uint32_t w[4];
        G::template fill<4>(state, 4 * i, w);
        all.insert(all.end(), w, w + 4);
    }
    return all;
}

/// Standardised sum of the products of two streams' signs, for each bit: 32 numbers that are normal if the streams are independent.
double worst_correlation(const std::vector<std::uint32_t>& a, const std::vector<std::uint32_t>& b, std::size_t lag = 0) {
    double worst = 0;
    for (int bit = 0; bit < 32; ++bit) {
        std::int64_t sum = 0;
        const std::size_t n = a.size() - lag;
        for (std::size_t i = 0; i < n; ++i) sum += ((a[i] ^ b[i + lag]) >> bit & 1u) != 0 ? -1 : 1;
        worst = std::max(worst, std::fabs(static_cast<double>(sum)) / std::sqrt(static_cast<double>(n)));
    }
    return worst;
}

/// A row's words for many rows or steps: `key(i)` is the i-th key.
template <class G, class Key>
std::vector<std::uint32_t> stream(Key key) {
    std::vector<std::uint32_t> all;
    for (std::uint64_t i = 0; i < 2048; ++i) {
        const auto row = words<G>(key(i), 16);
        all.insert(all.end(), row.begin(), row.end());
    }
    return all;
}

}  // namespace

// The known answers published with Random123 (Salmon et al.), for counters and keys of zeros, ones, and digits of pi.
TEST_CASE("Philox4x32 gives the published answers", "[storage]") {
    constexpr std::uint32_t f = 0xffffffffu;
    CHECK(block<10>({0, 0, 0, 0}, {0, 0}) == Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
    CHECK(block<10>({f, f, f, f}, {f, f}) == Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
    CHECK(block<10>({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) == Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
    CHECK(block<7>({0, 0, 0, 0}, {0, 0}) == Words{0x5f6fb709, 0x0d893f64, 0x4f121f81, 0x4f730a48});
    CHECK(block<7>({f, f, f, f}, {f, f}) == Words{0x5207ddc2, 0x45165e59, 0x4d8ee751, 0x8c52f662});
    CHECK(block<7>({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) == Words{0x4dfccaba, 0x190a87f0, 0xc47362ba, 0xb6b5242a});
}

TEST_CASE("Philox4x32 puts seed, step, row and pack where its documentation says", "[storage]") {
    const RandomKey key{0x1111111122222222u, 0x3333333344444444u, 0x5555555566666666u};
    std::uint32_t w[4];
    Philox4x32<10>::fill<4>(Philox4x32<10>::prepare(key), 12, w);
    CHECK(Words{w[0], w[1], w[2], w[3]} == block<10>({3, 0x66666666, 0x55555555, 0x44444444}, {0x22222222, 0x11111111 ^ 0x33333333}));
}

TEMPLATE_TEST_CASE("words do not depend on how many are asked for at once", "[storage]", CounterHash, Philox4x32<7>, Philox4x32<10>) {
    const RandomKey key{1, 2, 3};
    const auto state = TestType::prepare(key);
    std::uint32_t w[64];
    TestType::template fill<64>(state, 0, w);
    CHECK(std::vector<std::uint32_t>(w, w + 64) == words<TestType>(key, 16));
}

// For each generator 32 bits x 11 pairs of streams; |z| > 6 has odds of 2e-9 for each: 2e-6 in all.
TEMPLATE_TEST_CASE("words of neighbouring elements, rows, steps and seeds are independent", "[storage]", CounterHash, Philox4x32<7>, Philox4x32<10>) {
    using G = TestType;
    const auto base = stream<G>([](std::uint64_t i) { return RandomKey{7, 5, i}; });
    for (const std::size_t lag : {1u, 2u, 4u, 64u}) {  // 64: the same element of the next row
        INFO("lag " << lag);
        CHECK(worst_correlation(base, base, lag) < 6);
    }
    const auto check = [&](const char* what, auto key) {
        INFO(what);
        CHECK(worst_correlation(base, stream<G>(key)) < 6);
    };
    check("next step", [](std::uint64_t i) { return RandomKey{7, 6, i}; });
    check("a step 2^32 later", [](std::uint64_t i) { return RandomKey{7, 5 + (std::uint64_t{1} << 32), i}; });
    check("next seed", [](std::uint64_t i) { return RandomKey{8, 5, i}; });
    check("a seed 2^32 off", [](std::uint64_t i) { return RandomKey{7 + (std::uint64_t{1} << 32), 5, i}; });
    check("a row 2^32 off", [](std::uint64_t i) { return RandomKey{7, 5, i + (std::uint64_t{1} << 32)}; });
    // One row over the steps of a training, against the step before.
    const auto steps = stream<G>([](std::uint64_t i) { return RandomKey{7, i, 1}; });
    CHECK(worst_correlation(steps, steps, 64) < 6);
    CHECK(worst_correlation(steps, steps, 1) < 6);
}

// Chi-square over 256 values with 131,072 draws, for each byte of the word: mean 255, deviation 22.6; outside 255 +- 6 x 22.6 about 1e-7 each.
TEMPLATE_TEST_CASE("bytes of words are equally frequent", "[storage]", CounterHash, Philox4x32<7>, Philox4x32<10>) {
    for (const bool over_steps : {false, true}) {
        const auto all = stream<TestType>([&](std::uint64_t i) { return over_steps ? RandomKey{3, i, 9} : RandomKey{3, 9, i}; });
        for (int byte = 0; byte < 4; ++byte) {
            std::array<double, 256> counts{};
            for (const std::uint32_t w : all) counts[w >> (8 * byte) & 255u] += 1;
            const double expected = static_cast<double>(all.size()) / 256;
            double chi = 0;
            for (const double count : counts) chi += (count - expected) * (count - expected) / expected;
            CHECK(std::fabs(chi - 255) < 6 * 22.6);
        }
    }
}
