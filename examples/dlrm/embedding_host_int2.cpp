// SPDX-License-Identifier: Apache-2.0
#include "embedding_host.hpp"

namespace dlrm {

std::unique_ptr<EmbeddingModel> make_host_int2(EmbeddingSpec const& spec) {
    using hotrow::Int2, hotrow::Fp16;
    switch (spec.quantizer) {
    case Quantizer::plain: return make_host_embedding<Int2, hotrow::RowAffine<Fp16>>(spec);
    case Quantizer::clipped: return make_host_embedding<Int2, hotrow::RowClipped<Fp16>, 64>(spec);
    case Quantizer::learned: return make_host_embedding<Int2, hotrow::RowLearned<Fp16>, 64>(spec);
    case Quantizer::block: return make_host_embedding<Int2, hotrow::BlockAffine<32, Fp16>, 64>(spec);
    case Quantizer::block_clipped: return make_host_embedding<Int2, hotrow::BlockClipped<32, Fp16>, 64>(spec);
    case Quantizer::symmetric: break;  // three levels, one of them zero: no use
    }
    refuse_quantizer(spec, "must be plain, clipped, learned, block or block_clipped");
}

}  // namespace dlrm
