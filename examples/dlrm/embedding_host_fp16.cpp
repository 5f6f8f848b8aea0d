// SPDX-License-Identifier: Apache-2.0
#include "embedding_host.hpp"

namespace dlrm {

std::unique_ptr<EmbeddingModel> make_host_fp16_nearest(EmbeddingSpec const& spec) {
    return make_host_embedding_with<hotrow::RowFormat<hotrow::Fp16, hotrow::Cast, hotrow::NearestEven>>(spec);
}

std::unique_ptr<EmbeddingModel> make_host_fp16_stochastic(EmbeddingSpec const& spec) {
    return make_host_embedding_with<hotrow::RowFormat<hotrow::Fp16, hotrow::Cast, hotrow::Stochastic<>>>(spec);
}

}  // namespace dlrm
