// SPDX-License-Identifier: Apache-2.0
// Draws words in proportion to a power of their frequency, each in constant time (Walker's alias method, with Vose's
// construction): a column is drawn evenly, and holds one word up to its level, another above.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

#include "corpus.hpp"

namespace word2vec {

class Negatives {
public:
    static constexpr double power = 0.75;  // Mikolov et al.

    explicit Negatives(std::span<std::int64_t const> counts) : columns_(counts.size()) {
        std::vector<double> weight;
        for (auto const count : counts) weight.push_back(std::pow(static_cast<double>(count), power));
        double const mean = std::accumulate(weight.begin(), weight.end(), 0.0) / static_cast<double>(weight.size());

        std::vector<std::size_t> below, above;
        for (std::size_t i = 0; i < weight.size(); ++i) {
            weight[i] /= mean;
            columns_[i] = {level(1.0), static_cast<Word>(i)};
            (weight[i] < 1.0 ? below : above).push_back(i);
        }
        // A word below the mean fills its column with a part of one above it.
        while (!below.empty() && !above.empty()) {
            std::size_t const low = below.back(), high = above.back();
            below.pop_back();
            columns_[low] = {level(weight[low]), static_cast<Word>(high)};
            weight[high] -= 1.0 - weight[low];
            if (weight[high] >= 1.0) continue;
            above.pop_back();
            below.push_back(high);
        }
    }

    // The word that these 64 random bits mean: 32 for the column, 32 for the level.
    Word draw(std::uint64_t bits) const {
        auto const column = static_cast<std::size_t>(((bits >> 32) * columns_.size()) >> 32);
        auto const& [level, above] = columns_[column];
        return static_cast<std::uint32_t>(bits) < level ? static_cast<Word>(column) : above;
    }

private:
    struct Column {
        std::uint32_t level = 0;  // of 2^32
        Word above = 0;           // the word from there on
    };

    static std::uint32_t level(double share) { return share >= 1.0 ? ~std::uint32_t{0} : static_cast<std::uint32_t>(share * 0x1p32); }

    std::vector<Column> columns_;
};

}  // namespace word2vec
