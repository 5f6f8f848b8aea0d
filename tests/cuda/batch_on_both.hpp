// SPDX-License-Identifier: Apache-2.0
// Batches, outputs and gradients in the memory of both backends.
#pragma once

#include "support/device_memory.hpp"
#include "support/naive_batch.hpp"

#include <hotrow/batch/batch.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace hotrow::test {

/// A batch in an index type.
template <class I>
struct BatchOnBoth {
    std::vector<I> indices, offsets;
    std::vector<float> weights;
    DeviceArray<I> device_indices, device_offsets;
    DeviceArray<float> device_weights;
    Batch<I> host, device;
    std::size_t output_rows;

    explicit BatchOnBoth(const NaiveBatch& b)
        : indices(b.indices.begin(), b.indices.end()), offsets(b.offsets.begin(), b.offsets.end()), weights(b.weights), device_indices(indices),
          device_offsets(offsets), device_weights(weights), output_rows(b.output_rows()) {
        host = {indices, offsets, weights, b.batch_size, static_cast<Pooling>(b.pooling)};
        device = {device_indices.span(), device_offsets.span(), device_weights.span(), b.batch_size, host.pooling};
    }
};

/// Host memory with the alignment that outputs need.
template <class T>
class Aligned {
public:
    explicit Aligned(std::size_t size) : memory_(size + 16 / sizeof(T)), size_(size) {}
    explicit Aligned(const std::vector<T>& values) : Aligned(values.size()) { std::copy(values.begin(), values.end(), span().begin()); }
    std::span<T> span() const {
        void* at = const_cast<T*>(memory_.data());
        const std::size_t misaligned = reinterpret_cast<std::uintptr_t>(at) % 16;
        return {static_cast<T*>(at) + (misaligned == 0 ? 0 : (16 - misaligned) / sizeof(T)), size_};
    }
    std::vector<T> copy() const { return {span().begin(), span().end()}; }

private:
    std::vector<T> memory_;
    std::size_t size_;
};

}  // namespace hotrow::test
