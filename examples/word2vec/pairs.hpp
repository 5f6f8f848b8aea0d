// SPDX-License-Identifier: Apache-2.0
// Sentences as training pairs: a centre word, a word of its context, and negatives.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "corpus.hpp"
#include "negatives.hpp"

namespace word2vec {

struct PairOptions {
    int window = 5;           // a centre's context reaches 1 to so many words to either side
    int negatives = 5;        // of each pair
    double subsample = 1e-4;  // words more frequent than this are left out at random; 0: none
};

struct PairBatch {
    std::vector<Word> centres;  // [pairs]
    std::vector<Word> targets;  // [pairs][1 + negatives], the word of the context first

    std::size_t size() const { return centres.size(); }
};

// The probabilities that the pairs are drawn with.
class PairSampler {
public:
    PairSampler(Vocabulary const& vocabulary, PairOptions const& options);

    PairOptions const& options() const { return options_; }
    // Mikolov et al.: a word of frequency f stays with probability sqrt(subsample / f).
    double keep(Word word) const { return keep_[static_cast<std::size_t>(word)]; }
    Negatives const& negatives() const { return negatives_; }

private:
    PairOptions options_;
    std::vector<double> keep_;
    Negatives negatives_;
};

// One pass over sentences. Every random number depends only on the key and on what it is for.
class PairStream {
public:
    enum class Order { as_written, shuffled };

    PairStream(Sentences const& sentences, PairSampler const& sampler, std::uint64_t key, Order order);

    // Up to `size` pairs; false: no more.
    bool next(std::size_t size, PairBatch& batch);
    // Words read so far, with those that were left out.
    std::int64_t words() const { return words_; }

private:
    void open_sentence();
    void open_centre();
    void add_pair(PairBatch& batch);

    Sentences const& sentences_;
    PairSampler const& sampler_;
    std::uint64_t key_;
    std::vector<std::int64_t> order_;

    std::size_t next_sentence_ = 0;
    std::int64_t sentence_ = 0;  // its number in the text
    std::vector<Word> kept_;     // its words that were not left out
    std::size_t centre_ = 0;     // position in kept_
    std::size_t context_ = 0, context_end_ = 0;
    std::uint64_t pairs_ = 0;
    std::int64_t words_ = 0;
};

}  // namespace word2vec
