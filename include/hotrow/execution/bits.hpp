// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../config.hpp"

#include <bit>
#include <cstdint>

/// Counts of bits at run time, on both sides: those of <bit> are for the host.
namespace hotrow::detail {

/// Position of the highest set bit, plus one; 0 for 0.
HOTROW_HD inline int bit_width(std::uint32_t x) {
#if defined(__CUDA_ARCH__)
    return 32 - __clz(static_cast<int>(x));
#else
    return static_cast<int>(std::bit_width(x));
#endif
}

/// Position of the lowest set bit; x is not 0.
HOTROW_HD inline int lowest_bit(std::uint64_t x) {
#if defined(__CUDA_ARCH__)
    return __ffsll(static_cast<long long>(x)) - 1;
#else
    return std::countr_zero(x);
#endif
}

HOTROW_HD inline int set_bits(std::uint64_t x) {
#if defined(__CUDA_ARCH__)
    return __popcll(x);
#else
    return std::popcount(x);
#endif
}

}  // namespace hotrow::detail
