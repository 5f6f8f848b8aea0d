// SPDX-License-Identifier: Apache-2.0
#include "dense_cuda.cuh"

#include "backend_cuda.cuh"
#include "gemm.cuh"

namespace dlrm {

std::unique_ptr<DenseModel> make_cuda_dense(DenseSpec const& spec, std::shared_ptr<Stream const> const& stream) {
    return std::make_unique<CudaDense<CublasGemm>>(spec, stream);
}

}  // namespace dlrm
