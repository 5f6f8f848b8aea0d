// SPDX-License-Identifier: Apache-2.0
// RandomNumbers batches as they come in practice and as they come at worst.
#pragma once

#include "support/naive_batch.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

namespace hotrow::test {

/// RandomNumbers numbers that are the same with every standard library.
class RandomNumbers {
public:
    explicit RandomNumbers(std::uint64_t seed) : engine_(seed) {}
    /// In [0, n).
    std::uint64_t below(std::uint64_t n) { return engine_() % n; }
    bool one_in(std::uint64_t n) { return below(n) == 0; }
    /// In [-1, 1), a multiple of 1/64: exact in every output type.
    float coarse() { return static_cast<float>(static_cast<int>(below(128)) - 64) / 64.0f; }
    /// In [-1, 1), with all 24 bits.
    float fine() { return static_cast<float>(static_cast<std::int32_t>(engine_() >> 40) - (1 << 23)) * 0x1p-23f; }
    /// Small indices more often: density about 1 / (index + 1).
    std::int64_t skewed(std::int64_t rows) {
        std::uint64_t limit = static_cast<std::uint64_t>(rows);
        for (std::uint64_t halvings = below(6); halvings > 0 && limit > 1; --halvings) limit = (limit + 1) / 2;
        return static_cast<std::int64_t>(below(limit));
    }

private:
    std::mt19937_64 engine_;
};

enum class BagLengths { mixed, all_empty, one_giant, ones };

struct BatchShape {
    int batch_size;
    BagLengths lengths;
    NaivePooling pooling;
    bool weights;
    bool one_row = false;       ///< all indices are 0
    std::uint64_t giant = 300;  ///< lookups of a giant bag
};

inline BatchShape random_shape(RandomNumbers& random) {
    BatchShape shape{};
    shape.batch_size = random.one_in(10) ? 0 : static_cast<int>(1 + random.below(12));
    shape.lengths = random.one_in(12)  ? BagLengths::all_empty
                    : random.one_in(6) ? BagLengths::one_giant
                    : random.one_in(6) ? BagLengths::ones
                                       : BagLengths::mixed;
    shape.pooling = static_cast<NaivePooling>(random.below(3));
    shape.weights = random.one_in(2);
    shape.one_row = random.one_in(15);
    return shape;
}

inline NaiveBatch random_batch(RandomNumbers& random, const std::vector<std::int64_t>& table_rows, const BatchShape& shape) {
    NaiveBatch batch;
    batch.batch_size = shape.batch_size;
    batch.pooling = shape.pooling;
    const std::size_t bags = table_rows.size() * static_cast<std::size_t>(shape.batch_size);
    // Rather in the first table, which should be the largest.
    const std::uint64_t giants = random.one_in(2) ? bags : static_cast<std::uint64_t>(shape.batch_size);
    const std::size_t giant = bags == 0 ? 0 : static_cast<std::size_t>(random.below(giants));
    batch.offsets.push_back(0);
    for (std::size_t bag = 0; bag < bags; ++bag) {
        std::uint64_t length = random.below(5);
        if (shape.lengths == BagLengths::all_empty) length = 0;
        if (shape.lengths == BagLengths::ones) length = 1;
        if (shape.lengths == BagLengths::one_giant && bag == giant) length = shape.giant;
        const std::int64_t rows = table_rows[bag / static_cast<std::size_t>(shape.batch_size)];
        for (; length > 0; --length) {
            batch.indices.push_back(shape.one_row ? 0 : random.skewed(rows));
            if (shape.weights) batch.weights.push_back(random.one_in(20) ? 0.0f : random.fine() * 2.0f);
        }
        batch.offsets.push_back(static_cast<std::int64_t>(batch.indices.size()));
    }
    return batch;
}

inline std::vector<float> random_gradient(RandomNumbers& random, std::size_t size) {
    std::vector<float> gradient(size);
    std::generate(gradient.begin(), gradient.end(), [&] { return random.coarse(); });
    return gradient;
}

}  // namespace hotrow::test
