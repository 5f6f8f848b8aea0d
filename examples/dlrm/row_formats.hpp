// SPDX-License-Identifier: Apache-2.0
// Which row format the options mean. Each precision is compiled in a file of its own, so that they compile side by side.
#pragma once

#include <hotrow/hotrow.hpp>

#include "embedding_model.hpp"
#include "error.hpp"

namespace dlrm {

// Calls make.operator()<RowFormat>() with the rounding that is asked for.
template <class Precision, class RowQuantizer, class Make>
std::unique_ptr<EmbeddingModel> with_rounding(EmbeddingSpec const& spec, Make const& make) {
    if (spec.rounding == Rounding::stochastic) { return make.template operator()<hotrow::RowFormat<Precision, RowQuantizer, hotrow::Stochastic<>>>(); }
    return make.template operator()<hotrow::RowFormat<Precision, RowQuantizer, hotrow::NearestEven>>();
}

[[noreturn]] inline void refuse_quantizer(EmbeddingSpec const& spec, std::string const& remedy) {
    throw UsageError("--quantizer " + name(spec.quantizer) + " with --rows " + name(spec.rows) + ": " + remedy);
}

inline void require_plain(EmbeddingSpec const& spec) {
    if (spec.quantizer != Quantizer::plain) refuse_quantizer(spec, "must be plain");
}

}  // namespace dlrm
