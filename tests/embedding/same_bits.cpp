// SPDX-License-Identifier: Apache-2.0
// Trains small embeddings of several kinds and prints a hash of everything: to be compiled with other flags and compared.
#include "support/hash.hpp"

#include <hotrow/hotrow.hpp>

#include <cinttypes>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <span>
#include <vector>

using namespace hotrow;

namespace {

std::uint32_t next(std::uint32_t& state) { return state = state * 1664525u + 1013904223u; }

template <int Dim, class Format, class Eviction, class Optimizer>
void train(const char* name) {
    using Embedding = CachedEmbedding<Dim, Format, Cache<SetAssociative<4>, Eviction>, Optimizer, Host>;
    Embedding embedding({.table_rows = {300, 20}, .cache_sets = 10, .seed = 3, .optimizer = {.learning_rate = 0.07f}, .threads = 1});
    std::uint32_t state = 1;
    std::uint64_t hash = 0xcbf29ce484222325u;
    for (int step = 0; step < 60; ++step) {
        constexpr int batch_size = 12;
        std::vector<std::int32_t> indices, offsets{0};
        std::vector<float> weights;
        for (int bag = 0; bag < 2 * batch_size; ++bag) {
            int length = bag == 3 ? 150 : static_cast<int>(next(state) >> 30);
            for (; length > 0; --length) {
                const std::uint32_t rows = bag < batch_size ? 300 : 20, row = (next(state) >> 8) % rows;
                indices.push_back(static_cast<std::int32_t>(row * row / rows));
                weights.push_back(static_cast<float>(next(state) >> 8) * 0x1p-23f - 1.0f);
            }
            offsets.push_back(static_cast<std::int32_t>(indices.size()));
        }
        std::vector<float> output(static_cast<std::size_t>(2 * batch_size * Dim));
        const auto plan = embedding.forward(
            Batch<std::int32_t>{
                .indices = indices, .offsets = offsets, .weights = weights, .batch_size = batch_size, .pooling = step % 2 == 0 ? Pooling::sum : Pooling::mean},
            std::span(output));
        hash = test::hash_bytes(std::span<const float>(output), hash);
        // The gradient: an explicit fma, since this program is compiled with and without contraction.
        for (float& value : output) value = std::fma(value, 0.5f, static_cast<float>(next(state) >> 24) * -0x1p-11f);
        embedding.backward(plan, std::span<const float>(output));
    }
    std::vector<float> rows(300 * Dim);
    embedding.read_rows(0, 0, rows);
    hash = test::hash_bytes(std::span<const float>(rows), hash);
    embedding.flush();
    const auto view = embedding.view();
    hash = test::hash_bytes(std::span<const std::byte>(view.stored, static_cast<std::size_t>(embedding.footprint().stored_rows)), hash);
    std::printf("%s %016" PRIx64 "\n", name, hash);
}

}  // namespace

int main() {
    train<16, RowFormat<Fp32, Cast>, Lru, RowwiseAdagrad>("fp32");
    train<7, RowFormat<Fp16, Cast, Stochastic<>>, Lfu, Sgd>("fp16");
    train<64, RowFormat<Int8, RowAffine<Fp16>, Stochastic<>>, Lfu, RowwiseAdagrad>("int8");
    train<33, RowFormat<Int4, RowAffine<Fp32>, NearestEven>, Lru, RowwiseAdagrad>("int4");
}
