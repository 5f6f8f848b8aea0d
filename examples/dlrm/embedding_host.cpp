// SPDX-License-Identifier: Apache-2.0
// Chooses the precision; each is compiled in a file of its own.
#include "embedding_model.hpp"
#include "error.hpp"

namespace dlrm {

using Make = std::unique_ptr<EmbeddingModel>(EmbeddingSpec const&);
Make make_host_fp32, make_host_fp16, make_host_bf16, make_host_fp8, make_host_int8, make_host_int4, make_host_int2;

std::unique_ptr<EmbeddingModel> make_host_embedding(EmbeddingSpec const& spec) {
    switch (spec.rows) {
    case Rows::fp32: return make_host_fp32(spec);  // nothing to round
    case Rows::fp16: return make_host_fp16(spec);
    case Rows::bf16: return make_host_bf16(spec);
    case Rows::fp8: return make_host_fp8(spec);
    case Rows::int8: return make_host_int8(spec);
    case Rows::int4: return make_host_int4(spec);
    case Rows::int2: return make_host_int2(spec);
    }
    throw UsageError("--rows: this build does not have them");
}

}  // namespace dlrm
