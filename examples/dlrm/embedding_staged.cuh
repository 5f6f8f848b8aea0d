// SPDX-License-Identifier: Apache-2.0
// An embedding on the GPU for a dense model on the CPU: what passes between them is copied through pinned memory.
#pragma once

#include <memory>
#include <span>
#include <utility>

#include "cuda_support.cuh"
#include "embedding_model.hpp"

namespace dlrm {

// Host memory that copies run from and to at full speed.
class PinnedArray {
public:
    PinnedArray() = default;
    PinnedArray(PinnedArray const&) = delete;
    PinnedArray& operator=(PinnedArray const&) = delete;
    ~PinnedArray() { (void)cudaFreeHost(data_); }

    std::span<float> resized(std::size_t size) {
        if (size > capacity_) {
            check_cuda(cudaFreeHost(std::exchange(data_, nullptr)), "cudaFreeHost");
            capacity_ = 0;
            check_cuda(cudaMallocHost(reinterpret_cast<void**>(&data_), size * sizeof(float)), "cudaMallocHost");
            capacity_ = size;
        }
        return {data_, size};
    }

private:
    float* data_ = nullptr;
    std::size_t capacity_ = 0;
};

class StagedEmbedding final : public EmbeddingModel {
public:
    StagedEmbedding(std::unique_ptr<EmbeddingModel> embedding, std::shared_ptr<Stream const> stream)
        : stream_(std::move(stream)), embedding_(std::move(embedding)) {}

    Memory memory() const override { return Memory::host; }

    std::span<float const> forward(ClickBatch const& batch) override { return to_host(embedding_->forward(batch)); }
    std::span<float const> lookup(ClickBatch const& batch) override { return to_host(embedding_->lookup(batch)); }

    void backward(std::span<float const> gradient) override {
        gradient_.upload(gradient, *stream_);
        embedding_->backward(std::as_const(gradient_).span());
    }

    void clear_cache() override { embedding_->clear_cache(); }
    void finish() override { embedding_->finish(); }
    EmbeddingStatistics statistics() const override { return embedding_->statistics(); }
    EmbeddingBytes bytes() const override { return embedding_->bytes(); }

private:
    std::span<float const> to_host(std::span<float const> pooled) {
        auto const staged = pooled_.resized(pooled.size());
        download(staged, pooled.data(), *stream_);
        return staged;
    }

    std::shared_ptr<Stream const> stream_;
    std::unique_ptr<EmbeddingModel> embedding_;
    PinnedArray pooled_;
    DeviceArray<float> gradient_;
};

}  // namespace dlrm
