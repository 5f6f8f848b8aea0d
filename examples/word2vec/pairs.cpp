// SPDX-License-Identifier: Apache-2.0
#include "pairs.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "examples/support/random.hpp"

namespace word2vec {
namespace {

using examples::mix;
using examples::to_uniform;

// What a random number is for.
enum Purpose : std::uint64_t { for_order = 1, for_keeping, for_window, for_negative };

std::vector<double> keep_probabilities(std::vector<std::int64_t> const& counts, double subsample) {
    double const total = static_cast<double>(std::accumulate(counts.begin(), counts.end(), std::int64_t{0}));
    std::vector<double> keep;
    for (auto const count : counts) { keep.push_back(subsample > 0 ? std::min(1.0, std::sqrt(subsample * total / static_cast<double>(count))) : 1.0); }
    return keep;
}

}  // namespace

PairSampler::PairSampler(Vocabulary const& vocabulary, PairOptions const& options)
    : options_(options), keep_(keep_probabilities(vocabulary.counts, options.subsample)), negatives_(vocabulary.counts) {}

PairStream::PairStream(Sentences const& sentences, PairSampler const& sampler, std::uint64_t key, Order order)
    : sentences_(sentences), sampler_(sampler), key_(key), order_(static_cast<std::size_t>(sentences.size())) {
    std::iota(order_.begin(), order_.end(), std::int64_t{0});
    if (order == Order::as_written) return;
    // Fisher and Yates; a text's last chapters would otherwise weigh most.
    for (std::size_t left = order_.size(); left > 1; --left) { std::swap(order_[left - 1], order_[mix(key_, for_order, left) % left]); }
}

bool PairStream::next(std::size_t size, PairBatch& batch) {
    batch.centres.clear();
    batch.targets.clear();
    while (batch.size() < size) {
        if (context_ < context_end_) {
            if (context_ != centre_) add_pair(batch);
            ++context_;
        } else if (centre_ + 1 < kept_.size()) {
            ++centre_;
            open_centre();
        } else if (next_sentence_ < order_.size()) {
            open_sentence();
        } else {
            break;
        }
    }
    return batch.size() > 0;
}

void PairStream::open_sentence() {
    sentence_ = order_[next_sentence_++];
    auto const words = sentences_[sentence_];
    words_ += static_cast<std::int64_t>(words.size());
    auto const key = mix(key_, for_keeping, static_cast<std::uint64_t>(sentence_));
    kept_.clear();
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (to_uniform(mix(key, i)) < sampler_.keep(words[i])) kept_.push_back(words[i]);
    }
    centre_ = context_ = context_end_ = 0;
    if (!kept_.empty()) open_centre();
}

void PairStream::open_centre() {
    auto const key = mix(key_, for_window, static_cast<std::uint64_t>(sentence_));
    auto const reach = 1 + mix(key, centre_) % static_cast<std::uint64_t>(sampler_.options().window);
    context_ = centre_ - std::min<std::size_t>(centre_, reach);
    context_end_ = std::min<std::size_t>(kept_.size(), centre_ + reach + 1);
}

void PairStream::add_pair(PairBatch& batch) {
    Word const target = kept_[context_];
    batch.centres.push_back(kept_[centre_]);
    batch.targets.push_back(target);
    auto const key = mix(key_, for_negative, pairs_++);
    std::uint64_t draw = 0;
    for (int i = 0; i < sampler_.options().negatives; ++i) {
        Word negative;
        do { negative = sampler_.negatives().draw(mix(key + draw++)); } while (negative == target);
        batch.targets.push_back(negative);
    }
}

}  // namespace word2vec
