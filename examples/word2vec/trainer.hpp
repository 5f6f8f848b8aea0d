// SPDX-License-Identifier: Apache-2.0
// Trains one setting on the training sentences, and measures it on those held out.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "corpus.hpp"
#include "options.hpp"

namespace word2vec {

// What is compared.
struct Setting {
    Rows rows = Rows::fp32;
    double cache = 0;

    std::string label() const;
};

struct Result {
    double held_out_loss = 0;  // mean of a pair
    double train_loss = 0;     // mean of a pair, before it was trained on, in the last epoch
    std::int64_t train_pairs = 0;
    std::int64_t held_out_pairs = 0;
    double seconds = 0;  // of training
    double words_per_second = 0;
    hotrow::Statistics statistics;  // of training, both embeddings
    hotrow::Footprint bytes;        // both embeddings
    std::int64_t fp32_bytes = 0;    // what their rows would take in full precision
    std::vector<float> centres;     // [words][dim]

    double memory_ratio() const { return static_cast<double>(fp32_bytes) / static_cast<double>(bytes.embedding()); }
};

// Runs of one seed see the same pairs in the same order; runs of all seeds the same held-out pairs.
// Throws DataError if the held-out sentences give no pair.
Result train_and_test(Setting const& setting, std::uint64_t seed, Corpus const& corpus, Options const& options);

}  // namespace word2vec
