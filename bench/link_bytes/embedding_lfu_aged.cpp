// SPDX-License-Identifier: Apache-2.0
// The default policy, with all precisions.
#include "train.hpp"

namespace link_bytes {

void add_lfu_aged(std::vector<Embedding>& all) {
    using CacheType = hotrow::Cache<Ways>;
    all.push_back(embedding_of<CacheType, Fp32Rows>(default_policy, full_precision));
    all.push_back(embedding_of<CacheType, Fp16Rows>(default_policy, "fp16"));
    all.push_back(embedding_of<CacheType, Int8Rows>(default_policy, "int8"));
    all.push_back(embedding_of<CacheType, Int4Rows>(default_policy, "int4"));
}

}  // namespace link_bytes
