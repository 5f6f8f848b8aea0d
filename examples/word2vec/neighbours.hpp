// SPDX-License-Identifier: Apache-2.0
// Which words are nearest to a word, by the cosine between their rows.
#pragma once

#include <cstddef>
#include <vector>

#include "corpus.hpp"

namespace word2vec {

struct Neighbour {
    Word word = 0;
    float cosine = 0;
};

class Neighbours {
public:
    Neighbours(std::vector<float> rows, int dim);  // [words][dim]

    // The nearest first, the word itself left out.
    std::vector<Neighbour> nearest(Word word, int count) const;

private:
    float const* row(Word word) const { return rows_.data() + static_cast<std::size_t>(word) * dim_; }

    std::size_t dim_;
    std::vector<float> rows_;  // of length 1, or 0 where the row is zero
};

}  // namespace word2vec
