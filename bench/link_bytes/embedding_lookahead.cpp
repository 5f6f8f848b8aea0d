// SPDX-License-Identifier: Apache-2.0
// Lookahead: which rows move does not depend on their precision.
#include "train.hpp"

namespace link_bytes {

void add_lookahead(std::vector<Embedding>& all) {
    using CacheType = hotrow::Cache<Ways, hotrow::Lookahead<>>;
    all.push_back(embedding_of<CacheType, Fp32Rows>("lookahead", full_precision));
    all.push_back(embedding_of<CacheType, Int4Rows>("lookahead", "int4"));
}

}  // namespace link_bytes
