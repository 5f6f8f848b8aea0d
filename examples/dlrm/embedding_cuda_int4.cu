// SPDX-License-Identifier: Apache-2.0
#include "embedding_cuda.cuh"

namespace dlrm {

std::unique_ptr<EmbeddingModel> make_cuda_int4_nearest(EmbeddingSpec const& spec,
                                                       std::shared_ptr<Stream const> const& stream) {
    return make_cuda_embedding_with<
        hotrow::RowFormat<hotrow::Int4, hotrow::RowAffine<hotrow::Fp16>, hotrow::NearestEven>>(spec, stream);
}

std::unique_ptr<EmbeddingModel> make_cuda_int4_stochastic(EmbeddingSpec const& spec,
                                                          std::shared_ptr<Stream const> const& stream) {
    return make_cuda_embedding_with<
        hotrow::RowFormat<hotrow::Int4, hotrow::RowAffine<hotrow::Fp16>, hotrow::Stochastic<>>>(spec, stream);
}

}  // namespace dlrm
