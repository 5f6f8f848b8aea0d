// SPDX-License-Identifier: Apache-2.0
#include "trainer.hpp"

#include <array>
#include <chrono>
#include <cstdio>

#include "examples/support/error.hpp"
#include "examples/support/progress.hpp"
#include "examples/support/random.hpp"
#include "pairs.hpp"
#include "skip_gram.hpp"

namespace word2vec {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t held_out_key = 0x4e1d007;  // of no seed: the held-out pairs are always the same

hotrow::Statistics sum_of(hotrow::Statistics a, hotrow::Statistics const& b) {
    a.lookups += b.lookups;
    a.unique_rows += b.unique_rows;
    a.hits += b.hits;
    a.misses += b.misses;
    a.conflict_misses += b.conflict_misses;
    a.admissions += b.admissions;
    a.evictions += b.evictions;
    a.write_backs += b.write_backs;
    a.clean_evictions += b.clean_evictions;
    a.rejected_updates += b.rejected_updates;
    return a;  // both had the same steps, and no bad indices
}

hotrow::Footprint sum_of(hotrow::Footprint a, hotrow::Footprint const& b) {
    a.stored_rows += b.stored_rows;
    a.lines += b.lines;
    a.tags += b.tags;
    a.scores += b.scores;
    a.flags += b.flags;
    a.ghosts += b.ghosts;
    a.foresight += b.foresight;
    a.optimizer_state += b.optimizer_state;
    a.control += b.control;
    a.workspace += b.workspace;
    return a;
}

hotrow::Statistics statistics_of(SkipGram& model) { return sum_of(model.centres().statistics(), model.contexts().statistics()); }

// The learning rate falls in a straight line, as in word2vec, but stops above zero.
float rate_at(double done, double rate) {
    constexpr double last = 0.05;
    return static_cast<float>(rate * (1.0 - (1.0 - last) * done));
}

void train(SkipGram& model, std::uint64_t seed, std::string const& label, Corpus const& corpus, PairSampler const& sampler, Options const& options,
           Result& result) {
    std::int64_t const words = corpus.train.word_count(), total = words * options.epochs;
    examples::Progress progress(label, total, options.quiet, "words");
    PairBatch batch;
    double shown_loss = 0, epoch_loss = 0;
    std::int64_t shown_pairs = 0, epoch_pairs = 0;
    for (int epoch = 0; epoch < options.epochs; ++epoch) {
        PairStream pairs(corpus.train, sampler, examples::mix(seed, static_cast<std::uint64_t>(epoch)), PairStream::Order::shuffled);
        epoch_loss = 0;
        epoch_pairs = 0;
        while (pairs.next(static_cast<std::size_t>(options.batch), batch)) {
            double const loss = model.train(batch);
            auto const count = static_cast<std::int64_t>(batch.size());
            epoch_loss += loss;
            shown_loss += loss;
            epoch_pairs += count;
            shown_pairs += count;
            std::int64_t const done = words * epoch + pairs.words();
            model.set_learning_rate(rate_at(static_cast<double>(done) / static_cast<double>(total), options.learning_rate));
            if (progress.due(done)) {
                progress.show(done, shown_loss / static_cast<double>(shown_pairs), statistics_of(model).hit_rate());
                shown_loss = 0;
                shown_pairs = 0;
            }
        }
        result.train_pairs += epoch_pairs;
    }
    if (epoch_pairs == 0) {
        throw examples::DataError(corpus.name + ": no sentence has two words to pair; give sentences of several "
                                                "frequent words, or lower --min-count, or raise --subsample");
    }
    result.train_loss = epoch_loss / static_cast<double>(epoch_pairs);
}

void test(SkipGram& model, Corpus const& corpus, PairSampler const& sampler, Options const& options, Result& result) {
    PairStream pairs(corpus.held_out, sampler, held_out_key, PairStream::Order::as_written);
    PairBatch batch;
    double loss = 0;
    while (pairs.next(static_cast<std::size_t>(options.batch), batch)) {
        loss += model.loss(batch);
        result.held_out_pairs += static_cast<std::int64_t>(batch.size());
    }
    if (result.held_out_pairs == 0) {
        throw examples::DataError(corpus.name +
                                  ": the held-out sentences have no two words to pair; give more text, "
                                  "or lower --hold-out, which is " +
                                  std::to_string(options.corpus.hold_out));
    }
    result.held_out_loss = loss / static_cast<double>(result.held_out_pairs);
}

}  // namespace

std::string Setting::label() const {
    static constexpr std::array<char const*, 4> upper{"FP32", "FP16", "INT8", "INT4"};
    std::string const text = upper.at(static_cast<std::size_t>(rows));
    if (cache == 0) return text;
    char share[32];
    std::snprintf(share, sizeof share, " + %g %% cache", 100 * cache);
    return text + share;
}

Result train_and_test(Setting const& setting, std::uint64_t seed, Corpus const& corpus, Options const& options) {
    PairSampler const sampler(corpus.vocabulary, options.pairs);
    SkipGram model({.rows = setting.rows,
                    .cache = setting.cache,
                    .dim = options.dim,
                    .words = corpus.vocabulary.size(),
                    .learning_rate = static_cast<float>(options.learning_rate),
                    .seed = seed,
                    .threads = options.threads},
                   options.batch, options.pairs.negatives);
    Result result;
    auto const begin = Clock::now();
    train(model, seed, "training " + setting.label() + ", seed " + std::to_string(seed), corpus, sampler, options, result);
    result.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    result.words_per_second = static_cast<double>(corpus.train.word_count()) * static_cast<double>(options.epochs) / result.seconds;
    result.statistics = statistics_of(model);
    result.bytes = sum_of(model.centres().footprint(), model.contexts().footprint());
    result.fp32_bytes = std::int64_t{2} * corpus.vocabulary.size() * options.dim * static_cast<std::int64_t>(sizeof(float));
    test(model, corpus, sampler, options, result);
    result.centres = model.centres().all_rows();
    return result;
}

}  // namespace word2vec
