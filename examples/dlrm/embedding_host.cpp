// SPDX-License-Identifier: Apache-2.0
// Chooses the row format; each is compiled in a file of its own.
#include "embedding_model.hpp"
#include "error.hpp"

namespace dlrm {

using Make = std::unique_ptr<EmbeddingModel>(EmbeddingSpec const&);
Make make_host_fp32;
Make make_host_fp16_nearest, make_host_fp16_stochastic;
Make make_host_int8_nearest, make_host_int8_stochastic;
Make make_host_int4_nearest, make_host_int4_stochastic;

std::unique_ptr<EmbeddingModel> make_host_embedding(EmbeddingSpec const& spec) {
    bool const stochastic = spec.rounding == Rounding::stochastic;
    switch (spec.rows) {
    case Rows::fp32:
        return make_host_fp32(spec);  // nothing to round
    case Rows::fp16:
        return stochastic ? make_host_fp16_stochastic(spec) : make_host_fp16_nearest(spec);
    case Rows::int8:
        return stochastic ? make_host_int8_stochastic(spec) : make_host_int8_nearest(spec);
    case Rows::int4:
        return stochastic ? make_host_int4_stochastic(spec) : make_host_int4_nearest(spec);
    }
    throw UsageError("--rows: this build does not have them");
}

}  // namespace dlrm
