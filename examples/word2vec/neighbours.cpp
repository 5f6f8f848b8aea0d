// SPDX-License-Identifier: Apache-2.0
#include "neighbours.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "loss.hpp"

namespace word2vec {

Neighbours::Neighbours(std::vector<float> rows, int dim) : dim_(static_cast<std::size_t>(dim)), rows_(std::move(rows)) {
    for (std::size_t begin = 0; begin < rows_.size(); begin += dim_) {
        float* const values = rows_.data() + begin;
        float const length = std::sqrt(dot<float>(values, values, dim_));
        if (length == 0.0f) continue;
        for (std::size_t i = 0; i < dim_; ++i) values[i] /= length;
    }
}

std::vector<Neighbour> Neighbours::nearest(Word word, int count) const {
    std::vector<Neighbour> all;
    auto const words = static_cast<Word>(rows_.size() / dim_);
    for (Word other = 0; other < words; ++other) {
        if (other != word) all.push_back({other, dot(row(word), row(other), dim_)});
    }
    auto const kept = std::min(all.size(), static_cast<std::size_t>(count));
    std::partial_sort(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(kept), all.end(),
                      [](Neighbour const& a, Neighbour const& b) { return a.cosine != b.cosine ? a.cosine > b.cosine : a.word < b.word; });
    all.resize(kept);
    return all;
}

}  // namespace word2vec
