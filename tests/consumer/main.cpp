// SPDX-License-Identifier: Apache-2.0
// A program that uses hotrow as an outsider does: the header, no flags, no nvcc.
#include <hotrow/hotrow.hpp>

#include <cstdint>
#include <span>
#include <vector>

int main() {
    using Embedding =
        hotrow::CachedEmbedding<8, hotrow::RowFormat<hotrow::Int8, hotrow::RowAffine<hotrow::Fp32>, hotrow::NearestEven>,
                                hotrow::Cache<hotrow::DirectMapped, hotrow::Lru>, hotrow::Sgd, hotrow::Host>;
    Embedding embedding({.table_rows = {10}, .cache_fraction = 0.5, .optimizer = {.learning_rate = 1.0f}, .initial_range = 0.0f});
    const std::vector<std::int64_t> indices{3, 3}, offsets{0, 2};
    std::vector<float> output(8), gradient(8, -0.5f);
    const hotrow::Batch<std::int64_t> batch{.indices = indices, .offsets = offsets, .batch_size = 1};
    const auto plan = embedding.forward(batch, std::span(output));
    embedding.backward(plan, std::span<const float>(gradient));
    embedding.lookup(batch, std::span(output));
    return output[0] == 2.0f ? 0 : 1;  // twice the row, which moved by 1/2 for each of its two lookups
}
