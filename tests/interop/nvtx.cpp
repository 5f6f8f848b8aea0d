// SPDX-License-Identifier: Apache-2.0
// Every call of an embedding that is a range, for the profiler of nvtx_profiler.cpp to see; nvtx_ranges.cmake has them in this order.
#include <hotrow/hotrow.hpp>

#include <cstdint>
#include <span>
#include <vector>

int main() {
    using Embedding = hotrow::CachedEmbedding<4, hotrow::RowFormat<hotrow::Fp32, hotrow::Cast>, hotrow::Cache<hotrow::SetAssociative<4>, hotrow::Lookahead<>>,
                                              hotrow::Sgd, hotrow::Host>;
    Embedding embedding({.table_rows = {20}, .cache_fraction = 0.5, .max_lookups = 2, .threads = 1});
    const std::vector<std::int32_t> indices{1, 2}, offsets{0, 2};
    const std::vector<std::int64_t> rows{3};
    std::vector<float> values(4);
    const hotrow::Batch<std::int32_t> batch{.indices = indices, .offsets = offsets, .batch_size = 1};
    embedding.write_rows(0, 3, values);
    const auto plan = embedding.prefetch(batch);
    embedding.forward(plan, std::span(values));
    embedding.backward(plan, std::span<const float>(values));
    embedding.announce(batch);
    embedding.release(embedding.plan(batch));
    embedding.lookup(batch, std::span(values));
    embedding.pin_rows(0, rows);
    embedding.unpin_rows(0, rows);
    embedding.flush();
    embedding.read_rows(0, 3, values);
    embedding.clear_cache();
}
