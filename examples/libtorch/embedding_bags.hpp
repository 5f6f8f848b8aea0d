// SPDX-License-Identifier: Apache-2.0
// A CachedEmbedding as a torch::nn::Module. Its rows are no parameters of torch: backward sums their gradients and runs the optimizer of the embedding
// at once, as FBGEMM's fused optimizers do. A torch optimizer trains the rest of the model.
#pragma once

#include <torch/torch.h>

#include <hotrow/hotrow.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>

namespace libtorch {

/// A planned batch in a graph of autograd. It ends with its backward; a graph that is thrown away without one releases it.
template <class Embedding>
class PlannedBatch : public torch::CustomClassHolder {
public:
    PlannedBatch(std::shared_ptr<Embedding> embedding, torch::Tensor indices, torch::Tensor offsets, std::int32_t batch_size)
        : embedding_(std::move(embedding)), indices_(std::move(indices)), offsets_(std::move(offsets)),
          plan_(embedding_->plan(batch_of(indices_, offsets_, batch_size))) {}
    ~PlannedBatch() override {
        if (in_flight_) embedding_->release(plan_);
    }
    PlannedBatch(PlannedBatch const&) = delete;
    PlannedBatch& operator=(PlannedBatch const&) = delete;

    void forward(torch::Tensor& output) { embedding_->forward(plan_, values_of<float>(output)); }
    void backward(torch::Tensor const& gradient) {
        embedding_->backward(plan_, values_of<float const>(gradient));
        in_flight_ = false;
    }

    static hotrow::Batch<std::int64_t> batch_of(torch::Tensor const& indices, torch::Tensor const& offsets, std::int32_t batch_size) {
        return {.indices = values_of<std::int64_t const>(indices), .offsets = values_of<std::int64_t const>(offsets), .batch_size = batch_size};
    }
    template <class Value>
    static std::span<Value> values_of(torch::Tensor const& tensor) {
        return {tensor.data_ptr<std::remove_const_t<Value>>(), static_cast<std::size_t>(tensor.numel())};
    }

private:
    std::shared_ptr<Embedding> embedding_;
    torch::Tensor indices_, offsets_;  // the plan reads them until it ends
    hotrow::Plan<std::int64_t> plan_;
    bool in_flight_ = true;
};

/// What autograd records. `anchor` requires a gradient, so that backward is called, and gets none.
template <class Embedding>
struct PooledLookup : torch::autograd::Function<PooledLookup<Embedding>> {
    using Planned = PlannedBatch<Embedding>;

    static torch::Tensor forward(torch::autograd::AutogradContext* context, torch::Tensor anchor, c10::intrusive_ptr<Planned> planned, torch::Tensor output) {
        (void)anchor;
        planned->forward(output);
        context->saved_data["planned"] = c10::IValue::make_capsule(std::move(planned));
        context->mark_dirty({output});
        return output;
    }
    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context, torch::autograd::variable_list gradients) {
        auto const planned = context->saved_data["planned"].toCapsule();
        static_cast<Planned&>(*planned).backward(gradients[0].contiguous());
        return torch::autograd::variable_list(3);  // one for each argument of forward
    }
};

/// Pooled rows of several tables. One training step at a time, unless Options::in_flight allows more.
template <class Embedding>
class EmbeddingBags : public torch::nn::Module {
public:
    explicit EmbeddingBags(typename Embedding::Options const& options)
        : embedding_(std::make_shared<Embedding>(options)), anchor_(torch::zeros({}, torch::requires_grad())) {}

    /// `indices`: int64 [lookups]; `offsets`: int64 [tables * batch_size + 1], as hotrow::Batch has them; both contiguous, on the CPU. Gives float
    /// [tables][batch_size][dim]. With gradients enabled it plans a training step; without (torch::NoGradGuard) it only looks up.
    torch::Tensor forward(torch::Tensor const& indices, torch::Tensor const& offsets) {
        auto const tables = static_cast<std::int64_t>(embedding_->options().table_rows.size());
        auto const batch_size = static_cast<std::int32_t>((offsets.size(0) - 1) / tables);
        auto output = torch::empty({tables, batch_size, Embedding::dim});
        if (!torch::GradMode::is_enabled()) {
            using Planned = PlannedBatch<Embedding>;
            embedding_->lookup(Planned::batch_of(indices, offsets, batch_size), Planned::template values_of<float>(output));
            return output;
        }
        return PooledLookup<Embedding>::apply(anchor_, c10::make_intrusive<PlannedBatch<Embedding>>(embedding_, indices, offsets, batch_size), output);
    }

    Embedding& embedding() { return *embedding_; }

private:
    std::shared_ptr<Embedding> embedding_;
    torch::Tensor anchor_;
};

}  // namespace libtorch
