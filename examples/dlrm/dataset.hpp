// SPDX-License-Identifier: Apache-2.0
// The data of a run: where they are, how many there are, how they are split, and which rows their ids use.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "batch.hpp"
#include "options.hpp"
#include "sample.hpp"
#include "vocabulary.hpp"

namespace dlrm {

// Batches of the data, from its first sample on.
class BatchSource {
public:
    virtual ~BatchSource() = default;
    virtual void skip(std::int64_t samples) = 0;
    // Takes up to `size` samples, but not more than `limit`; false: there was none left.
    virtual bool next(std::int64_t size, std::int64_t limit, ClickBatch& batch) = 0;
};

// All samples in memory, ids already turned into rows.
struct LoadedSamples {
    std::vector<float> labels;       // [sample]
    std::vector<float> dense;        // [sample][dense field]
    std::vector<std::int32_t> rows;  // [sample][field]
};

struct Dataset {
    OpenStream open;
    std::string name;
    Vocabulary vocabulary;
    std::int64_t train_rows = 0;                  // the first ones
    std::int64_t test_rows = 0;                   // the rest
    std::int64_t bad_lines = 0;                   // skipped
    std::shared_ptr<LoadedSamples const> loaded;  // by `load`, else null: batches are read from the stream

    // Valid while the dataset lives. Several may be read at a time.
    std::unique_ptr<BatchSource> batches() const;

    // Reads the samples once, for many passes.
    void load();
};

// A first pass over the data: counts them and learns the vocabulary.
Dataset make_dataset(Options const& options);

}  // namespace dlrm
