// SPDX-License-Identifier: Apache-2.0
// A step of an embedding, built with HOTROW_NVTX, for the profiler of nvtx_profiler.cpp to see.
#include <hotrow/hotrow.hpp>

#include <cstdint>
#include <span>
#include <vector>

int main() {
    using Embedding = hotrow::CachedEmbedding<4, hotrow::RowFormat<hotrow::Fp32, hotrow::Cast>, hotrow::Cache<hotrow::SetAssociative<4>, hotrow::Lru>,
                                              hotrow::Sgd, hotrow::Host>;
    Embedding embedding({.table_rows = {20}, .cache_fraction = 0.5, .threads = 1});
    const std::vector<std::int32_t> indices{1, 2}, offsets{0, 2};
    std::vector<float> values(4);
    const hotrow::Batch<std::int32_t> batch{.indices = indices, .offsets = offsets, .batch_size = 1};
    const auto plan = embedding.plan(batch);
    embedding.forward(plan, std::span(values));
    embedding.backward(plan, std::span<const float>(values));
    embedding.lookup(batch, std::span(values));
    embedding.flush();
}
