// SPDX-License-Identifier: Apache-2.0
// The Host backend, counting what is allocated through it, and filling it so that reads of uninitialised memory show.
#pragma once

#include <hotrow/execution/host.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace hotrow::test {

class CountingHost : public Host {
public:
    using Host::Host;

    void* allocate_apart(std::size_t bytes, detail::MemoryKind) { return allocate(bytes); }
    void deallocate_apart(void* block, std::size_t bytes, detail::MemoryKind) noexcept { deallocate(block, bytes); }
    void* allocate(std::size_t bytes) {
        live_bytes += static_cast<std::int64_t>(bytes);
        ++allocations;
        ++live_blocks_;
        void* const block = Host::allocate(bytes);
        std::memset(block, 0xcb, bytes);
        return block;
    }
    void deallocate(void* block, std::size_t bytes) noexcept {
        live_bytes -= static_cast<std::int64_t>(bytes);
        --live_blocks_;
        Host::deallocate(block, bytes);
    }

    // An embedding makes its backend itself, so the test looks here.
    static inline thread_local std::int64_t live_bytes = 0;
    static inline thread_local std::int64_t allocations = 0;

private:
    std::int64_t live_blocks_ = 0;  // a member, so that sanitizers see blocks outlive their backend
};

}  // namespace hotrow::test
