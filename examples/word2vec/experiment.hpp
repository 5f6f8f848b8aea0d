// SPDX-License-Identifier: Apache-2.0
// The comparison that this program is for: the same pairs, trained with different rows.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "neighbours.hpp"
#include "trainer.hpp"

namespace word2vec {

struct Query {
    std::string text;
    Word word = 0;
};

struct Outcome {
    std::vector<Setting> settings;
    std::vector<std::uint64_t> seeds;
    std::vector<std::vector<Result>> results;                  // [setting][seed]
    std::vector<Query> queries;                                // the words asked for
    std::vector<std::vector<std::vector<Neighbour>>> nearest;  // [setting][query], with the first seed
};

// What the options ask for; FP32 first where it is compared with.
std::vector<Setting> settings_of(Options const& options);

// Throws UsageError for a word that the vocabulary does not have.
std::vector<Query> queries_of(Options const& options, Corpus const& corpus);

Outcome run_experiment(Options const& options, Corpus const& corpus);

}  // namespace word2vec
