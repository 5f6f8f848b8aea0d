// SPDX-License-Identifier: Apache-2.0
#include "embedding.hpp"

namespace link_bytes {

const std::vector<Embedding>& embeddings() {
    static const std::vector<Embedding> all = [] {
        std::vector<Embedding> made;
        add_lfu_aged(made);
        add_lru(made);
        add_lookahead(made);
        return made;
    }();
    return all;
}

}  // namespace link_bytes
