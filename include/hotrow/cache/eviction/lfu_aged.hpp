// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../../execution/bits.hpp"
#include "../admission.hpp"
#include "../ghosts.hpp"
#include "eviction.hpp"

#include <cstdint>

namespace hotrow {

/// Least frequently used, with counts that halve every `HalfLife` lookups per slot of the cache: what was hot long ago
/// gives way. The default. (The idea of LRFU, Lee et al., IEEE Trans. Computers 2001, between recency and frequency.)
///
/// A count is the sum over uses of lookups * 2^-(half-lives since the use). Multiplied by 2^(half-lives since the start) it
/// never needs to be aged, and that product is the score: a float of 16 bits of exponent, which count half-lives and wrap,
/// over 16 bits of mantissa without the leading one (fractions of a half-life go into the mantissa, 2^f taken for 1 + f, which is up to 6 % off).
/// A line that is not used for 32,768 half-lives looks new.
template <int HalfLife = 50>
struct LfuAged {
    static_assert(HalfLife >= 1, "LfuAged<HalfLife>: HalfLife must be at least 1 lookup per slot");
    using Score = std::uint32_t;
    using DefaultAdmission = IfMoreFrequent;
    using DefaultGhosts = Ghosts<32>;
    static constexpr const char* name = "lfu_aged";

    /// Half-lives since the start, in units of 2^-16, modulo 2^32.
    HOTROW_HD static std::uint32_t time(std::uint64_t lookups, std::uint64_t slots) {
        return static_cast<std::uint32_t>((lookups << 16) / (slots * static_cast<std::uint64_t>(HalfLife)));
    }
    HOTROW_HD static Score admitted(const CacheClock& clock, std::uint32_t lookups) {
        const int exponent = detail::bit_width(lookups) - 1;
        const std::uint32_t mantissa = exponent <= 16 ? lookups << (16 - exponent) : lookups >> (exponent - 16);
        return clock.now + (static_cast<std::uint32_t>(exponent) << 16) + (mantissa - one);
    }
    HOTROW_HD static Score hit(Score score, const CacheClock& clock, std::uint32_t lookups) {
        const Score use = admitted(clock, lookups);
        const bool newer = static_cast<std::int32_t>(use - score) >= 0;
        const Score high = newer ? use : score, low = newer ? score : use;
        const std::uint32_t shift = ((high >> 16) - (low >> 16)) & 0xffffu;
        const std::uint32_t addend = shift > 16u ? 0u : (one + (low & 0xffffu)) >> shift;
        const std::uint32_t sum = one + (high & 0xffffu) + addend;  // below 4 ones
        const std::uint32_t exponent = high & 0xffff0000u;
        return sum >= 2u * one ? exponent + (sum >> 1) : exponent + (sum - one);
    }
    HOTROW_HD static std::uint32_t priority(Score score, std::uint64_t, const CacheClock& clock) { return score - clock.now + 0x80000000u; }

    /// Eight bits of either part are kept; counts of more than 127 half-lives ago are taken for so old.
    HOTROW_HD static std::uint16_t remember(Score score, const CacheClock& clock) {
        constexpr std::int32_t oldest = -(127 << 16);
        const std::int32_t age = static_cast<std::int32_t>(score - clock.now);
        return static_cast<std::uint16_t>((age < oldest ? clock.now + static_cast<std::uint32_t>(oldest) : score) >> 8);
    }
    HOTROW_HD static Score recall(std::uint16_t kept, const CacheClock& clock) {
        const std::int16_t age = static_cast<std::int16_t>(static_cast<std::uint16_t>(kept - static_cast<std::uint16_t>(clock.now >> 8)));
        return ((clock.now >> 8) + static_cast<std::uint32_t>(static_cast<std::int32_t>(age))) << 8;
    }

private:
    static constexpr std::uint32_t one = 1u << 16;
};

}  // namespace hotrow
