// SPDX-License-Identifier: Apache-2.0
#include "embedding_host.hpp"

namespace dlrm {

std::unique_ptr<EmbeddingModel> make_host_fp8(EmbeddingSpec const& spec) {
    require_plain(spec);
    return make_host_embedding<hotrow::Fp8E4M3, hotrow::RowScaled<hotrow::Fp16>>(spec);
}

}  // namespace dlrm
