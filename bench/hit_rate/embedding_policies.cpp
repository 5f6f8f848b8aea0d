// SPDX-License-Identifier: Apache-2.0
// Policies at 32 ways and INT8: what hits depends on neither the precision nor the dim.
#include "replay.hpp"

namespace hit_rate {
namespace {

using Ways = hotrow::SetAssociative<default_ways>;

template <class CacheType>
void add(std::vector<Embedding>& all, const char* policy) {
    all.push_back(embedding_of<CacheType, Int8Rows>(policy, default_precision));
}

}  // namespace

void add_policies(std::vector<Embedding>& all) {
    using namespace hotrow;
    add<Cache<Ways>>(all, default_policy);
    add<Cache<Ways, LfuAged<>, float, IfMoreFrequent, NoGhosts>>(all, "lfu_aged_no_ghosts");
    add<Cache<Ways, Lru>>(all, "lru");
    add<Cache<Ways, Lfu>>(all, "lfu");
    add<Cache<Ways, Lfu, float, IfMoreFrequent, Ghosts<32>>>(all, "lfu_ghosts");
    add<Cache<Ways, Fifo>>(all, "fifo");
    add<Cache<Ways, Random>>(all, "random");
    add<Cache<Ways, Sieve>>(all, "sieve");
    add<Cache<Ways, Lookahead<>>>(all, "lookahead");
    add<Cache<Ways, Pinned>>(all, "pinned");
}

}  // namespace hit_rate
