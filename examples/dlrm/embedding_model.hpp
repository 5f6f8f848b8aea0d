// SPDX-License-Identifier: Apache-2.0
// What the program needs of an embedding. hotrow's policies are template parameters; here the command line chooses
// them, so this interface stands before all the combinations.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "batch.hpp"
#include "dense_model.hpp"
#include "options.hpp"

namespace dlrm {

// Figures by name, in the order in which people read them.
using Figures = std::vector<std::pair<std::string, std::int64_t>>;

struct EmbeddingBytes {
    std::int64_t embedding = 0;  // rows and cache
    std::int64_t optimizer_state = 0;
    Figures components;  // of both, and the workspace
};

struct EmbeddingStatistics {
    double hit_rate = 0;  // lookups that found their row in a line
    Figures counts;
};

class EmbeddingModel {
public:
    virtual ~EmbeddingModel() = default;

    virtual Memory memory() const = 0;

    // The pooled rows of a batch, [field][sample][dim], valid until the next call. Each forward is followed by
    // its backward, which trains; lookup changes nothing.
    virtual std::span<float const> forward(ClickBatch const& batch) = 0;
    virtual void backward(std::span<float const> gradient) = 0;
    virtual std::span<float const> lookup(ClickBatch const& batch) = 0;

    // Writes all rows back and empties the cache: what is predicted from then on is what a saved model would predict.
    virtual void clear_cache() = 0;

    // Throws what went wrong on the way, and waits for it: the end of a part of the work.
    virtual void finish() = 0;

    virtual EmbeddingStatistics statistics() const = 0;
    virtual EmbeddingBytes bytes() const = 0;
};

struct EmbeddingSpec {
    Rows rows = Rows::int8;
    Quantizer quantizer = Quantizer::plain;
    double cache = 0.05;
    Eviction eviction = Eviction::lfu_aged;
    Rounding rounding = Rounding::stochastic;
    Optimizer optimizer = Optimizer::adagrad;
    int dim = 64;
    float learning_rate = 0.04f;
    std::optional<float> initial_range{};
    std::uint64_t seed = 1;
    int threads = 0;
    int batch = 128;
    std::vector<std::int64_t> table_rows;
};

std::unique_ptr<EmbeddingModel> make_host_embedding(EmbeddingSpec const& spec);

}  // namespace dlrm
