// SPDX-License-Identifier: Apache-2.0
// The kernels of a training step for typical policies, to be compiled for real architectures: check_spills.py reads what ptxas says of them.
#include <hotrow/cuda.cuh>

#include <cstdint>
#include <span>

namespace {

using namespace hotrow;

template <int Dim, class Format, class Optimizer>
void step(cudaStream_t stream, const Batch<std::int64_t>& batch, std::span<float> output) {
    CachedEmbedding<Dim, Format, Cache<SetAssociative<32>>, Optimizer, Cuda> embedding({.table_rows = {1000}}, stream);
    embedding.backward(embedding.forward(batch, output, stream), std::span<const float>(output), stream);
    embedding.lookup(batch, output, stream);
    embedding.flush(stream);
}

template <int Dim>
void steps(cudaStream_t stream, const Batch<std::int64_t>& batch, std::span<float> output) {
    step<Dim, RowFormat<Fp32, Cast>, Sgd>(stream, batch, output);
    step<Dim, RowFormat<Int8, RowAffine<Fp16>, Stochastic<>>, RowwiseAdagrad>(stream, batch, output);
    step<Dim, RowFormat<Int4, RowAffine<Fp16>, Stochastic<>>, RowwiseAdagrad>(stream, batch, output);
}

}  // namespace

void all_steps(cudaStream_t stream, const Batch<std::int64_t>& batch, std::span<float> output) {
    steps<64>(stream, batch, output);
    steps<128>(stream, batch, output);
    steps<256>(stream, batch, output);
    steps<1024>(stream, batch, output);
}
