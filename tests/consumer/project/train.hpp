// SPDX-License-Identifier: Apache-2.0
// What both translation units instantiate: one type, with hotrow as an outsider uses it, on the host or, by nvcc, on a device.
#pragma once

#if defined(__CUDACC__)
#include <hotrow/cuda.cuh>
using Backend = hotrow::Cuda;
inline const Backend::Stream stream = cudaStreamPerThread;
#else
#include <hotrow/hotrow.hpp>
using Backend = hotrow::Host;
inline constexpr Backend::Stream stream;
#endif

#include <cstddef>
#include <cstdint>
#include <new>
#include <span>

using Format = hotrow::RowFormat<hotrow::Int8, hotrow::RowAffine<hotrow::Fp32>, hotrow::NearestEven>;
using Embedding = hotrow::CachedEmbedding<8, Format, hotrow::Cache<hotrow::DirectMapped, hotrow::Lru>, hotrow::Sgd, Backend>;

/// Memory that both sides may touch.
template <class T>
class Array {
public:
    Array(std::size_t size, T value) : size_(size) {
#if defined(__CUDACC__)
        if (cudaMallocManaged(&data_, size * sizeof(T)) != cudaSuccess) throw hotrow::DeviceError("no managed memory");
#else
        data_ = static_cast<T*>(::operator new(size * sizeof(T), std::align_val_t(16)));
#endif
        for (T& element : span()) element = value;
    }
    Array(const Array&) = delete;
    Array& operator=(const Array&) = delete;
    ~Array() {
#if defined(__CUDACC__)
        (void)cudaFree(data_);
#else
        ::operator delete(data_, std::align_val_t(16));
#endif
    }
    std::span<T> span() { return {data_, size_}; }
    T& operator[](std::size_t i) { return data_[i]; }

private:
    T* data_ = nullptr;
    std::size_t size_;
};

/// Looks row 3 up twice and gives either lookup a gradient of -1/2; returns the first element of the row's sum before.
inline float train(Embedding& embedding) {
    Array<std::int64_t> indices(2, 3), offsets(2, 0);
    offsets[1] = 2;
    Array<float> output(8, 0.0f), gradient(8, -0.5f);
    const hotrow::Batch<std::int64_t> batch{.indices = indices.span(), .offsets = offsets.span(), .batch_size = 1};
    const auto plan = embedding.forward(batch, output.span(), stream);
    embedding.backward(plan, std::span<const float>(gradient.span()), stream);
    embedding.check(stream);  // waits
    return output[0];
}

float train_elsewhere(Embedding& embedding);
