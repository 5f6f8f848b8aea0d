// SPDX-License-Identifier: Apache-2.0
// Lru: which rows move does not depend on their precision.
#include "train.hpp"

namespace link_bytes {

void add_lru(std::vector<Embedding>& all) {
    using CacheType = hotrow::Cache<Ways, hotrow::Lru>;
    all.push_back(embedding_of<CacheType, Fp32Rows>("lru", full_precision));
    all.push_back(embedding_of<CacheType, Int4Rows>("lru", "int4"));
}

}  // namespace link_bytes
