// SPDX-License-Identifier: Apache-2.0
// The two halves of a model, made where the options want them.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "dense_model.hpp"
#include "embedding_model.hpp"
#include "options.hpp"

namespace dlrm {

struct Model {
    std::unique_ptr<EmbeddingModel> embedding;
    std::unique_ptr<DenseModel> dense;
};

// Throws UsageError where this build or this machine does not have the backend that is asked for.
void require_backend(Options const& options);

Model make_model(Options const& options, std::vector<std::int64_t> const& table_rows);

// Compiled where there is nvcc.
void require_cuda_device();
Model make_cuda_model(EmbeddingSpec const& embedding, DenseSpec const& dense, Backend dense_backend);

}  // namespace dlrm
