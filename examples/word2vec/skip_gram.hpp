// SPDX-License-Identifier: Apache-2.0
// The model: one embedding of words as centres, one of words as contexts, and the loss between them.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "examples/support/workers.hpp"
#include "pairs.hpp"
#include "word_table.hpp"

namespace word2vec {

class SkipGram {
public:
    // `spec` is of either embedding: its initial range, seed, and lookups in a batch are set here.
    SkipGram(WordTableSpec const& spec, int batch, int negatives);

    // The sum of the pairs' losses; train also updates both embeddings by its gradient.
    double train(PairBatch const& batch);
    double loss(PairBatch const& batch);

    void set_learning_rate(float rate);

    WordTable& centres() { return *centres_; }
    WordTable& contexts() { return *contexts_; }

private:
    std::size_t dim_;
    std::unique_ptr<WordTable> centres_, contexts_;
    examples::Workers workers_;
    std::vector<float> losses_, centre_gradient_, context_gradient_;
};

}  // namespace word2vec
