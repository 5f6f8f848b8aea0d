// SPDX-License-Identifier: Apache-2.0
// A batch of samples as the models want it.
#pragma once

#include <cstdint>
#include <vector>

#include "sample.hpp"
#include "vocabulary.hpp"

namespace dlrm {

struct ClickBatch {
    int size = 0;
    std::vector<float> labels;          // [sample]
    std::vector<float> dense;           // [sample][dense field]
    std::vector<std::int32_t> indices;  // [field][sample]: one id a bag
    std::vector<std::int32_t> offsets;  // [field * size + sample], one past the end

    // The end of filling it: one id a bag.
    void close(int samples) {
        size = samples;
        if (offsets.size() == indices.size() + 1) return;
        offsets.resize(indices.size() + 1);
        for (std::size_t bag = 0; bag < offsets.size(); ++bag) offsets[bag] = static_cast<std::int32_t>(bag);
    }
};

// Takes up to `size` samples from the stream, but not more than `limit`; false: there was none left.
inline bool read_batch(SampleStream& stream, Vocabulary const& vocabulary, std::int64_t size, std::int64_t limit, ClickBatch& batch) {
    size = size < limit ? size : limit;
    batch.labels.clear();
    batch.dense.clear();
    std::vector<std::int32_t>& indices = batch.indices;
    indices.resize(static_cast<std::size_t>(size) * categorical_fields);
    Sample sample;
    std::int64_t count = 0;
    for (; count < size && stream.next(sample); ++count) {
        batch.labels.push_back(sample.label);
        batch.dense.insert(batch.dense.end(), sample.dense.begin(), sample.dense.end());
        for (int field = 0; field < categorical_fields; ++field) { indices[field * size + count] = vocabulary.row(field, sample.keys[field]); }
    }
    if (count < size) {  // a last, smaller batch: close the gaps between the fields
        for (std::int64_t field = 1; field < categorical_fields; ++field) {
            for (std::int64_t i = 0; i < count; ++i) indices[field * count + i] = indices[field * size + i];
        }
        indices.resize(static_cast<std::size_t>(count) * categorical_fields);
    }
    batch.close(static_cast<int>(count));
    return count > 0;
}

}  // namespace dlrm
