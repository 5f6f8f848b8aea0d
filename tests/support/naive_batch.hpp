// SPDX-License-Identifier: Apache-2.0
// A batch with its types forgotten.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace hotrow::test {

enum class NaivePooling { sum, mean, none };

/// A batch on its own memory, all indices 64 bits wide.
struct NaiveBatch {
    std::vector<std::int64_t> indices;
    std::vector<std::int64_t> offsets;
    std::vector<float> weights;  ///< empty: all one
    int batch_size = 0;
    NaivePooling pooling = NaivePooling::sum;

    std::size_t bags() const { return offsets.size() - 1; }
    std::size_t output_rows() const { return pooling == NaivePooling::none ? indices.size() : bags(); }
    float weight(std::size_t position) const { return weights.empty() ? 1.0f : weights[position]; }
};

}  // namespace hotrow::test
