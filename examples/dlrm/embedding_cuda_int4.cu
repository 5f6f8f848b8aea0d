// SPDX-License-Identifier: Apache-2.0
#include "embedding_cuda.cuh"

namespace dlrm {

std::unique_ptr<EmbeddingModel> make_cuda_int4(EmbeddingSpec const& spec, std::shared_ptr<Stream const> const& stream) {
    return make_cuda_embedding_with<hotrow::Int4, hotrow::RowAffine<hotrow::Fp16>>(spec, stream);
}

}  // namespace dlrm
