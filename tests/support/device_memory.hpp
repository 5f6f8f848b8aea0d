// SPDX-License-Identifier: Apache-2.0
// Device memory and streams that clean up after themselves, for tests.
#pragma once

#include <cuda_runtime.h>

#include <algorithm>
#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace hotrow::test {

inline void require_success(cudaError_t result) {
    if (result != cudaSuccess) throw std::runtime_error(std::string("CUDA: ") + cudaGetErrorString(result));
}

class TestStream {
public:
    TestStream() { require_success(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking)); }
    TestStream(const TestStream&) = delete;
    TestStream& operator=(const TestStream&) = delete;
    ~TestStream() { (void)cudaStreamDestroy(stream_); }
    operator cudaStream_t() const { return stream_; }
    void wait() const { require_success(cudaStreamSynchronize(stream_)); }

private:
    cudaStream_t stream_ = nullptr;
};

/// A fixed number of elements on the device.
template <class T>
class DeviceArray {
public:
    explicit DeviceArray(std::size_t size) : size_(size) { require_success(cudaMalloc(&data_, std::max<std::size_t>(1, size) * sizeof(T))); }
    explicit DeviceArray(const std::vector<T>& values) : DeviceArray(values.size()) { set(values); }
    DeviceArray(const DeviceArray&) = delete;
    DeviceArray& operator=(const DeviceArray&) = delete;
    ~DeviceArray() { (void)cudaFree(data_); }

    /// At most as many values as there is room for.
    void set(const std::vector<T>& values) { require_success(cudaMemcpy(data_, values.data(), values.size() * sizeof(T), cudaMemcpyHostToDevice)); }
    std::vector<T> get() const {
        std::vector<T> values(size_);
        require_success(cudaMemcpy(values.data(), data_, size_ * sizeof(T), cudaMemcpyDeviceToHost));
        return values;
    }
    T* data() const { return static_cast<T*>(data_); }
    std::span<T> span() const { return {data(), size_}; }
    std::span<T> first(std::size_t size) const { return {data(), size}; }

private:
    std::size_t size_;
    void* data_ = nullptr;
};

/// Copies what device code points to.
template <class T>
std::vector<std::byte> device_bytes(const T* from, std::size_t count) {
    std::vector<std::byte> bytes(count * sizeof(T));
    require_success(cudaMemcpy(bytes.data(), from, bytes.size(), cudaMemcpyDeviceToHost));
    return bytes;
}

}  // namespace hotrow::test
