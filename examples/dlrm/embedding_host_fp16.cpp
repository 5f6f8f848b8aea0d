// SPDX-License-Identifier: Apache-2.0
#include "embedding_host.hpp"

namespace dlrm {

std::unique_ptr<EmbeddingModel> make_host_fp16(EmbeddingSpec const& spec) {
    require_plain(spec);
    return make_host_embedding<hotrow::Fp16, hotrow::Cast>(spec);
}

}  // namespace dlrm
