// SPDX-License-Identifier: Apache-2.0
#include "corpus.hpp"

#include <algorithm>
#include <cstddef>
#include <fstream>
#include <numeric>

#include "examples/support/error.hpp"
#include "examples/support/files.hpp"
#include "tokenizer.hpp"

namespace word2vec {
namespace {

using examples::DataError;

// The whole text, its words numbered as they appear.
struct Text {
    std::vector<std::string> words;
    std::vector<std::int64_t> counts;  // in the training sentences
    Sentences train, held_out;
};

void append(Sentences& sentences, std::vector<Word> const& sentence) {
    sentences.words.insert(sentences.words.end(), sentence.begin(), sentence.end());
    sentences.begins.push_back(static_cast<std::int64_t>(sentences.words.size()));
}

Text read_text(CorpusOptions const& options) {
    auto input = examples::open_for_reading(options.file);
    Text text;
    std::unordered_map<std::string, Word> numbers;
    std::vector<Word> sentence;
    std::int64_t sentences = 0;
    for (std::string line; std::getline(input, line);) {
        sentence.clear();
        for (auto& word : tokenize(line)) {
            auto const [found, is_new] = numbers.try_emplace(std::move(word), static_cast<Word>(numbers.size()));
            if (is_new) {
                text.words.push_back(found->first);
                text.counts.push_back(0);
            }
            sentence.push_back(found->second);
        }
        if (sentence.empty()) continue;
        bool const held_out = ++sentences % options.hold_out == 0;
        append(held_out ? text.held_out : text.train, sentence);
        if (held_out) continue;
        for (Word word : sentence) ++text.counts[static_cast<std::size_t>(word)];
    }
    if (input.bad()) throw DataError(options.file.string() + ": reading failed");
    if (sentences == 0) throw DataError(options.file.string() + ": has no words; give a text with one sentence a line");
    return text;
}

Vocabulary make_vocabulary(Text const& text, CorpusOptions const& options) {
    std::vector<std::size_t> order(text.words.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(),
              [&](std::size_t a, std::size_t b) { return text.counts[a] != text.counts[b] ? text.counts[a] > text.counts[b] : text.words[a] < text.words[b]; });
    Vocabulary vocabulary;
    for (std::size_t i : order) {
        if (text.counts[i] < options.min_count) break;
        vocabulary.numbers.emplace(text.words[i], vocabulary.size());
        vocabulary.words.push_back(text.words[i]);
        vocabulary.counts.push_back(text.counts[i]);
    }
    if (vocabulary.size() < 2) {  // a negative must differ from its target
        auto const& most = order.front();
        throw DataError(options.file.string() + ": " + std::to_string(vocabulary.size()) + " words occur at least " + std::to_string(options.min_count) +
                        " times, and at least 2 are needed; the most frequent, '" + text.words[most] + "', occurs " + std::to_string(text.counts[most]) +
                        " times; lower --min-count, or give more text");
    }
    return vocabulary;
}

Sentences renumbered(Sentences const& from, Text const& text, Vocabulary const& vocabulary) {
    std::vector<std::optional<Word>> numbers;
    for (auto const& word : text.words) numbers.push_back(vocabulary.find(word));
    Sentences to;
    std::vector<Word> sentence;
    for (std::int64_t i = 0; i < from.size(); ++i) {
        sentence.clear();
        for (Word word : from[i]) {
            if (auto const number = numbers[static_cast<std::size_t>(word)]) sentence.push_back(*number);
        }
        append(to, sentence);
    }
    return to;
}

}  // namespace

std::optional<Word> Vocabulary::find(std::string const& word) const {
    auto const found = numbers.find(word);
    if (found == numbers.end()) return {};
    return found->second;
}

std::span<Word const> Sentences::operator[](std::int64_t i) const {
    auto const begin = static_cast<std::size_t>(begins[static_cast<std::size_t>(i)]);
    auto const end = static_cast<std::size_t>(begins[static_cast<std::size_t>(i) + 1]);
    return std::span(words).subspan(begin, end - begin);
}

Corpus read_corpus(CorpusOptions const& options) {
    auto const text = read_text(options);
    Corpus corpus{.name = options.file.string(), .vocabulary = make_vocabulary(text, options), .train = {}, .held_out = {}};
    corpus.train = renumbered(text.train, text, corpus.vocabulary);
    corpus.held_out = renumbered(text.held_out, text, corpus.vocabulary);
    return corpus;
}

}  // namespace word2vec
