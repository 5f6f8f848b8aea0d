// SPDX-License-Identifier: Apache-2.0
// Associativities of Lru.
#include "replay.hpp"

namespace hit_rate {

void add_ways_lru(std::vector<Embedding>& all) { add_ways<hotrow::Lru>(all, "lru"); }

}  // namespace hit_rate
