// SPDX-License-Identifier: Apache-2.0
// hotrow behind the program's interface. Row formats are compiled in a file of their own each.
#pragma once

#include <array>
#include <cstddef>
#include <hotrow/hotrow.hpp>
#include <string>

#include "examples/support/error.hpp"
#include "word_table.hpp"

namespace word2vec {

template <class Embedding>
class HotrowTable final : public WordTable {
public:
    explicit HotrowTable(WordTableSpec const& spec)
        : embedding_({.table_rows = {spec.words},
                      .cache_fraction = spec.cache,
                      .seed = spec.seed,
                      .optimizer = {.learning_rate = spec.learning_rate},
                      .initial_range = spec.initial_range,
                      .max_lookups = spec.max_lookups,
                      .threads = spec.threads}) {}

    std::span<float const> forward(std::span<Word const> words) override {
        rows_.resize(words.size() * Embedding::dim);
        plan_ = embedding_.forward(batch_of(words), std::span(rows_));
        return rows_;
    }

    void backward(std::span<float const> gradient) override { embedding_.backward(plan_, gradient); }

    std::span<float const> lookup(std::span<Word const> words) override {
        rows_.resize(words.size() * Embedding::dim);
        embedding_.lookup(batch_of(words), std::span(rows_));
        return rows_;
    }

    std::vector<float> all_rows() override {
        std::vector<float> values(static_cast<std::size_t>(embedding_.rows()) * Embedding::dim);
        embedding_.read_rows(0, 0, values);
        return values;
    }

    void set_learning_rate(float rate) override { embedding_.set_optimizer({.learning_rate = rate}); }

    hotrow::Statistics statistics() const override { return embedding_.statistics(); }
    hotrow::Footprint footprint() const override { return embedding_.footprint(); }

private:
    // One table, one bag: without pooling, each lookup gives a row of its own.
    hotrow::Batch<Word> batch_of(std::span<Word const> words) {
        bag_ = {0, static_cast<Word>(words.size())};
        return {.indices = words, .offsets = bag_, .weights = {}, .batch_size = 1, .pooling = hotrow::Pooling::none};
    }

    Embedding embedding_;
    hotrow::Plan<Word> plan_;
    std::array<Word, 2> bag_{};
    std::vector<float> rows_;
};

template <class Format>
std::unique_ptr<WordTable> make_table_with(WordTableSpec const& spec) {
    using Cache = hotrow::Cache<hotrow::SetAssociative<32>, hotrow::Lfu>;
    switch (spec.dim) {
    case 64: return std::make_unique<HotrowTable<hotrow::CachedEmbedding<64, Format, Cache, hotrow::RowwiseAdagrad, hotrow::Host>>>(spec);
    case 128: return std::make_unique<HotrowTable<hotrow::CachedEmbedding<128, Format, Cache, hotrow::RowwiseAdagrad, hotrow::Host>>>(spec);
    default: throw examples::UsageError("--dim " + std::to_string(spec.dim) + ": this build does not have it");
    }
}

}  // namespace word2vec
