// SPDX-License-Identifier: Apache-2.0
// What the program needs of an embedding of words. hotrow's policies are template parameters; here the command line
// chooses the row format, so this interface stands before them all.
#pragma once

#include <cstdint>
#include <hotrow/footprint.hpp>
#include <hotrow/statistics.hpp>
#include <memory>
#include <span>
#include <vector>

#include "corpus.hpp"

namespace word2vec {

enum class Rows { fp32, fp16, int8, int4 };

class WordTable {
public:
    virtual ~WordTable() = default;

    // The rows of these words, [words][dim], valid until the next call; words may repeat. Each forward is followed by
    // its backward, which trains; lookup changes nothing.
    virtual std::span<float const> forward(std::span<Word const> words) = 0;
    virtual void backward(std::span<float const> gradient) = 0;
    virtual std::span<float const> lookup(std::span<Word const> words) = 0;

    virtual std::vector<float> all_rows() = 0;
    virtual void set_learning_rate(float rate) = 0;

    virtual hotrow::Statistics statistics() const = 0;
    virtual hotrow::Footprint footprint() const = 0;
};

struct WordTableSpec {
    Rows rows = Rows::int8;
    double cache = 0.05;
    int dim = 64;
    Word words = 0;
    float initial_range = 0.0f;  // rows start uniform in +- this
    float learning_rate = 0.1f;
    std::uint64_t seed = 1;
    int threads = 0;
    std::int64_t max_lookups = 0;
};

std::unique_ptr<WordTable> make_word_table(WordTableSpec const& spec);

}  // namespace word2vec
