// SPDX-License-Identifier: Apache-2.0
// An embedding on a GPU.
#pragma once

#include <hotrow/cuda.cuh>
#include <memory>
#include <utility>

#include "built_dims.hpp"
#include "cuda_support.cuh"
#include "embedding_hotrow.hpp"
#include "row_formats.hpp"

namespace dlrm {

template <class Embedding>
class CudaEmbedding final : public EmbeddingModel {
public:
    CudaEmbedding(EmbeddingSpec const& spec, std::shared_ptr<Stream const> stream)
        : stream_(std::move(stream)), embedding_(hotrow_options<Embedding>(spec), on_stream()) {}

    Memory memory() const override { return Memory::device; }

    std::span<float const> forward(ClickBatch const& batch) override {
        plan_ = embedding_.forward(upload(batch), pooled_for(batch), on_stream());
        return pooled_.span();
    }

    void backward(std::span<float const> gradient) override { embedding_.backward(plan_, gradient, on_stream()); }

    std::span<float const> lookup(ClickBatch const& batch) override {
        embedding_.lookup(upload(batch), pooled_for(batch), on_stream());
        return pooled_.span();
    }

    void clear_cache() override { embedding_.clear_cache(on_stream()); }
    void finish() override { embedding_.check(on_stream()); }

    EmbeddingStatistics statistics() const override { return figures_of(embedding_.statistics(on_stream())); }
    EmbeddingBytes bytes() const override { return bytes_of(embedding_.footprint()); }

private:
    hotrow::Cuda::Stream on_stream() const { return hotrow::Cuda::Stream(static_cast<cudaStream_t>(*stream_)); }

    hotrow::Batch<std::int32_t> upload(ClickBatch const& batch) {
        indices_.upload(batch.indices, *stream_);
        if (offsets_.size() != batch.offsets.size()) offsets_.upload(batch.offsets, *stream_);  // a bag an index: only the size matters
        return hotrow_batch(std::as_const(indices_).span(), std::as_const(offsets_).span(), batch.size);
    }

    std::span<float> pooled_for(ClickBatch const& batch) {
        pooled_.resize(batch.indices.size() * Embedding::dim);
        return pooled_.span();
    }

    std::shared_ptr<Stream const> stream_;
    Embedding embedding_;
    hotrow::Plan<std::int32_t> plan_;
    DeviceArray<std::int32_t> indices_, offsets_;
    DeviceArray<float> pooled_;
};

// For one row format, all the rest chosen by the specification. DLRM_CUDA_DIMS: the dims that are compiled.
template <class Format>
std::unique_ptr<EmbeddingModel> make_cuda_embedding_of(EmbeddingSpec const& spec, std::shared_ptr<Stream const> const& stream) {
    return Choose<Format, hotrow::Cuda, 1, DLRM_CUDA_DIMS>::embedding(spec, [&]<class Embedding>(EmbeddingSpec const& s) -> std::unique_ptr<EmbeddingModel> {
        return std::make_unique<CudaEmbedding<Embedding>>(s, stream);
    });
}

// The same for either rounding.
template <class Precision, class RowQuantizer>
std::unique_ptr<EmbeddingModel> make_cuda_embedding_with(EmbeddingSpec const& spec, std::shared_ptr<Stream const> const& stream) {
    return with_rounding<Precision, RowQuantizer>(spec, [&]<class Format>() { return make_cuda_embedding_of<Format>(spec, stream); });
}

}  // namespace dlrm
