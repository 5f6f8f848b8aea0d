// SPDX-License-Identifier: Apache-2.0
#include "embedding_host.hpp"

namespace dlrm {

std::unique_ptr<EmbeddingModel> make_host_fp32(EmbeddingSpec const& spec) {
    require_plain(spec);
    return make_host_embedding_of<hotrow::RowFormat<hotrow::Fp32, hotrow::Cast, hotrow::NearestEven>>(spec);
}

}  // namespace dlrm
