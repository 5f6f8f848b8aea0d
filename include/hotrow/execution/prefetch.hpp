// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../config.hpp"

#include <cstdint>

namespace hotrow::detail {

/// How many rows ahead the host asks the memory for a row; its hardware cannot guess which row comes next.
inline constexpr std::uint32_t prefetch_distance = 16;

/// Asks the memory for the bytes at `from`. On a device other warps hide the latency, and this does nothing.
HOTROW_HD inline void prefetch([[maybe_unused]] const void* from, [[maybe_unused]] int bytes = 1) {
#if !defined(__CUDA_ARCH__)
    const char* const first = static_cast<const char*>(from);
    const auto line = [](const char* at) {
#if defined(__x86_64__)
        // GCC takes a function that only prefetches for one without effect, and drops the calls: hence not __builtin_prefetch.
        asm volatile("prefetcht0 %0" : : "m"(*at));
#else
        __builtin_prefetch(at);
#endif
    };
    for (int offset = 0; offset < bytes; offset += 64) line(first + offset);
    line(first + bytes - 1);
#endif
}

}  // namespace hotrow::detail
