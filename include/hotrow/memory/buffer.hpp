// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

namespace hotrow::detail {

/// Owns `size` uninitialised elements of a backend's memory. Zero elements need no memory.
template <class T, class Backend>
class Buffer {
public:
    Buffer() = default;
    Buffer(Backend& backend, std::int64_t size)
        : backend_(&backend),
          bytes_(static_cast<std::size_t>(size) * sizeof(T)),
          data_(bytes_ == 0 ? nullptr : static_cast<T*>(backend.allocate(bytes_))) {}
    Buffer(Buffer&& other) noexcept { *this = std::move(other); }
    Buffer& operator=(Buffer&& other) noexcept {
        std::swap(backend_, other.backend_);
        std::swap(bytes_, other.bytes_);
        std::swap(data_, other.data_);
        return *this;
    }
    ~Buffer() {
        if (data_ != nullptr) backend_->deallocate(data_, bytes_);
    }

    T* data() const { return data_; }
    std::size_t bytes() const { return bytes_; }

private:
    Backend* backend_ = nullptr;
    std::size_t bytes_ = 0;
    T* data_ = nullptr;
};

}  // namespace hotrow::detail
