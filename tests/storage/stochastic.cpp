// SPDX-License-Identifier: Apache-2.0
// Stochastic rounding of whole rows: unbiased, with the variance p (1 - p), independent between elements.
//
// Seeds are fixed, so nothing fails by chance; the odds say how likely an honest format would have failed at first.
#include "support/catch.hpp"

#include "storage/bounds.hpp"
#include "storage/formats.hpp"
#include "storage/rows.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

using namespace hotrow;
using namespace hotrow::test;

namespace {

constexpr int dim = 64;
constexpr int trials = 4096;

/// Each trial's decoded row, at another step of the same row, or at another row.
template <class Format>
std::vector<std::vector<float>> samples(const std::vector<float>& row, bool over_steps) {
    std::vector<std::vector<float>> all;
    for (std::uint64_t i = 0; i < trials; ++i) {
        all.push_back(decoded<Format, dim>(encoded<Format, dim>(row, over_steps ? RandomKey{5, i, 77} : RandomKey{5, 77, i})));
    }
    return all;
}

using Rounded = Joined<std::tuple<Storage<Fp16, Cast>, Storage<Bf16, Cast>, Storage<Fp8E4M3, Cast>, Storage<Fp8E5M2, Cast>>, Scaleds, Affines, Symmetrics>;

}  // namespace

// |z| > 6 for one of 64 elements x 2 x 26 formats x 3 rows: 2e-5 in all. The neighbours are what the trials show: an element
// takes at most two values, and the exact value lies between them.
TEMPLATE_LIST_TEST_CASE("the mean over many roundings is the value", "[storage]", Rounded) {
    using Format = typename TestType::template With<Stochastic<>>;
    // The last is subnormal in Fp16 and in the FP8 formats.
    for (const float scale : {1.0f, 0.01f, 2e-6f}) {
        const auto row = gaussian_row(dim, scale, 11);
        for (const bool over_steps : {false, true}) {
            const auto all = samples<Format>(row, over_steps);
            double variance_seen = 0, variance_expected = 0, spread = 0, z_products = 0;
            std::vector<double> centred(trials, 0.0);
            for (std::size_t e = 0; e < dim; ++e) {
                float low = all[0][e], high = all[0][e];
                for (const auto& sample : all) low = std::min(low, sample[e]), high = std::max(high, sample[e]);
                double sum = 0, squares = 0;
                for (const auto& sample : all) {
                    if (sample[e] != low && sample[e] != high) FAIL("element " << e << " takes a third value");
                    const double error = static_cast<double>(sample[e]) - row[e];
                    sum += error;
                    squares += error * error;
                }
                const double step = static_cast<double>(high) - low;
                if (step == 0) {
                    // Always alike: representable, or so near to it that 4,096 trials do not show it.
                    using Bound = ErrorBound<TestType>;
                    const std::size_t block = Bound::block == 0 ? dim : static_cast<std::size_t>(Bound::block), begin = e / block * block;
                    const std::span<const float> its_block(row.data() + begin, std::min(block, dim - begin));
                    CHECK(std::fabs(static_cast<double>(row[e]) - low) <= Bound::of(its_block, row[e], 0.006));
                    continue;
                }
                const double p = (row[e] - static_cast<double>(low)) / step;
                CHECK(p > -1e-4);
                CHECK(p < 1 + 1e-4);
                const double variance = std::max(p * (1 - p), 1e-5) * step * step;
                const double z = sum / std::sqrt(variance * trials);
                // Bits = 16 moves p by 2^-17 at most, FP32's own rounding by little more.
                if (std::fabs(z) > 6 + 2e-5 * step * std::sqrt(trials / variance))
                    FAIL("scale " << scale << ", element " << e << ": z = " << z << ", p = " << p);
                variance_seen += squares / trials;
                variance_expected += variance;
                spread += variance * step * step;  // the variance of a squared error is at most that
                // Independence of an element and its neighbour, as a normal number.
                double product = 0, own = 0;
                for (std::size_t t = 0; t < trials; ++t) {
                    const double now = (all[t][e] - static_cast<double>(row[e])) / std::sqrt(variance);
                    product += now * centred[t];
                    own += centred[t] * centred[t];
                    centred[t] = now;
                }
                if (own > 0 && p > 0.05 && p < 0.95) z_products = std::max(z_products, std::fabs(product) / std::sqrt(own));
            }
            CHECK(std::fabs(variance_seen - variance_expected) <= 6 * std::sqrt(spread / trials) + 1e-3 * variance_expected);
            CHECK(z_products < 7);
        }
    }
}
