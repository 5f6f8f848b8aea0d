// SPDX-License-Identifier: Apache-2.0
#include "backend_cuda.cuh"

#include "backend.hpp"
#include "embedding_staged.cuh"
#include "error.hpp"

namespace dlrm {

void require_cuda_device() {
    int devices = 0;
    cudaError_t const result = cudaGetDeviceCount(&devices);
    if (result == cudaSuccess && devices > 0) return;
    std::string const why = result == cudaSuccess ? "" : std::string(" (") + cudaGetErrorString(result) + ")";
    throw UsageError("--backend cuda: no CUDA device was found" + why + "; --backend host needs none");
}

Model make_cuda_model(EmbeddingSpec const& embedding, DenseSpec const& dense, Backend dense_backend) {
    auto const stream = std::make_shared<Stream const>();
    auto on_device = make_cuda_embedding(embedding, stream);
    if (dense_backend == Backend::cuda) return {std::move(on_device), make_cuda_dense(dense, stream)};
    return {std::make_unique<StagedEmbedding>(std::move(on_device), stream), make_host_dense(dense)};
}

}  // namespace dlrm
