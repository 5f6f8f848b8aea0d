// SPDX-License-Identifier: Apache-2.0
// The few things that every CUDA part of this program needs: checked calls, a stream, device memory.
#pragma once

#include <cuda_runtime.h>

#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>

namespace dlrm {

struct DeviceError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

inline void check_cuda(cudaError_t result, char const* call) {
    if (result == cudaSuccess) return;
    throw DeviceError(std::string(call) + ": " + cudaGetErrorString(result) + " (" + cudaGetErrorName(result) + ")");
}

// The stream that embedding and dense model share.
class Stream {
public:
    Stream() { check_cuda(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "cudaStreamCreate"); }
    Stream(Stream const&) = delete;
    Stream& operator=(Stream const&) = delete;
    ~Stream() { (void)cudaStreamDestroy(stream_); }

    operator cudaStream_t() const { return stream_; }
    void synchronise() const { check_cuda(cudaStreamSynchronize(stream_), "cudaStreamSynchronize"); }

private:
    cudaStream_t stream_ = nullptr;
};

// Device memory that grows when asked for more; growing forgets what was there.
template <class T>
class DeviceArray {
public:
    DeviceArray() = default;
    explicit DeviceArray(std::size_t size) { resize(size); }
    DeviceArray(DeviceArray const&) = delete;
    DeviceArray& operator=(DeviceArray const&) = delete;
    ~DeviceArray() { (void)cudaFree(data_); }

    void resize(std::size_t size) {
        if (size > capacity_) {
            check_cuda(cudaFree(std::exchange(data_, nullptr)), "cudaFree");
            capacity_ = 0;
            check_cuda(cudaMalloc(reinterpret_cast<void**>(&data_), size * sizeof(T)), "cudaMalloc");
            capacity_ = size;
        }
        size_ = size;
    }

    void upload(std::span<T const> from, Stream const& stream) {
        resize(from.size());
        check_cuda(cudaMemcpyAsync(data_, from.data(), from.size_bytes(), cudaMemcpyHostToDevice, stream), "cudaMemcpyAsync");
    }

    T* data() { return data_; }
    T const* data() const { return data_; }
    std::size_t size() const { return size_; }
    std::span<T> span() { return {data_, size_}; }
    std::span<T const> span() const { return {data_, size_}; }

private:
    T* data_ = nullptr;
    std::size_t size_ = 0, capacity_ = 0;
};

// Copies to host memory, and waits.
template <class T>
void download(std::span<T> to, T const* from, Stream const& stream) {
    check_cuda(cudaMemcpyAsync(to.data(), from, to.size_bytes(), cudaMemcpyDeviceToHost, stream), "cudaMemcpyAsync");
    stream.synchronise();
}

}  // namespace dlrm
