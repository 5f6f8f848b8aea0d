// SPDX-License-Identifier: Apache-2.0
// Rows drawn by Zipf's law.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <random>
#include <vector>

namespace bench {

/// Draws rows of one table with P(rank) proportional to rank^-exponent. Ranks are shuffled: the numbers of rows say nothing of how frequent they are.
class Zipf {
public:
    Zipf(double exponent, std::int64_t rows, std::mt19937_64& random) : cumulative_(static_cast<std::size_t>(rows)), row_of_(cumulative_.size()) {
        double sum = 0;
        for (std::size_t i = 0; i < cumulative_.size(); ++i) cumulative_[i] = sum += std::pow(static_cast<double>(i) + 1.0, -exponent);
        std::iota(row_of_.begin(), row_of_.end(), std::int64_t{0});
        std::shuffle(row_of_.begin(), row_of_.end(), random);
    }
    std::int64_t operator()(std::mt19937_64& random) const {
        const double at = static_cast<double>(random() >> 11) * 0x1p-53 * cumulative_.back();
        const auto rank = static_cast<std::size_t>(std::lower_bound(cumulative_.begin(), cumulative_.end(), at) - cumulative_.begin());
        return row_of_[std::min(rank, row_of_.size() - 1)];
    }

private:
    std::vector<double> cumulative_;
    std::vector<std::int64_t> row_of_;
};

}  // namespace bench
