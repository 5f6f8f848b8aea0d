// SPDX-License-Identifier: Apache-2.0
// What a run found, for people and for programs.
#pragma once

#include <string>
#include <vector>

#include "experiment.hpp"

namespace word2vec {

struct MeanAndError {
    double mean = 0;
    double error = 0;  // standard error of the mean; 0 of a single value
};
MeanAndError mean_and_error(std::vector<double> const& values);

// The data, in a line or two.
std::string describe(Corpus const& corpus);

// A column for each setting: the figures, then the neighbours of each word.
std::string table(Corpus const& corpus, Outcome const& outcome);

std::string to_json(Options const& options, Corpus const& corpus, Outcome const& outcome);

}  // namespace word2vec
