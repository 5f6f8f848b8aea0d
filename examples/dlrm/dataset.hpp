// SPDX-License-Identifier: Apache-2.0
// The data of a run: where they are, how many there are, how they are split, and which rows their ids use.
#pragma once

#include <cstdint>
#include <string>

#include "options.hpp"
#include "sample.hpp"
#include "vocabulary.hpp"

namespace dlrm {

struct Dataset {
    OpenStream open;
    std::string name;
    Vocabulary vocabulary;
    std::int64_t train_rows = 0;  // the first ones
    std::int64_t test_rows = 0;   // the rest
    std::int64_t bad_lines = 0;   // skipped
};

// A first pass over the data: counts them and learns the vocabulary.
Dataset make_dataset(Options const& options);

}  // namespace dlrm
