// SPDX-License-Identifier: Apache-2.0
// The dense model on the CPU, with Eigen. A batch is cut in chunks, by its size alone; each chunk goes forward and
// backward by itself, and the chunks' gradients are added in order: so the result does not depend on the number
// of threads.
#define EIGEN_DONT_PARALLELIZE
#include <Eigen/Core>
#include <algorithm>
#include <cmath>

#include "dense_model.hpp"
#include "examples/support/workers.hpp"
#include "metrics.hpp"
#include "network.hpp"

namespace dlrm {
namespace {

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Vector = Eigen::Matrix<float, 1, Eigen::Dynamic>;
using ConstMap = Eigen::Map<Matrix const>;
using Map = Eigen::Map<Matrix>;

using Floats = std::vector<float, Eigen::aligned_allocator<float>>;  // see parameter_alignment

constexpr float adagrad_epsilon = 1e-10f;
constexpr int least_chunk = 64;  // smaller ones spend their time on packing weights
constexpr int most_chunks = 16;  // each holds a gradient of all parameters

// Forward and backward of one layer, on some samples: one a row.
void layer_forward(Layer const& layer, float const* parameters, Matrix const& input, Matrix& output) {
    ConstMap const weights(parameters + layer.weights, layer.outputs, layer.inputs);
    Eigen::Map<Vector const> const bias(parameters + layer.bias, layer.outputs);
    output.noalias() = input * weights.transpose();
    output.rowwise() += bias;
    if (layer.relu) output = output.cwiseMax(0.0f);
}

// `output_gradient` comes in as the gradient after the ReLU and leaves as the one before it.
void layer_backward(Layer const& layer, float const* parameters, Matrix const& input, Matrix const& output, Matrix& output_gradient, float* gradients,
                    Matrix* input_gradient) {
    if (layer.relu) output_gradient = (output.array() > 0.0f).select(output_gradient, 0.0f);
    Map(gradients + layer.weights, layer.outputs, layer.inputs).noalias() = output_gradient.transpose() * input;
    Eigen::Map<Vector>(gradients + layer.bias, layer.outputs) = output_gradient.colwise().sum();
    if (input_gradient) { input_gradient->noalias() = output_gradient * ConstMap(parameters + layer.weights, layer.outputs, layer.inputs); }
}

// What one chunk of the batch needs on its way forward and back; activations[0] is the input.
struct Chunk {
    std::vector<Matrix> bottom, top;  // activations
    std::vector<Matrix> bottom_gradients, top_gradients;
    Floats gradients;  // of all parameters
};

class HostDense final : public DenseModel {
public:
    explicit HostDense(DenseSpec const& spec)
        : network_(spec.dim), learning_rate_(spec.learning_rate), squares_(network_.parameters, 0.0f), workers_(spec.threads) {
        set_parameters(network_.initial_parameters(spec.seed));
    }

    Memory memory() const override { return Memory::host; }

    std::span<float const> train(ClickBatch const& batch, std::span<float const> pooled) override {
        pooled_gradient_.resize(pooled.size());
        auto const first_loss = losses_.size();
        losses_.resize(first_loss + batch.size);
        for_each_chunk(batch.size, [&](Chunk& chunk, int begin, int size) {
            forward(chunk, batch, begin, size, pooled);
            loss(chunk, batch, begin, size, losses_.data() + first_loss);
            backward(chunk, batch.size, begin, size, pooled);
        });
        update(chunks_of(batch.size), 1.0f / static_cast<float>(batch.size));
        return pooled_gradient_;
    }

    void predict(ClickBatch const& batch, std::span<float const> pooled, std::vector<float>& logits) override {
        auto const first = logits.size();
        logits.resize(first + batch.size);
        for_each_chunk(batch.size, [&](Chunk& chunk, int begin, int size) {
            forward(chunk, batch, begin, size, pooled);
            std::copy_n(chunk.top.back().data(), size, logits.data() + first + begin);
        });
    }

    void collect_losses(std::vector<float>& losses) override {
        losses.insert(losses.end(), losses_.begin(), losses_.end());
        losses_.clear();
    }

    std::vector<float> parameters() const override { return {parameters_.begin(), parameters_.end()}; }
    void set_parameters(std::span<float const> values) override { parameters_.assign(values.begin(), values.end()); }
    std::vector<float> gradient() const override {
        Floats const& sum = chunks_.at(0).gradients;
        return {sum.begin(), sum.end()};
    }

private:
    static int chunk_size(int batch) { return std::max(least_chunk, (batch + most_chunks - 1) / most_chunks); }
    static int chunks_of(int batch) { return (batch + chunk_size(batch) - 1) / chunk_size(batch); }

    template <class Work>
    void for_each_chunk(int batch, Work const& work) {
        int const size = chunk_size(batch), count = chunks_of(batch);
        if (static_cast<int>(chunks_.size()) < count) chunks_.resize(count);
        workers_.for_each(count, [&](int i) {
            Chunk& chunk = chunks_[i];
            if (chunk.gradients.empty()) prepare(chunk);
            work(chunk, i * size, std::min(size, batch - i * size));
        });
    }

    void prepare(Chunk& chunk) const {
        chunk.bottom.resize(network_.bottom.size() + 1);
        chunk.top.resize(network_.top.size() + 1);
        chunk.bottom_gradients.resize(chunk.bottom.size());
        chunk.top_gradients.resize(chunk.top.size());
        chunk.gradients.resize(network_.parameters);
    }

    void forward(Chunk& chunk, ClickBatch const& batch, int begin, int size, std::span<float const> pooled) const {
        chunk.bottom[0] = ConstMap(batch.dense.data() + static_cast<std::size_t>(begin) * dense_fields, size, dense_fields);
        for (std::size_t i = 0; i < network_.bottom.size(); ++i) {
            layer_forward(network_.bottom[i], parameters_.data(), chunk.bottom[i], chunk.bottom[i + 1]);
        }
        interact(chunk, batch.size, begin, size, pooled);
        for (std::size_t i = 0; i < network_.top.size(); ++i) { layer_forward(network_.top[i], parameters_.data(), chunk.top[i], chunk.top[i + 1]); }
    }

    // The 27 vectors of one sample as the rows of a matrix: the bottom MLP's output, then the pooled rows.
    void gather(Chunk const& chunk, int batch, int begin, int sample, std::span<float const> pooled, Matrix& all) const {
        all.row(0) = chunk.bottom.back().row(sample);
        Eigen::Map<Matrix const, 0, Eigen::OuterStride<>> const rows(pooled.data() + static_cast<std::size_t>(begin + sample) * network_.dim,
                                                                     categorical_fields, network_.dim,
                                                                     Eigen::OuterStride<>(static_cast<Eigen::Index>(batch) * network_.dim));
        all.bottomRows(categorical_fields) = rows;
    }

    void interact(Chunk& chunk, int batch, int begin, int size, std::span<float const> pooled) const {
        Matrix& output = chunk.top[0];
        output.resize(size, network_.dim + pairs);
        output.leftCols(network_.dim) = chunk.bottom.back();
        Matrix all(vectors, network_.dim), products(vectors, vectors);
        for (int sample = 0; sample < size; ++sample) {
            gather(chunk, batch, begin, sample, pooled, all);
            products.noalias() = all * all.transpose();
            float* to = output.row(sample).data() + network_.dim;
            for (int i = 1; i < vectors; ++i) to = std::copy_n(products.row(i).data(), i, to);
        }
    }

    void loss(Chunk& chunk, ClickBatch const& batch, int begin, int size, float* losses) const {
        Matrix const& logits = chunk.top.back();
        Matrix& gradient = chunk.top_gradients.back();
        gradient.resize(size, 1);
        for (int i = 0; i < size; ++i) {
            float const logit = logits(i, 0), label = batch.labels[begin + i];
            losses[begin + i] = static_cast<float>(log_loss(logit, label));
            gradient(i, 0) = 1.0f / (1.0f + std::exp(-logit)) - label;
        }
    }

    void backward(Chunk& chunk, int batch, int begin, int size, std::span<float const> pooled) {
        for (std::size_t i = network_.top.size(); i-- > 0;) {
            layer_backward(network_.top[i], parameters_.data(), chunk.top[i], chunk.top[i + 1], chunk.top_gradients[i + 1], chunk.gradients.data(),
                           &chunk.top_gradients[i]);
        }
        interact_backward(chunk, batch, begin, size, pooled);
        for (std::size_t i = network_.bottom.size(); i-- > 0;) {
            layer_backward(network_.bottom[i], parameters_.data(), chunk.bottom[i], chunk.bottom[i + 1], chunk.bottom_gradients[i + 1], chunk.gradients.data(),
                           i > 0 ? &chunk.bottom_gradients[i] : nullptr);
        }
    }

    void interact_backward(Chunk& chunk, int batch, int begin, int size, std::span<float const> pooled) {
        Matrix const& from = chunk.top_gradients[0];
        Matrix& bottom_gradient = chunk.bottom_gradients.back();
        bottom_gradient.resize(size, network_.dim);
        Matrix all(vectors, network_.dim), gradient(vectors, network_.dim), products = Matrix::Zero(vectors, vectors);
        for (int sample = 0; sample < size; ++sample) {
            gather(chunk, batch, begin, sample, pooled, all);
            float const* product = from.row(sample).data() + network_.dim;
            for (int i = 1; i < vectors; ++i) {
                for (int j = 0; j < i; ++j) products(i, j) = products(j, i) = *product++;
            }
            gradient.noalias() = products * all;
            bottom_gradient.row(sample) = from.row(sample).head(network_.dim) + gradient.row(0);
            Eigen::Map<Matrix, 0, Eigen::OuterStride<>>(pooled_gradient_.data() + static_cast<std::size_t>(begin + sample) * network_.dim, categorical_fields,
                                                        network_.dim, Eigen::OuterStride<>(static_cast<Eigen::Index>(batch) * network_.dim)) =
                gradient.bottomRows(categorical_fields);
        }
    }

    // Adds the chunks' gradients in order, and lets Adagrad make its step with their mean.
    void update(int chunks, float scale) {
        constexpr std::size_t portion = 4096;
        auto const portions = static_cast<int>((network_.parameters + portion - 1) / portion);
        workers_.for_each(portions, [&](int i) {
            auto const begin = i * portion;
            auto const size = static_cast<Eigen::Index>(std::min(portion, network_.parameters - begin));
            using Array = Eigen::Map<Eigen::ArrayXf>;
            Array gradient(chunks_[0].gradients.data() + begin, size);
            for (int chunk = 1; chunk < chunks; ++chunk) gradient += Array(chunks_[chunk].gradients.data() + begin, size);
            gradient *= scale;
            Array squares(squares_.data() + begin, size), parameters(parameters_.data() + begin, size);
            squares += gradient.square();
            parameters -= learning_rate_ * gradient / (squares.sqrt() + adagrad_epsilon);
        });
    }

    Network network_;
    float learning_rate_;
    Floats parameters_, squares_;
    std::vector<float> pooled_gradient_, losses_;
    std::vector<Chunk> chunks_;
    examples::Workers workers_;
};

}  // namespace

std::unique_ptr<DenseModel> make_host_dense(DenseSpec const& spec) { return std::make_unique<HostDense>(spec); }

}  // namespace dlrm
