// SPDX-License-Identifier: Apache-2.0
// On a device every call takes a stream, there is no default one; and a tile lies within a warp.
#include <hotrow/cuda.cuh>

using namespace hotrow;

using Embedding = CachedEmbedding<4, RowFormat<Int8, RowAffine<Fp16>>, Cache<SetAssociative<4>, Lru>, Sgd, Cuda>;

void train(Embedding& embedding) { embedding.flush(); }

constexpr auto two_warps = sizeof(GroupTile<64, cooperative_groups::thread_block>);
