// SPDX-License-Identifier: Apache-2.0
// Files become a vocabulary and sentences.
#include "corpus.hpp"

#include <filesystem>
#include <string>
#include <vector>

#include "examples/support/error.hpp"
#include "support/catch.hpp"
#include "support/temporary_file.hpp"

using namespace word2vec;
using examples::DataError;
using hotrow::test::TemporaryFile;

namespace {

Corpus read(std::string const& text, std::int64_t min_count, int hold_out = 1000) {
    TemporaryFile const file(text);
    return read_corpus({.file = file.path(), .min_count = min_count, .hold_out = hold_out});
}

std::string error_of(std::string const& text, std::int64_t min_count) {
    try {
        read(text, min_count);
    } catch (DataError const& error) { return error.what(); }
    return "no error";
}

std::vector<std::string> words_of(Corpus const& corpus, Sentences const& sentences, std::int64_t i) {
    std::vector<std::string> words;
    for (Word word : sentences[i]) words.push_back(corpus.vocabulary.words[static_cast<std::size_t>(word)]);
    return words;
}

bool contains(std::string const& text, std::string const& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("the most frequent words come first, equal ones by letters", "[word2vec]") {
    auto const corpus = read("b a c a\nb c a\nd", 2);
    CHECK(corpus.vocabulary.words == std::vector<std::string>{"a", "b", "c"});
    CHECK(corpus.vocabulary.counts == std::vector<std::int64_t>{3, 2, 2});
    CHECK(corpus.vocabulary.size() == 3);
    CHECK(corpus.vocabulary.find("c") == 2);
    CHECK_FALSE(corpus.vocabulary.find("d").has_value());
}

TEST_CASE("rare words are left out of the sentences", "[word2vec]") {
    auto const corpus = read("b a once c a\n\n - \nb c a\n", 2);
    REQUIRE(corpus.train.size() == 2);  // lines without a word are none
    CHECK(words_of(corpus, corpus.train, 0) == std::vector<std::string>{"b", "a", "c", "a"});
    CHECK(words_of(corpus, corpus.train, 1) == std::vector<std::string>{"b", "c", "a"});
    CHECK(corpus.train.word_count() == 7);
    CHECK(corpus.held_out.size() == 0);
}

TEST_CASE("every so many sentences, one is held out, and its words are not counted", "[word2vec]") {
    auto const corpus = read("a b\na b\nz z a\n\nb a\na a\nb z", 1, 3);
    REQUIRE(corpus.train.size() == 4);
    REQUIRE(corpus.held_out.size() == 2);
    CHECK(corpus.vocabulary.words == std::vector<std::string>{"a", "b"});
    CHECK(words_of(corpus, corpus.held_out, 0) == std::vector<std::string>{"a"});
    CHECK(words_of(corpus, corpus.held_out, 1) == std::vector<std::string>{"b"});
}

TEST_CASE("files that cannot serve are refused by name", "[word2vec]") {
    CHECK_THROWS_AS(read_corpus({.file = "/no/such/file"}), DataError);
    CHECK_THROWS_AS(read_corpus({.file = std::filesystem::temp_directory_path()}), DataError);
    CHECK(contains(error_of("", 1), "has no words"));
    CHECK(contains(error_of("12 34\n...\n", 1), "has no words"));
    auto const rare = error_of("a b c\na b\na", 4);
    INFO(rare);
    CHECK(contains(rare, "0 words occur at least 4 times"));
    CHECK(contains(rare, "'a', occurs 3 times"));
    CHECK(contains(rare, "--min-count"));
    CHECK(contains(error_of("a a a", 2), "1 words occur at least 2 times, and at least 2 are needed"));
}
