// SPDX-License-Identifier: Apache-2.0
#include "embedding_host.hpp"

namespace dlrm {

std::unique_ptr<EmbeddingModel> make_host_int4(EmbeddingSpec const& spec) {
    using hotrow::Int4, hotrow::Fp16;
    switch (spec.quantizer) {
    case Quantizer::plain: return make_host_embedding<Int4, hotrow::RowAffine<Fp16>>(spec);
    case Quantizer::symmetric: return make_host_embedding<Int4, hotrow::RowSymmetric<Fp16>, 64>(spec);
    case Quantizer::clipped: return make_host_embedding<Int4, hotrow::RowClipped<Fp16>, 64>(spec);
    default: refuse_quantizer(spec, "must be plain, symmetric or clipped");
    }
}

}  // namespace dlrm
