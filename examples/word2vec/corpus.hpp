// SPDX-License-Identifier: Apache-2.0
// The text as numbers: its words by frequency, and its sentences, split in those to train on and those held out.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace word2vec {

using Word = std::int32_t;

// The words that are frequent enough, most frequent first; equal counts in the order of their letters.
struct Vocabulary {
    std::vector<std::string> words;
    std::vector<std::int64_t> counts;  // in the training sentences
    std::unordered_map<std::string, Word> numbers;

    Word size() const { return static_cast<Word>(words.size()); }
    std::optional<Word> find(std::string const& word) const;
};

// Sentences one after the other; words outside the vocabulary are left out.
struct Sentences {
    std::vector<Word> words;
    std::vector<std::int64_t> begins{0};  // and one past the end

    std::int64_t size() const { return static_cast<std::int64_t>(begins.size()) - 1; }
    std::int64_t word_count() const { return begins.back(); }
    std::span<Word const> operator[](std::int64_t i) const;
};

struct Corpus {
    std::string name;
    Vocabulary vocabulary;
    Sentences train, held_out;
};

struct CorpusOptions {
    std::filesystem::path file;  // one sentence a line
    std::int64_t min_count = 5;  // of a word, in the training sentences
    int hold_out = 50;           // every so many sentences, one is held out
};

// Throws DataError where the file cannot be read, or has too little in it.
Corpus read_corpus(CorpusOptions const& options);

}  // namespace word2vec
