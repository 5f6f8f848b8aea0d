// SPDX-License-Identifier: Apache-2.0
// The dense model on a GPU. `Gemm` makes the matrix products: cuBLAS (gemm.cuh), or a test's own kernel.
#pragma once

#include <algorithm>
#include <memory>
#include <span>
#include <vector>

#include "cuda_support.cuh"
#include "dense_kernels.cuh"
#include "dense_model.hpp"
#include "network.hpp"

namespace dlrm {

template <class Gemm>
class CudaDense final : public DenseModel {
public:
    CudaDense(DenseSpec const& spec, std::shared_ptr<Stream const> stream)
        : stream_(std::move(stream)), multiply_(*stream_), network_(spec.dim), learning_rate_(spec.learning_rate) {
        parameters_.upload(network_.initial_parameters(spec.seed), *stream_);
        squares_.upload(std::vector<float>(network_.parameters, 0.0f), *stream_);
        gradient_.upload(std::vector<float>(network_.parameters, 0.0f), *stream_);  // its gaps stay 0
        bottom_ = std::vector<Activation>(network_.bottom.size() + 1);
        top_ = std::vector<Activation>(network_.top.size() + 1);
        stream_->synchronise();
    }

    Memory memory() const override { return Memory::device; }

    std::span<float const> train(ClickBatch const& batch, std::span<float const> pooled) override {
        forward(batch, pooled);
        loss(batch);
        backward(batch.size, pooled);
        std::int64_t const size = static_cast<std::int64_t>(network_.parameters);
        adagrad<<<blocks_for(size), kernel_threads, 0, *stream_>>>(parameters_.data(), squares_.data(), gradient_.data(), 1.0f / static_cast<float>(batch.size),
                                                                   learning_rate_, epsilon, size);
        check_launch();
        return pooled_gradient_.span();
    }

    void predict(ClickBatch const& batch, std::span<float const> pooled, std::vector<float>& logits) override {
        forward(batch, pooled);
        auto const first = logits.size();
        logits.resize(first + batch.size);
        download(std::span(logits).subspan(first), top_.back().values.data(), *stream_);
    }

    void collect_losses(std::vector<float>& losses) override {
        fetch_losses();
        losses.insert(losses.end(), fetched_losses_.begin(), fetched_losses_.end());
        fetched_losses_.clear();
    }

    std::vector<float> parameters() const override { return to_host(parameters_); }
    void set_parameters(std::span<float const> values) override {
        parameters_.upload(values, *stream_);
        stream_->synchronise();
    }
    std::vector<float> gradient() const override { return to_host(gradient_); }

private:
    static constexpr float epsilon = 1e-10f;
    static constexpr std::size_t losses_on_device = 1 << 20;  // fetched when they are asked for, or when these are full

    struct Activation {
        DeviceArray<float> values, gradient;  // [sample][width]
    };

    static void check_launch() { check_cuda(cudaGetLastError(), "the launch of a kernel"); }

    std::vector<float> to_host(DeviceArray<float> const& from) const {
        std::vector<float> values(from.size());
        download(std::span(values), from.data(), *stream_);
        return values;
    }

    void forward(ClickBatch const& batch, std::span<float const> pooled) {
        bottom_[0].values.upload(batch.dense, *stream_);
        for (std::size_t i = 0; i < network_.bottom.size(); ++i) { layer_forward(network_.bottom[i], batch.size, bottom_[i], bottom_[i + 1]); }
        top_[0].values.resize(static_cast<std::size_t>(batch.size) * (network_.dim + pairs));
        interact<<<batch.size, kernel_threads, vectors*(network_.dim + 1) * sizeof(float), *stream_>>>(bottom_.back().values.data(), pooled.data(), batch.size,
                                                                                                       network_.dim, top_[0].values.data());
        check_launch();
        for (std::size_t i = 0; i < network_.top.size(); ++i) { layer_forward(network_.top[i], batch.size, top_[i], top_[i + 1]); }
    }

    void layer_forward(Layer const& layer, int batch, Activation const& input, Activation& output) {
        std::int64_t const size = std::int64_t{batch} * layer.outputs;
        output.values.resize(static_cast<std::size_t>(size));
        multiply_(false, true, batch, layer.outputs, layer.inputs, input.values.data(), parameters_.data() + layer.weights, output.values.data());
        add_bias<<<blocks_for(size), kernel_threads, 0, *stream_>>>(output.values.data(), parameters_.data() + layer.bias, layer.outputs, size, layer.relu);
        check_launch();
    }

    void loss(ClickBatch const& batch) {
        auto const size = static_cast<std::size_t>(batch.size);
        if (losses_.size() < std::max(size, losses_on_device)) losses_.resize(std::max(size, losses_on_device));
        if (losses_used_ + size > losses_.size()) fetch_losses();
        labels_.upload(batch.labels, *stream_);
        top_.back().gradient.resize(size);
        loss_and_gradient<<<blocks_for(batch.size), kernel_threads, 0, *stream_>>>(top_.back().values.data(), labels_.data(), batch.size,
                                                                                   losses_.data() + losses_used_, top_.back().gradient.data());
        check_launch();
        losses_used_ += size;
    }

    void backward(int batch, std::span<float const> pooled) {
        if (ones_.size() < static_cast<std::size_t>(batch)) {
            ones_.resize(static_cast<std::size_t>(batch));
            fill<<<blocks_for(batch), kernel_threads, 0, *stream_>>>(ones_.data(), 1.0f, batch);
            check_launch();
        }
        for (std::size_t i = network_.top.size(); i-- > 0;) { layer_backward(network_.top[i], batch, top_[i], top_[i + 1], true); }
        pooled_gradient_.resize(pooled.size());
        bottom_.back().gradient.resize(static_cast<std::size_t>(batch) * network_.dim);
        interact_backward<<<batch, kernel_threads, vectors*(network_.dim + vectors) * sizeof(float), *stream_>>>(
            bottom_.back().values.data(), pooled.data(), batch, network_.dim, top_[0].gradient.data(), bottom_.back().gradient.data(), pooled_gradient_.data());
        check_launch();
        for (std::size_t i = network_.bottom.size(); i-- > 0;) { layer_backward(network_.bottom[i], batch, bottom_[i], bottom_[i + 1], i > 0); }
    }

    void layer_backward(Layer const& layer, int batch, Activation& input, Activation& output, bool input_gradient) {
        float* const gradient = output.gradient.data();
        if (layer.relu) {
            std::int64_t const size = std::int64_t{batch} * layer.outputs;
            relu_backward<<<blocks_for(size), kernel_threads, 0, *stream_>>>(gradient, output.values.data(), size);
            check_launch();
        }
        multiply_(true, false, layer.outputs, layer.inputs, batch, gradient, input.values.data(), gradient_.data() + layer.weights);
        multiply_(true, false, layer.outputs, 1, batch, gradient, ones_.data(), gradient_.data() + layer.bias);
        if (input_gradient) {
            input.gradient.resize(static_cast<std::size_t>(batch) * layer.inputs);
            multiply_(false, false, batch, layer.inputs, layer.outputs, gradient, parameters_.data() + layer.weights, input.gradient.data());
        }
    }

    void fetch_losses() {
        auto const first = fetched_losses_.size();
        fetched_losses_.resize(first + losses_used_);
        download(std::span(fetched_losses_).subspan(first), losses_.data(), *stream_);
        losses_used_ = 0;
    }

    std::shared_ptr<Stream const> stream_;
    Gemm multiply_;
    Network network_;
    float learning_rate_;
    DeviceArray<float> parameters_, squares_, gradient_;
    std::vector<Activation> bottom_, top_;  // the inputs of each layer, and the last one's output
    DeviceArray<float> labels_, ones_, pooled_gradient_;
    DeviceArray<float> losses_;
    std::size_t losses_used_ = 0;
    std::vector<float> fetched_losses_;
};

}  // namespace dlrm
