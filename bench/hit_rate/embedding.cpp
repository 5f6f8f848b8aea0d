// SPDX-License-Identifier: Apache-2.0
#include "embedding.hpp"

#include "runs.hpp"

namespace hit_rate {

std::int64_t Embedding::sets_for(double share, std::uint32_t rows) const { return hit_rate::sets_for(share, rows, ways); }

const std::vector<Embedding>& embeddings() {
    static const std::vector<Embedding> all = [] {
        std::vector<Embedding> made;
        add_policies(made);
        add_ways_lru(made);
        add_ways_lfu_aged(made);
        add_precisions(made);
        return made;
    }();
    return all;
}

}  // namespace hit_rate
