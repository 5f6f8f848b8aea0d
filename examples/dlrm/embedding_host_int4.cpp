// SPDX-License-Identifier: Apache-2.0
#include "embedding_host.hpp"

namespace dlrm {

std::unique_ptr<EmbeddingModel> make_host_int4_nearest(EmbeddingSpec const& spec) {
    return make_host_embedding_with<
        hotrow::RowFormat<hotrow::Int4, hotrow::RowAffine<hotrow::Fp16>, hotrow::NearestEven>>(spec);
}

std::unique_ptr<EmbeddingModel> make_host_int4_stochastic(EmbeddingSpec const& spec) {
    return make_host_embedding_with<
        hotrow::RowFormat<hotrow::Int4, hotrow::RowAffine<hotrow::Fp16>, hotrow::Stochastic<>>>(spec);
}

}  // namespace dlrm
