// SPDX-License-Identifier: Apache-2.0
// An embedding on the CPU.
#pragma once

#include <utility>

#include "built_dims.hpp"
#include "embedding_hotrow.hpp"
#include "row_formats.hpp"

namespace dlrm {

template <class Embedding>
class HostEmbedding final : public EmbeddingModel {
public:
    explicit HostEmbedding(EmbeddingSpec const& spec) : embedding_(hotrow_options<Embedding>(spec)) {}

    Memory memory() const override { return Memory::host; }

    std::span<float const> forward(ClickBatch const& batch) override {
        auto const pooled = pooled_for(batch);
        plan_ = embedding_.forward(to_hotrow(batch), pooled);
        return pooled;
    }

    void backward(std::span<float const> gradient) override { embedding_.backward(plan_, gradient); }

    std::span<float const> lookup(ClickBatch const& batch) override {
        auto const pooled = pooled_for(batch);
        embedding_.lookup(to_hotrow(batch), pooled);
        return pooled;
    }

    void clear_cache() override { embedding_.clear_cache(); }
    void finish() override {}

    EmbeddingStatistics statistics() const override { return figures_of(embedding_.statistics()); }
    EmbeddingBytes bytes() const override { return bytes_of(embedding_.footprint()); }

private:
    static hotrow::Batch<std::int32_t> to_hotrow(ClickBatch const& batch) { return hotrow_batch(batch.indices, batch.offsets, batch.size); }

    std::span<float> pooled_for(ClickBatch const& batch) {
        pooled_.resize(batch.indices.size() * Embedding::dim);
        return pooled_;
    }

    Embedding embedding_;
    hotrow::Plan<std::int32_t> plan_;
    std::vector<float> pooled_;
};

// For one row format, all the rest chosen by the specification. DLRM_DIMS: the dims that are compiled.
template <class Format, int LeastDim = 1>
std::unique_ptr<EmbeddingModel> make_host_embedding_of(EmbeddingSpec const& spec) {
    return Choose<Format, hotrow::Host, LeastDim, DLRM_DIMS>::embedding(
        spec, []<class Embedding>(EmbeddingSpec const& s) -> std::unique_ptr<EmbeddingModel> { return std::make_unique<HostEmbedding<Embedding>>(s); });
}

// The same for either rounding.
template <class Precision, class RowQuantizer, int LeastDim = 1>
std::unique_ptr<EmbeddingModel> make_host_embedding(EmbeddingSpec const& spec) {
    return with_rounding<Precision, RowQuantizer>(spec, [&]<class Format>() { return make_host_embedding_of<Format, LeastDim>(spec); });
}

}  // namespace dlrm
