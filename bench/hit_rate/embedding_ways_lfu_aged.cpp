// SPDX-License-Identifier: Apache-2.0
// Associativities of LfuAged<>.
#include "replay.hpp"

namespace hit_rate {

void add_ways_lfu_aged(std::vector<Embedding>& all) { add_ways<hotrow::LfuAged<>>(all, "lfu_aged"); }

}  // namespace hit_rate
