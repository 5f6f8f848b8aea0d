// SPDX-License-Identifier: Apache-2.0
// On a device every call takes a stream: there is no default one.
#include <hotrow/cuda.cuh>

using namespace hotrow;

using Embedding = CachedEmbedding<4, RowFormat<Int8, RowAffine<Fp16>>, Cache<SetAssociative<4>, Lru>, Sgd, Cuda>;

void train(Embedding& embedding) { embedding.flush(); }
