// SPDX-License-Identifier: Apache-2.0
// The shape of the dense part of DLRM, and its parameters at the start: the same wherever it runs.
//
//     dense fields -> bottom MLP (128, dim) -> x
//     x and the pooled rows (27 vectors) -> dot products of all pairs (351), after x itself
//     -> top MLP (128, 64, 1) -> log odds of a click
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "examples/support/random.hpp"
#include "sample.hpp"

namespace dlrm {

inline constexpr int vectors = 1 + categorical_fields;  // that interact, of each sample
inline constexpr int pairs = vectors * (vectors - 1) / 2;

// Weights and biases begin at multiples of so many floats, a cache line: how a library cuts its vector loops, and so
// the rounding of its sums, then never depends on where memory happens to lie.
inline constexpr std::size_t parameter_alignment = 16;

// A fully connected layer: output = input * weights^T + bias, then ReLU, except for the last.
struct Layer {
    int inputs = 0, outputs = 0;
    bool relu = true;
    std::size_t weights = 0;  // where they begin among all parameters: [outputs][inputs]
    std::size_t bias = 0;     // [outputs]
};

struct Network {
    int dim = 0;
    std::vector<Layer> bottom, top;
    std::size_t parameters = 0;  // gaps, which are 0, included

    explicit Network(int embedding_dim) : dim(embedding_dim) {
        add(bottom, dense_fields, 128, true);
        add(bottom, 128, dim, true);
        add(top, dim + pairs, 128, true);
        add(top, 128, 64, true);
        add(top, 64, 1, false);
    }

    std::vector<float> initial_parameters(std::uint64_t seed) const {
        std::vector<float> values(parameters);
        for (auto const* layers : {&bottom, &top}) {
            for (Layer const& layer : *layers) {
                auto const weights = static_cast<std::size_t>(layer.inputs) * layer.outputs;
                draw(values, layer.weights, weights, std::sqrt(2.0 / (layer.inputs + layer.outputs)), seed);
                draw(values, layer.bias, static_cast<std::size_t>(layer.outputs), std::sqrt(1.0 / layer.outputs), seed);
            }
        }
        return values;
    }

private:
    static void draw(std::vector<float>& values, std::size_t begin, std::size_t count, double spread, std::uint64_t seed) {
        for (std::size_t i = begin; i < begin + count; ++i) { values[i] = static_cast<float>(spread * examples::to_normal(examples::mix(seed, 0xde45e, i))); }
    }

    static std::size_t aligned(std::size_t position) { return (position + parameter_alignment - 1) / parameter_alignment * parameter_alignment; }

    void add(std::vector<Layer>& layers, int inputs, int outputs, bool relu) {
        Layer layer{.inputs = inputs, .outputs = outputs, .relu = relu, .weights = parameters};
        layer.bias = aligned(layer.weights + static_cast<std::size_t>(inputs) * outputs);
        parameters = aligned(layer.bias + outputs);
        layers.push_back(layer);
    }
};

}  // namespace dlrm
