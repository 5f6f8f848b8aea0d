// SPDX-License-Identifier: Apache-2.0
// Two tables, one cache: rows in INT8 with stochastic rounding, hot rows in FP32. Learns that all pooled rows are 1.

#include <hotrow/hotrow.hpp>

#include <cstdint>
#include <cstdio>
#include <random>
#include <span>
#include <vector>

// [quickstart]
using Format = hotrow::RowFormat<hotrow::Int8, hotrow::RowAffine<hotrow::Fp16>, hotrow::Stochastic<>>;
using Cache = hotrow::Cache<hotrow::SetAssociative<32>>;
using Embedding = hotrow::CachedEmbedding<64, Format, Cache, hotrow::RowwiseAdagrad, hotrow::Host>;

int main() {
    Embedding embedding({.table_rows = {100'000, 2'000}, .cache_fraction = 0.05, .seed = 7, .optimizer = {.learning_rate = 0.1f}});

    constexpr std::int32_t batch_size = 256;
    std::mt19937 random(1);
    std::geometric_distribution<std::int32_t> popular(0.002);
    std::vector<float> output(2 * batch_size * Embedding::dim), gradient(output.size());
    for (int step = 0; step < 500; ++step) {
        std::vector<std::int32_t> indices, offsets{0};  // bags of two rows, table by table
        for (int bag = 0; bag < 2 * batch_size; ++bag) {
            for (int i = 0; i < 2; ++i) indices.push_back(popular(random) % (bag < batch_size ? 100'000 : 2'000));
            offsets.push_back(static_cast<std::int32_t>(indices.size()));
        }
        const hotrow::Batch<std::int32_t> batch{.indices = indices, .offsets = offsets, .batch_size = batch_size};

        const auto plan = embedding.forward(batch, std::span(output));
        for (std::size_t i = 0; i < output.size(); ++i) gradient[i] = output[i] - 1.0f;  // of 1/2 (output - 1)^2
        embedding.backward(plan, std::span<const float>(gradient));
    }
    // [quickstart]

    double loss = 0.0;
    for (const float g : gradient) loss += 0.5 * static_cast<double>(g) * static_cast<double>(g);
    loss /= static_cast<double>(gradient.size());
    const double fp32_bytes = static_cast<double>(embedding.rows()) * Embedding::dim * sizeof(float);
    std::printf("loss %.4f, hit rate %.3f, memory ratio %.2f\n", loss, embedding.statistics().hit_rate(),
                fp32_bytes / static_cast<double>(embedding.footprint().embedding()));
    return loss < 0.01 ? 0 : 1;
}
