// SPDX-License-Identifier: Apache-2.0
// Chooses the precision; each is compiled in a file of its own.
#include "backend_cuda.cuh"
#include "error.hpp"
#include "row_formats.hpp"

namespace dlrm {

using Make = std::unique_ptr<EmbeddingModel>(EmbeddingSpec const&, std::shared_ptr<Stream const> const&);
Make make_cuda_fp32, make_cuda_fp16, make_cuda_int8, make_cuda_int4;

std::unique_ptr<EmbeddingModel> make_cuda_embedding(EmbeddingSpec const& spec, std::shared_ptr<Stream const> const& stream) {
    require_plain(spec);
    switch (spec.rows) {
    case Rows::fp32: return make_cuda_fp32(spec, stream);  // nothing to round
    case Rows::fp16: return make_cuda_fp16(spec, stream);
    case Rows::int8: return make_cuda_int8(spec, stream);
    case Rows::int4: return make_cuda_int4(spec, stream);
    default: throw UsageError("--rows " + name(spec.rows) + ": --backend cuda is built for fp32, fp16, int8 and int4; or take --backend host");
    }
}

}  // namespace dlrm
