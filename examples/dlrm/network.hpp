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

#include "random.hpp"
#include "sample.hpp"

namespace dlrm {

inline constexpr int vectors = 1 + categorical_fields;       // that interact, of each sample
inline constexpr int pairs = vectors * (vectors - 1) / 2;

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
    std::size_t parameters = 0;

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
                double const weight_spread = std::sqrt(2.0 / (layer.inputs + layer.outputs));
                double const bias_spread = std::sqrt(1.0 / layer.outputs);
                for (std::size_t i = layer.weights; i < layer.bias + layer.outputs; ++i) {
                    double const spread = i < layer.bias ? weight_spread : bias_spread;
                    values[i] = static_cast<float>(spread * to_normal(mix(seed, 0xde45e, i)));
                }
            }
        }
        return values;
    }

private:
    void add(std::vector<Layer>& layers, int inputs, int outputs, bool relu) {
        Layer layer{.inputs = inputs, .outputs = outputs, .relu = relu, .weights = parameters};
        layer.bias = layer.weights + static_cast<std::size_t>(inputs) * outputs;
        parameters = layer.bias + outputs;
        layers.push_back(layer);
    }
};

}  // namespace dlrm
