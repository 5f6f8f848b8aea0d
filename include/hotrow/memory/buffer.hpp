// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

namespace hotrow::detail {

/// A backend's own memory, or memory of the host that it can reach.
enum class MemoryKind { own, host, managed };

/// Owns `size` uninitialised elements of memory that a backend gives. Zero elements need no memory.
template <class T, class Backend>
class Buffer {
public:
    Buffer() = default;
    Buffer(Backend& backend, std::int64_t size, MemoryKind kind = MemoryKind::own)
        : backend_(&backend), kind_(kind), bytes_(static_cast<std::size_t>(size) * sizeof(T)),
          data_(bytes_ == 0 ? nullptr : static_cast<T*>(kind == MemoryKind::own ? backend.allocate(bytes_) : backend.allocate_apart(bytes_, kind))) {}
    Buffer(Buffer&& other) noexcept { *this = std::move(other); }
    Buffer& operator=(Buffer&& other) noexcept {
        std::swap(backend_, other.backend_);
        std::swap(kind_, other.kind_);
        std::swap(bytes_, other.bytes_);
        std::swap(data_, other.data_);
        return *this;
    }
    ~Buffer() {
        if (data_ == nullptr) return;
        if (kind_ == MemoryKind::own) {
            backend_->deallocate(data_, bytes_);
        } else {
            backend_->deallocate_apart(data_, bytes_, kind_);
        }
    }

    T* data() const { return data_; }
    std::size_t bytes() const { return bytes_; }

private:
    Backend* backend_ = nullptr;
    MemoryKind kind_ = MemoryKind::own;
    std::size_t bytes_ = 0;
    T* data_ = nullptr;
};

}  // namespace hotrow::detail
