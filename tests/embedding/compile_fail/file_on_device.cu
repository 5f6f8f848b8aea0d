// SPDX-License-Identifier: Apache-2.0
// Kernels cannot map a file.
#include <hotrow/cuda.cuh>

using namespace hotrow;

template class hotrow::CachedEmbedding<4, RowFormat<Int8, RowAffine<Fp16>>, Cache<SetAssociative<4>, Lru>, Sgd, Cuda, std::uint32_t, MappedFile>;
