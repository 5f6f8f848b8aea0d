// SPDX-License-Identifier: Apache-2.0
// Chooses the row format; each is compiled in a file of its own.
#include "backend_cuda.cuh"
#include "error.hpp"

namespace dlrm {

using Make = std::unique_ptr<EmbeddingModel>(EmbeddingSpec const&, std::shared_ptr<Stream const> const&);
Make make_cuda_fp32;
Make make_cuda_fp16_nearest, make_cuda_fp16_stochastic;
Make make_cuda_int8_nearest, make_cuda_int8_stochastic;
Make make_cuda_int4_nearest, make_cuda_int4_stochastic;

std::unique_ptr<EmbeddingModel> make_cuda_embedding(EmbeddingSpec const& spec,
                                                    std::shared_ptr<Stream const> const& stream) {
    bool const stochastic = spec.rounding == Rounding::stochastic;
    switch (spec.rows) {
    case Rows::fp32:
        return make_cuda_fp32(spec, stream);  // nothing to round
    case Rows::fp16:
        return stochastic ? make_cuda_fp16_stochastic(spec, stream) : make_cuda_fp16_nearest(spec, stream);
    case Rows::int8:
        return stochastic ? make_cuda_int8_stochastic(spec, stream) : make_cuda_int8_nearest(spec, stream);
    case Rows::int4:
        return stochastic ? make_cuda_int4_stochastic(spec, stream) : make_cuda_int4_nearest(spec, stream);
    }
    throw UsageError("--rows: this build does not have them");
}

}  // namespace dlrm
