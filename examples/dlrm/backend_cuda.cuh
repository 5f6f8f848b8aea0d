// SPDX-License-Identifier: Apache-2.0
// The parts of a model on the GPU; they share a stream.
#pragma once

#include <memory>

#include "cuda_support.cuh"
#include "dense_model.hpp"
#include "embedding_model.hpp"

namespace dlrm {

std::unique_ptr<EmbeddingModel> make_cuda_embedding(EmbeddingSpec const& spec, std::shared_ptr<Stream const> const& stream);
std::unique_ptr<DenseModel> make_cuda_dense(DenseSpec const& spec, std::shared_ptr<Stream const> const& stream);

}  // namespace dlrm
