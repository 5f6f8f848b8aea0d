// SPDX-License-Identifier: Apache-2.0
// Associativities of LfuAged<>.
#include "replay.hpp"

namespace hit_rate {

void add_ways_lfu_aged(std::vector<Embedding>& all) {
    const auto add = [&]<int Ways>() {
        all.push_back(embedding_of<hotrow::Cache<hotrow::SetAssociative<Ways>, hotrow::LfuAged<>>, Int8Rows>(
            "lfu_aged", default_precision));
    };
    add.operator()<1>();
    add.operator()<4>();
    add.operator()<8>();
    add.operator()<16>();
    add.operator()<64>();
    add.operator()<128>();
}

}  // namespace hit_rate
