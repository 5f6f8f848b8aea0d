// SPDX-License-Identifier: Apache-2.0
// The dense part of DLRM: both MLPs, the interaction, the loss, and dense Adagrad.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "batch.hpp"
#include "options.hpp"

namespace dlrm {

// Where the floats behind a span are; embedding and dense model hand each other spans of the same memory.
enum class Memory { host, device };

class DenseModel {
public:
    virtual ~DenseModel() = default;

    virtual Memory memory() const = 0;

    // One step of training, on the mean loss of the batch. `pooled` is [field][sample][dim]; so is the result, the
    // gradient for it, valid until the next call: not of the mean, but of each sample's own loss, since most rows
    // occur once in a batch and their step should not shrink as the batch grows.
    virtual std::span<float const> train(ClickBatch const& batch, std::span<float const> pooled) = 0;

    // Appends the log odds of the batch, in host memory.
    virtual void predict(ClickBatch const& batch, std::span<float const> pooled, std::vector<float>& logits) = 0;

    // Appends the losses of all samples trained since the last call: each as it was before its step.
    virtual void collect_losses(std::vector<float>& losses) = 0;

    // In host memory, in Network's order: the parameters, and the last step's gradient of the mean loss.
    virtual std::vector<float> parameters() const = 0;
    virtual void set_parameters(std::span<float const> values) = 0;
    virtual std::vector<float> gradient() const = 0;
};

struct DenseSpec {
    int dim = 64;
    float learning_rate = 0.02f;
    std::uint64_t seed = 1;
    int threads = 0;
};

std::unique_ptr<DenseModel> make_host_dense(DenseSpec const& spec);

}  // namespace dlrm
