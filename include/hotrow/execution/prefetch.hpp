// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../config.hpp"

#include <cstdint>
#include <utility>

namespace hotrow::detail {

/// How many rows ahead the host asks the memory for a row; its hardware cannot guess which row comes next.
inline constexpr std::uint32_t prefetch_distance = 32;

/// Rows are asked for in groups, which measured faster than one by one (docs/performance.md): the waits of a group can overlap, where
/// between two single prefetches stands the arithmetic of a row.
inline constexpr std::uint32_t prefetch_group = 16;

/// Calls `ask(i)` for what a loop up to `end` should ask for when it comes to `at`.
template <class Ask>
HOTROW_INLINE void prefetch_ahead(std::uint32_t at, std::uint32_t end, Ask&& ask) {
    if (at % prefetch_group != 0) return;
    const std::uint32_t first = at + prefetch_distance;
    const std::uint32_t last = first + prefetch_group < end ? first + prefetch_group : end;
    for (std::uint32_t i = first; i < last; ++i) ask(i);
}

/// Asks for the 64 bytes around `at + Offset`, into the second level: random rows are read about twice as fast as with prefetches into
/// the first (docs/performance.md).
template <int Offset = 0>
HOTROW_INLINE void prefetch_line(const char* at) {
#if defined(__x86_64__)
    // GCC takes a function that only prefetches for one without effect, and drops the calls: hence not
    // __builtin_prefetch. The address is an operand, not the memory, which would count as a read.
    asm volatile("prefetcht1 %c1(%0)" : : "r"(at), "i"(Offset));
#else
    __builtin_prefetch(at + Offset, 0, 2);
#endif
}

/// Asks the memory for `bytes` bytes. On a device other warps hide the latency, and this does nothing.
HOTROW_HD inline void prefetch([[maybe_unused]] const void* from, [[maybe_unused]] int bytes = 1) {
#if !defined(__CUDA_ARCH__)
    const char* const first = static_cast<const char*>(from);
    for (int offset = 0; offset < bytes; offset += 64) prefetch_line(first + offset);
    prefetch_line(first + bytes - 1);
#endif
}

/// The same for `Bytes` bytes that begin at a multiple of `Alignment`: as few instructions as can be, and no loop.
template <int Bytes, int Alignment>
HOTROW_HD HOTROW_INLINE void prefetch([[maybe_unused]] const void* from) {
#if !defined(__CUDA_ARCH__)
    constexpr int step = Alignment < 64 ? Alignment : 64;    // NOLINT(bugprone-branch-clone): of one instance, 64
    constexpr int lines = (Bytes - 1 + 64 - step) / 64 + 1;  // at most; the last one holds the last byte
    [&]<int... I>(std::integer_sequence<int, I...>) {
        const char* const first = static_cast<const char*>(from);
        (prefetch_line<(64 * I < Bytes ? 64 * I : Bytes - 1)>(first), ...);
    }(std::make_integer_sequence<int, lines>{});
#endif
}

/// The largest power of two, up to 64, that divides `bytes`: how rows of this length are aligned in memory that is.
constexpr int alignment_of_rows(std::int64_t bytes) { return bytes % 64 == 0 ? 64 : static_cast<int>(bytes & -bytes); }

}  // namespace hotrow::detail
