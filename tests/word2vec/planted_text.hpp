// SPDX-License-Identifier: Apache-2.0
// A text whose neighbours are known: each sentence keeps to one topic, and has one of the topic's two twins, which
// never meet in a sentence but keep the same company.
#pragma once

#include <cstdint>
#include <string>

#include "examples/support/random.hpp"

namespace word2vec::test {

struct PlantedText {
    int topics = 100;
    int companions = 6;  // words of a topic, beside its twins
    int sentences = 12'000;
    std::uint64_t seed = 1;

    std::string twin(int topic, int which) const { return name(topic) + (which == 0 ? "left" : "right"); }
    std::string companion(int topic, int i) const { return name(topic) + "with" + letters(i); }
    // Of one topic: words with equal beginnings.
    static std::string name(int topic) { return "topic" + letters(topic); }

    std::string text() const {
        constexpr int length = 8;
        std::string text;
        for (int i = 0; i < sentences; ++i) {
            std::uint64_t const key = examples::mix(seed, static_cast<std::uint64_t>(i));
            int const topic = below(topics, key, 0), place = below(length, key, 1), which = below(2, key, 2);
            for (int j = 0; j < length; ++j) {
                text += j == place ? twin(topic, which) : companion(topic, below(companions, key, 3 + j));
                text += j + 1 < length ? ' ' : '\n';
            }
        }
        return text;
    }

private:
    static int below(int limit, std::uint64_t key, int what) {
        return static_cast<int>(examples::mix(key, static_cast<std::uint64_t>(what)) % static_cast<std::uint64_t>(limit));
    }
    static std::string letters(int i) { return {static_cast<char>('a' + i / 26), static_cast<char>('a' + i % 26)}; }
};

}  // namespace word2vec::test
