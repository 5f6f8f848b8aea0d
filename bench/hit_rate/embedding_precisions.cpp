// SPDX-License-Identifier: Apache-2.0
// Precisions of the default policy; INT8 is with the policies.
#include "replay.hpp"

namespace hit_rate {
namespace {

template <class RowFormatType>
void add(std::vector<Embedding>& all, const char* precision) {
    all.push_back(embedding_of<hotrow::Cache<hotrow::SetAssociative<default_ways>>, RowFormatType>(default_policy, precision));
}

}  // namespace

void add_precisions(std::vector<Embedding>& all) {
    add<Fp32Rows>(all, "fp32");
    add<Fp16Rows>(all, "fp16");
    add<Int4Rows>(all, "int4");
    add<Int2Rows>(all, "int2");
}

}  // namespace hit_rate
