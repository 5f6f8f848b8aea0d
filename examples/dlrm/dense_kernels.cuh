// SPDX-License-Identifier: Apache-2.0
// What the dense model does between matrix products. Every sum is made by one thread, in order: no atomics, so the
// same input gives the same bits.
#pragma once

#include <cstdint>

#include "network.hpp"

namespace dlrm {

inline constexpr int kernel_threads = 256;

inline unsigned blocks_for(std::int64_t items) { return static_cast<unsigned>((items + kernel_threads - 1) / kernel_threads); }

// output[row][column] += bias[column], then ReLU where asked.
inline __global__ void add_bias(float* output, float const* bias, int columns, std::int64_t size, bool relu) {
    std::int64_t const i = std::int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
    if (i >= size) return;
    float const value = output[i] + bias[i % columns];
    output[i] = relu ? fmaxf(value, 0.0f) : value;
}

// The gradient before a ReLU from the one after it.
inline __global__ void relu_backward(float* gradient, float const* output, std::int64_t size) {
    std::int64_t const i = std::int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
    if (i < size && !(output[i] > 0.0f)) gradient[i] = 0.0f;
}

// Where vector v of a sample is: the bottom MLP's output, then the pooled rows, [field][sample][dim].
__device__ inline float const* vector_of(float const* bottom, float const* pooled, int v, int sample, int batch, int dim) {
    return v == 0 ? bottom + std::int64_t{sample} * dim : pooled + (std::int64_t{v - 1} * batch + sample) * dim;
}

// The row and column, i > j, of an element below the diagonal, counted row by row.
__device__ inline void pair_at(int p, int& i, int& j) {
    i = 1;
    while ((i + 1) * i / 2 <= p) ++i;
    j = p - i * (i - 1) / 2;
}

// A block a sample: output[sample] = its bottom vector, then the dot products of all pairs.
inline __global__ void interact(float const* bottom, float const* pooled, int batch, int dim, float* output) {
    extern __shared__ float all[];  // [vectors][dim + 1]: the odd stride spreads a column over the banks
    int const sample = static_cast<int>(blockIdx.x), stride = dim + 1;
    for (int i = threadIdx.x; i < vectors * dim; i += blockDim.x) {
        all[i / dim * stride + i % dim] = vector_of(bottom, pooled, i / dim, sample, batch, dim)[i % dim];
    }
    __syncthreads();
    float* const to = output + std::int64_t{sample} * (dim + pairs);
    for (int i = threadIdx.x; i < dim; i += blockDim.x) to[i] = all[i];
    for (int p = threadIdx.x; p < pairs; p += blockDim.x) {
        int i, j;
        pair_at(p, i, j);
        float sum = 0.0f;
        for (int d = 0; d < dim; ++d) sum = fmaf(all[i * stride + d], all[j * stride + d], sum);
        to[dim + p] = sum;
    }
}

// A block a sample: gradients of its vectors, from the gradient of what `interact` made.
inline __global__ void interact_backward(float const* bottom, float const* pooled, int batch, int dim, float const* gradient, float* bottom_gradient,
                                         float* pooled_gradient) {
    extern __shared__ float shared[];
    float* const all = shared;                    // [vectors][dim]
    float* const products = all + vectors * dim;  // [vectors][vectors], symmetric, nothing on the diagonal
    int const sample = static_cast<int>(blockIdx.x);
    float const* const from = gradient + std::int64_t{sample} * (dim + pairs);
    for (int i = threadIdx.x; i < vectors * dim; i += blockDim.x) { all[i] = vector_of(bottom, pooled, i / dim, sample, batch, dim)[i % dim]; }
    for (int v = threadIdx.x; v < vectors; v += blockDim.x) products[v * vectors + v] = 0.0f;
    for (int p = threadIdx.x; p < pairs; p += blockDim.x) {
        int i, j;
        pair_at(p, i, j);
        products[i * vectors + j] = products[j * vectors + i] = from[dim + p];
    }
    __syncthreads();
    for (int k = threadIdx.x; k < vectors * dim; k += blockDim.x) {
        int const v = k / dim, d = k % dim;
        float sum = v == 0 ? from[d] : 0.0f;
        for (int u = 0; u < vectors; ++u) sum = fmaf(products[v * vectors + u], all[u * dim + d], sum);
        if (v == 0) {
            bottom_gradient[std::int64_t{sample} * dim + d] = sum;
        } else {
            pooled_gradient[(std::int64_t{v - 1} * batch + sample) * dim + d] = sum;
        }
    }
}

// Binary cross entropy from log odds, and its gradient, sample by sample.
inline __global__ void loss_and_gradient(float const* logits, float const* labels, int batch, float* losses, float* gradient) {
    int const i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
    if (i >= batch) return;
    float const logit = logits[i];
    losses[i] = fmaxf(logit, 0.0f) - logit * labels[i] + log1pf(expf(-fabsf(logit)));
    gradient[i] = 1.0f / (1.0f + expf(-logit)) - labels[i];
}

inline __global__ void fill(float* values, float value, std::int64_t size) {
    std::int64_t const i = std::int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
    if (i < size) values[i] = value;
}

// One step with the gradient times `scale`, which is what stays in `gradient`.
inline __global__ void adagrad(float* parameters, float* squares, float* gradient, float scale, float learning_rate, float epsilon, std::int64_t size) {
    std::int64_t const i = std::int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
    if (i >= size) return;
    float const g = gradient[i] * scale;
    float const square = fmaf(g, g, squares[i]);
    gradient[i] = g;
    squares[i] = square;
    parameters[i] -= learning_rate * g / (sqrtf(square) + epsilon);
}

}  // namespace dlrm
