// SPDX-License-Identifier: Apache-2.0
#include "embedding_cuda.cuh"

namespace dlrm {

std::unique_ptr<EmbeddingModel> make_cuda_fp16_nearest(EmbeddingSpec const& spec,
                                                       std::shared_ptr<Stream const> const& stream) {
    return make_cuda_embedding_with<hotrow::RowFormat<hotrow::Fp16, hotrow::Cast, hotrow::NearestEven>>(spec, stream);
}

std::unique_ptr<EmbeddingModel> make_cuda_fp16_stochastic(EmbeddingSpec const& spec,
                                                          std::shared_ptr<Stream const> const& stream) {
    return make_cuda_embedding_with<hotrow::RowFormat<hotrow::Fp16, hotrow::Cast, hotrow::Stochastic<>>>(spec, stream);
}

}  // namespace dlrm
