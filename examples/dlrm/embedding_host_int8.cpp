// SPDX-License-Identifier: Apache-2.0
#include "embedding_host.hpp"

namespace dlrm {

std::unique_ptr<EmbeddingModel> make_host_int8(EmbeddingSpec const& spec) {
    require_plain(spec);
    return make_host_embedding<hotrow::Int8, hotrow::RowAffine<hotrow::Fp16>>(spec);
}

}  // namespace dlrm
