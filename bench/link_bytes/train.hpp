// SPDX-License-Identifier: Apache-2.0
// Trains an embedding on a trace.
#pragma once

#include "embedding.hpp"

#include <hotrow/hotrow.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace link_bytes {

template <class EmbeddingType, class CacheType>
hotrow::Statistics train(const hit_rate::Batches& batches, std::int64_t sets, int threads) {
    EmbeddingType embedding({.table_rows = batches.table_rows(),
                             .cache_sets = sets,
                             .seed = 1,
                             .max_lookups = static_cast<std::int64_t>(batches.most_lookups()),
                             .threads = threads});
    std::vector<float> output(batches.most_bags() * dim);
    const std::vector<float> gradient(output.size(), 0.001f);
    [[maybe_unused]] std::size_t announced = 0;
    for (std::size_t i = 0; i < batches.size(); ++i) {
        if constexpr (hotrow::looks_ahead<typename CacheType::Eviction_t>) {
            const std::size_t end = std::min(i + 1 + batches_ahead, batches.size());
            for (; announced < end; ++announced) embedding.announce(batches[announced]);
        }
        const auto batch = batches[i];
        const std::size_t values = (batch.offsets.size() - 1) * dim;
        const auto plan = embedding.forward(batch, std::span(output).first(values));
        embedding.backward(plan, std::span(gradient).first(values));
    }
    return embedding.statistics();
}

template <class CacheType, class RowFormatType>
Embedding embedding_of(std::string policy, std::string precision) {
    using Made = hotrow::CachedEmbedding<dim, RowFormatType, CacheType, hotrow::RowwiseAdagrad, hotrow::Host, std::uint32_t, hotrow::HostMemory>;
    return {.policy = std::move(policy),
            .precision = std::move(precision),
            .row_bytes = Made::View::Layout::stride,
            .used_bytes = Made::View::Records::Layout::used,
            .record_bytes = Made::View::stored_stride,
            .train = train<Made, CacheType>};
}

using Ways = hotrow::SetAssociative<ways>;

using Fp32Rows = hotrow::RowFormat<hotrow::Fp32, hotrow::Cast>;
using Fp16Rows = hotrow::RowFormat<hotrow::Fp16, hotrow::Cast, hotrow::Stochastic<>>;
using Int8Rows = hotrow::RowFormat<hotrow::Int8, hotrow::RowAffine<hotrow::Fp16>, hotrow::Stochastic<>>;
using Int4Rows = hotrow::RowFormat<hotrow::Int4, hotrow::RowAffine<hotrow::Fp16>, hotrow::Stochastic<>>;

}  // namespace link_bytes
