// SPDX-License-Identifier: Apache-2.0
#include "skip_gram.hpp"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <span>

#include "examples/support/random.hpp"
#include "loss.hpp"

namespace word2vec {
namespace {

// As word2vec's authors start: small centres, and contexts of zeros.
WordTableSpec centre_spec(WordTableSpec spec, int batch) {
    spec.initial_range = 0.5f / static_cast<float>(spec.dim);
    spec.max_lookups = batch;
    return spec;
}

WordTableSpec context_spec(WordTableSpec spec, int batch, int negatives) {
    spec.initial_range = 0.0f;
    spec.seed = examples::mix(spec.seed, 1);  // its roundings are its own
    spec.max_lookups = static_cast<std::int64_t>(batch) * (1 + negatives);
    return spec;
}

// work(pair) for all pairs. Each writes to memory of its own, so that no figure depends on the number of threads.
template <class Work>
void for_each_pair(examples::Workers& workers, std::size_t pairs, Work const& work) {
    constexpr std::size_t portion = 128;
    workers.for_each(static_cast<int>((pairs + portion - 1) / portion), [&](int i) {
        std::size_t const begin = static_cast<std::size_t>(i) * portion;
        for (std::size_t pair = begin; pair < std::min(begin + portion, pairs); ++pair) work(pair);
    });
}

double sum(std::span<float const> values) { return std::accumulate(values.begin(), values.end(), 0.0); }

}  // namespace

SkipGram::SkipGram(WordTableSpec const& spec, int batch, int negatives)
    : dim_(static_cast<std::size_t>(spec.dim)), centres_(make_word_table(centre_spec(spec, batch))),
      contexts_(make_word_table(context_spec(spec, batch, negatives))), workers_(spec.threads) {}

double SkipGram::train(PairBatch const& batch) {
    auto const centres = centres_->forward(batch.centres);
    auto const targets = contexts_->forward(batch.targets);
    std::size_t const width = targets.size() / batch.size();
    losses_.resize(batch.size());
    centre_gradient_.resize(centres.size());
    context_gradient_.resize(targets.size());
    for_each_pair(workers_, batch.size(), [&](std::size_t i) {
        losses_[i] = pair_loss(centres.subspan(i * dim_, dim_), targets.subspan(i * width, width), std::span(centre_gradient_).subspan(i * dim_, dim_),
                               std::span(context_gradient_).subspan(i * width, width));
    });
    centres_->backward(centre_gradient_);
    contexts_->backward(context_gradient_);
    return sum(losses_);
}

double SkipGram::loss(PairBatch const& batch) {
    auto const centres = centres_->lookup(batch.centres);
    auto const targets = contexts_->lookup(batch.targets);
    std::size_t const width = targets.size() / batch.size();
    losses_.resize(batch.size());
    for_each_pair(workers_, batch.size(), [&](std::size_t i) { losses_[i] = pair_loss(centres.subspan(i * dim_, dim_), targets.subspan(i * width, width)); });
    return sum(losses_);
}

void SkipGram::set_learning_rate(float rate) {
    centres_->set_learning_rate(rate);
    contexts_->set_learning_rate(rate);
}

}  // namespace word2vec
