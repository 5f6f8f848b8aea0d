// SPDX-License-Identifier: Apache-2.0
#include "experiment.hpp"

#include <algorithm>
#include <array>

#include "examples/support/error.hpp"
#include "tokenizer.hpp"

namespace word2vec {
namespace {

// Words that a reader can judge, in English.
constexpr std::array<char const*, 12> default_words{"king",   "mother", "london", "monday", "sea",    "eyes",
                                                    "letter", "bread",  "winter", "twenty", "french", "walked"};

Query query_of(std::string const& asked, Options const& options, Corpus const& corpus) {
    auto const words = tokenize(asked);
    if (words.size() != 1) {
        throw examples::UsageError("--words '" + asked + "': is " + std::to_string(words.size()) + " words; give words separated by commas");
    }
    auto const found = corpus.vocabulary.find(words[0]);
    if (found) return {words[0], *found};
    throw examples::UsageError("--words " + words[0] + ": does not occur " + std::to_string(options.corpus.min_count) + " times in the training sentences of " +
                               corpus.name + "; give another word, or lower --min-count");
}

void train_all(Options const& options, Corpus const& corpus, Outcome& outcome) {
    outcome.results.resize(outcome.settings.size());
    outcome.nearest.resize(outcome.settings.size());
    for (auto const seed : outcome.seeds) {
        for (std::size_t i = 0; i < outcome.settings.size(); ++i) {
            auto result = train_and_test(outcome.settings[i], seed, corpus, options);
            if (seed == outcome.seeds.front()) {
                Neighbours const neighbours(std::move(result.centres), options.dim);
                for (auto const& query : outcome.queries) { outcome.nearest[i].push_back(neighbours.nearest(query.word, options.neighbours)); }
            }
            result.centres = {};
            outcome.results[i].push_back(std::move(result));
        }
    }
}

}  // namespace

std::vector<Setting> settings_of(Options const& options) {
    std::vector<Setting> settings;
    auto const add = [&](Rows rows) {
        bool const integer = rows == Rows::int8 || rows == Rows::int4;
        auto const same = [&](Setting const& setting) { return setting.rows == rows; };
        if (std::none_of(settings.begin(), settings.end(), same)) settings.push_back({rows, integer ? options.cache : 0});
    };
    if (options.compare) add(Rows::fp32);
    for (Rows rows : options.rows) add(rows);
    return settings;
}

std::vector<Query> queries_of(Options const& options, Corpus const& corpus) {
    std::vector<Query> queries;
    for (auto const& asked : options.words) queries.push_back(query_of(asked, options, corpus));
    if (!queries.empty()) return queries;
    for (std::string word : default_words) {
        if (auto const found = corpus.vocabulary.find(word)) queries.push_back({word, *found});
    }
    return queries;
}

Outcome run_experiment(Options const& options, Corpus const& corpus) {
    Outcome outcome{.settings = settings_of(options),
                    .seeds = {},
                    .results = {},
                    .queries = queries_of(options, corpus),  // before hours of training
                    .nearest = {}};
    for (int i = 0; i < options.seeds; ++i) outcome.seeds.push_back(options.seed + static_cast<std::uint64_t>(i));
    train_all(options, corpus, outcome);
    return outcome;
}

}  // namespace word2vec
