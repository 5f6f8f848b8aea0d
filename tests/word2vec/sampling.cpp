// SPDX-License-Identifier: Apache-2.0
// Pairs and negatives are drawn as often as they should be, and are the same every time.
#include <cmath>
#include <map>
#include <utility>
#include <vector>

#include "examples/support/random.hpp"
#include "negatives.hpp"
#include "pairs.hpp"
#include "support/catch.hpp"

using namespace word2vec;
using examples::mix;

namespace {

// Chi-square of counts against probabilities, over its degrees of freedom: near 1 for a fair draw.
double reduced_chi_square(std::vector<double> const& counts, std::vector<double> const& weights) {
    double total = 0, weight = 0, sum = 0;
    for (double count : counts) total += count;
    for (double each : weights) weight += each;
    for (std::size_t i = 0; i < counts.size(); ++i) {
        double const expected = total * weights[i] / weight;
        sum += (counts[i] - expected) * (counts[i] - expected) / expected;
    }
    return sum / static_cast<double>(counts.size() - 1);
}

// `words` words, the i-th so often.
template <class Count>
Vocabulary vocabulary(int words, Count const& count) {
    Vocabulary made;
    for (int i = 0; i < words; ++i) {
        made.words.push_back("w" + std::to_string(i));
        made.counts.push_back(count(i));
    }
    return made;
}

Sentences sentences(std::vector<std::vector<Word>> const& from) {
    Sentences made;
    for (auto const& sentence : from) {
        made.words.insert(made.words.end(), sentence.begin(), sentence.end());
        made.begins.push_back(static_cast<std::int64_t>(made.words.size()));
    }
    return made;
}

PairBatch all_pairs(Sentences const& text, PairSampler const& sampler, std::uint64_t key, std::size_t step = 1000,
                    PairStream::Order order = PairStream::Order::as_written) {
    PairStream stream(text, sampler, key, order);
    PairBatch all, batch;
    while (stream.next(step, batch)) {
        all.centres.insert(all.centres.end(), batch.centres.begin(), batch.centres.end());
        all.targets.insert(all.targets.end(), batch.targets.begin(), batch.targets.end());
    }
    return all;
}

}  // namespace

TEST_CASE("negatives follow frequency^0.75", "[word2vec]") {
    for (int words : {2, 3, 50, 1000}) {
        std::vector<std::int64_t> counts;
        std::vector<double> weights;
        for (int i = 0; i < words; ++i) {
            counts.push_back(1 + 100'000 / (i + 1));
            weights.push_back(std::pow(static_cast<double>(counts.back()), 0.75));
        }
        Negatives const negatives(counts);
        std::vector<double> drawn(counts.size());
        for (std::uint64_t i = 0; i < 1'000'000; ++i) drawn[static_cast<std::size_t>(negatives.draw(mix(3, i)))] += 1;
        INFO(words << " words");
        // Four standard deviations of a chi-square.
        CHECK(reduced_chi_square(drawn, weights) < 1 + 4 * std::sqrt(2.0 / (words - 1)));
    }
}

TEST_CASE("equal frequencies, and one far above all others", "[word2vec]") {
    Negatives const equal(std::vector<std::int64_t>(7, 5));
    std::vector<double> drawn(7);
    for (std::uint64_t i = 0; i < 70'000; ++i) drawn[static_cast<std::size_t>(equal.draw(mix(4, i)))] += 1;
    CHECK(reduced_chi_square(drawn, std::vector<double>(7, 1.0)) < 3.4);

    Negatives const skewed(std::vector<std::int64_t>{1, 1'000'000'000'000, 1});
    int others = 0;
    for (std::uint64_t i = 0; i < 100'000; ++i) others += skewed.draw(mix(5, i)) != 1;
    CHECK(others == 0);  // one in 5e8
}

TEST_CASE("frequent words are thinned out by Mikolov's formula", "[word2vec]") {
    auto const words = vocabulary(2, [](int i) { return i == 0 ? 9'000 : 1'000; });
    PairSampler const sampler(words, {.window = 1, .negatives = 1, .subsample = 0.25});
    CHECK(sampler.keep(0) == Approx(std::sqrt(0.25 / 0.9)));
    CHECK(sampler.keep(1) == 1.0);
    CHECK(PairSampler(words, {.subsample = 0}).keep(0) == 1.0);

    // Sentences of one frequent word between two rare ones: it is a centre as often as it was kept.
    auto const text = sentences(std::vector<std::vector<Word>>(20'000, {1, 0, 1}));
    auto const pairs = all_pairs(text, sampler, 8);
    double frequent = 0;
    for (Word centre : pairs.centres) frequent += centre == 0;
    double const expected = 20'000 * sampler.keep(0) * 2;  // it pairs with both
    CHECK(std::abs(frequent - expected) < 4 * 2 * std::sqrt(20'000 * sampler.keep(0) * (1 - sampler.keep(0))));
}

TEST_CASE("windows reach each distance as often as they should", "[word2vec]") {
    auto const words = vocabulary(41, [](int) { return 1; });
    std::vector<Word> sentence;
    for (Word word = 0; word < 41; ++word) sentence.push_back(word);
    auto const text = sentences(std::vector<std::vector<Word>>(2'000, sentence));
    PairSampler const sampler(words, {.window = 4, .negatives = 1, .subsample = 0});
    auto const pairs = all_pairs(text, sampler, 9);
    std::map<int, double> distances;
    for (std::size_t i = 0; i < pairs.size(); ++i) {
        int const distance = pairs.targets[2 * i] - pairs.centres[i];
        REQUIRE(distance != 0);
        if (pairs.centres[i] == 20) distances[distance] += 1;
    }
    REQUIRE(distances.size() == 8);
    for (auto const& [distance, count] : distances) {
        double const share = (5.0 - std::abs(distance)) / 4.0;  // reach at least this far
        INFO("distance " << distance);
        CHECK(std::abs(count - 2'000 * share) <= 4 * std::sqrt(2'000 * share * (1 - share)));
    }
}

TEST_CASE("negatives are never the target, and of any other word", "[word2vec]") {
    auto const words = vocabulary(3, [](int i) { return 100 * (3 - i); });
    auto const text = sentences(std::vector<std::vector<Word>>(3'000, {0, 1, 2, 0, 1}));
    PairSampler const sampler(words, {.window = 2, .negatives = 3, .subsample = 0});
    auto const pairs = all_pairs(text, sampler, 10);
    std::map<std::pair<Word, Word>, double> drawn;
    for (std::size_t i = 0; i < pairs.size(); ++i) {
        Word const target = pairs.targets[4 * i];
        for (std::size_t k = 1; k <= 3; ++k) {
            REQUIRE(pairs.targets[4 * i + k] != target);
            drawn[{target, pairs.targets[4 * i + k]}] += 1;
        }
    }
    // Among the words that are left, in proportion.
    double const expected = std::pow(300.0 / 200.0, 0.75);
    CHECK(drawn[{2, 0}] / drawn[{2, 1}] == Approx(expected).epsilon(0.05));
}

TEST_CASE("pairs depend on the key alone, not on the size of batches", "[word2vec]") {
    auto const words = vocabulary(20, [](int i) { return 1000 / (i + 1); });
    std::vector<std::vector<Word>> from;
    for (std::uint64_t i = 0; i < 200; ++i) {
        from.emplace_back();
        for (std::uint64_t j = 0; j < i % 9; ++j) from.back().push_back(static_cast<Word>(mix(i, j) % 20));
    }
    auto const text = sentences(from);
    PairSampler const sampler(words, {.window = 3, .negatives = 2, .subsample = 0.05});
    for (auto order : {PairStream::Order::as_written, PairStream::Order::shuffled}) {
        auto const whole = all_pairs(text, sampler, 11, 1'000'000, order);
        auto const parts = all_pairs(text, sampler, 11, 7, order);
        CHECK(whole.size() > 300);
        CHECK(whole.centres == parts.centres);
        CHECK(whole.targets == parts.targets);
        CHECK(whole.targets.size() == 3 * whole.size());
        CHECK(all_pairs(text, sampler, 12, 7, order).centres != whole.centres);
    }
    PairStream stream(text, sampler, 11, PairStream::Order::shuffled);
    PairBatch batch;
    while (stream.next(10, batch)) continue;
    CHECK(stream.words() == text.word_count());  // every sentence once
    CHECK_FALSE(stream.next(10, batch));
}

TEST_CASE("sentences without a pair are passed over", "[word2vec]") {
    auto const words = vocabulary(3, [](int) { return 5; });
    PairSampler const sampler(words, {.window = 2, .negatives = 1, .subsample = 0});
    CHECK(all_pairs(sentences({}), sampler, 1).size() == 0);
    CHECK(all_pairs(sentences({{}, {1}, {}}), sampler, 1).size() == 0);
    auto const pairs = all_pairs(sentences({{}, {1}, {2, 0}, {}}), sampler, 1);
    CHECK(pairs.centres == std::vector<Word>{2, 0});
}
