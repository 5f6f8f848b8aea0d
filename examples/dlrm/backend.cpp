// SPDX-License-Identifier: Apache-2.0
#include "backend.hpp"

#include "error.hpp"

namespace dlrm {
namespace {

EmbeddingSpec embedding_spec(Options const& options, std::vector<std::int64_t> const& table_rows) {
    return {.rows = options.rows,
            .quantizer = options.quantizer,
            .cache = options.cache,
            .eviction = options.eviction,
            .rounding = options.rounding,
            .optimizer = options.optimizer,
            .dim = options.dim,
            .learning_rate = static_cast<float>(options.embedding_learning_rate()),
            .initial_range = options.initial_range,
            .seed = options.seed,
            .threads = options.threads,
            .batch = options.batch,
            .table_rows = table_rows};
}

DenseSpec dense_spec(Options const& options) {
    return {.dim = options.dim, .learning_rate = static_cast<float>(options.dense_learning_rate), .seed = options.seed, .threads = options.threads};
}

}  // namespace

void require_backend(Options const& options) {
    if (options.backend == Backend::host) return;
#ifdef DLRM_WITH_CUDA
    require_cuda_device();
#else
    throw UsageError("--backend cuda: this program was built without CUDA; build it where nvcc is found");
#endif
}

Model make_model(Options const& options, std::vector<std::int64_t> const& table_rows) {
    require_backend(options);
    auto const embedding = embedding_spec(options, table_rows);
    auto const dense = dense_spec(options);
#ifdef DLRM_WITH_CUDA
    if (options.backend == Backend::cuda) return make_cuda_model(embedding, dense, options.dense_backend());
#endif
    return {make_host_embedding(embedding), make_host_dense(dense)};
}

}  // namespace dlrm
