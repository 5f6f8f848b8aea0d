// SPDX-License-Identifier: Apache-2.0
// Rows that quantizers find hard.
#pragma once

#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace hotrow::test {

struct NamedRow {
    std::string name;
    std::vector<float> values;
};

inline std::vector<float> gaussian_row(int dim, float scale, unsigned seed) {
    std::mt19937 random(seed);
    std::normal_distribution<float> normal(0.0f, 1.0f);
    std::vector<float> row(static_cast<std::size_t>(dim));
    for (float& x : row) x = normal(random) * scale;
    return row;
}

inline std::vector<NamedRow> hard_rows(int dim) {
    constexpr float largest = std::numeric_limits<float>::max();
    const auto n = static_cast<std::size_t>(dim);
    std::vector<NamedRow> rows;
    for (const float constant : {0.0f, -0.0f, 1.0f, -3.7f, 1e-3f, 65504.0f, 1e-38f, -1e-44f, 1e30f, largest, -largest}) {
        rows.push_back({"constant " + std::to_string(constant), std::vector<float>(n, constant)});
    }
    for (int exponent = -45; exponent <= 37; ++exponent) {
        rows.push_back({"gaussian 1e" + std::to_string(exponent),
                        gaussian_row(dim, std::pow(10.0f, static_cast<float>(exponent)), 100u + static_cast<unsigned>(exponent))});
    }
    const auto edit = [&](const char* name, std::vector<float> row, auto f) {
        for (std::size_t i = 0; i < n; ++i) row[i] = f(i, row[i]);
        rows.push_back({name, row});
    };
    edit("both ends of FP32", gaussian_row(dim, 1, 1), [&](std::size_t i, float) { return i % 2 == 0 ? largest : -largest; });
    edit("huge", gaussian_row(dim, 1, 2), [&](std::size_t i, float x) { return i == 0 ? largest : i == 1 ? -largest : std::fmod(x, 1.0f) * largest; });
    edit("huge, one side", gaussian_row(dim, 1, 3), [&](std::size_t, float x) { return std::fabs(std::fmod(x, 1.0f)) * largest; });
    edit("far from zero", gaussian_row(dim, 1e-3f, 4), [](std::size_t, float x) { return 1000.0f + x; });
    edit("far below zero", gaussian_row(dim, 1e-3f, 5), [](std::size_t, float x) { return -1000.0f + x; });
    edit("outlier", gaussian_row(dim, 1e-3f, 6), [](std::size_t i, float x) { return i == 0 ? 100.0f : x; });
    edit("one nonzero", gaussian_row(dim, 1, 7), [](std::size_t i, float) { return i == 0 ? -0.25f : 0.0f; });
    edit("denormal", gaussian_row(dim, 1, 8), [](std::size_t, float x) { return x * 1e-40f; });
    edit("denormal and 1", gaussian_row(dim, 1, 9), [](std::size_t i, float x) { return i == 0 ? 1.0f : x * 1e-40f; });
    edit("beyond halves", gaussian_row(dim, 1, 10), [](std::size_t, float x) { return x * 1e5f; });
    return rows;
}

}  // namespace hotrow::test
