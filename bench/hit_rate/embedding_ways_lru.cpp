// SPDX-License-Identifier: Apache-2.0
// Associativities of Lru.
#include "replay.hpp"

namespace hit_rate {

void add_ways_lru(std::vector<Embedding>& all) {
    const auto add = [&]<int Ways>() {
        all.push_back(
            embedding_of<hotrow::Cache<hotrow::SetAssociative<Ways>, hotrow::Lru>, Int8Rows>("lru", default_precision));
    };
    add.operator()<1>();
    add.operator()<4>();
    add.operator()<8>();
    add.operator()<16>();
    add.operator()<64>();
    add.operator()<128>();
}

}  // namespace hit_rate
