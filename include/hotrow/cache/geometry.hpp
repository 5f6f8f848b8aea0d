// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../config.hpp"

#include <bit>
#include <cstdint>

namespace hotrow {

/// An invertible mixer of k-bit numbers. Ids that stand close together, as those of one table do, are spread
/// evenly over [0, 2^k), so that equal slices of that range are sets of equal load.
/// xorshift by at least half the width is its own inverse; multiplication by an odd number has the inverse odd
/// number modulo 2^k.
struct Mixer {
    int bits = 1;

    /// The greatest number of so many bits.
    HOTROW_HD std::uint64_t mask() const { return mask_of<std::uint64_t>(); }

    /// `Word`: an unsigned integer of at least `bits` bits. Products modulo 2^bits need no wider one, and narrow ones vectorise better.
    template <class Word>
    HOTROW_HD Word operator()(Word x) const {
        const Word mask = mask_of<Word>();
        const int shift = (bits + 1) / 2;
        x = static_cast<Word>((x ^ (x >> shift)) * static_cast<Word>(first)) & mask;
        x = static_cast<Word>((x ^ (x >> shift)) * static_cast<Word>(second)) & mask;
        return x ^ (x >> shift);
    }

    template <class Word>
    HOTROW_HD Word inverse(Word x) const {
        constexpr Word inverse_of_first = static_cast<Word>(inverse_of(first)), inverse_of_second = static_cast<Word>(inverse_of(second));
        const Word mask = mask_of<Word>();
        const int shift = (bits + 1) / 2;
        x = x ^ (x >> shift);
        x = static_cast<Word>(x * inverse_of_second) & mask;
        x = x ^ (x >> shift);
        x = static_cast<Word>(x * inverse_of_first) & mask;
        return x ^ (x >> shift);
    }

private:
    template <class Word>
    HOTROW_HD Word mask_of() const {
        return static_cast<Word>(~Word{0}) >> (8 * static_cast<int>(sizeof(Word)) - bits);
    }

    static constexpr std::uint64_t first = 0x9E3779B97F4A7C15ull;
    static constexpr std::uint64_t second = 0xD6E8FEB86659FD93ull;

    /// Newton's iteration for the inverse of an odd number modulo 2^64; each step doubles the number of right bits.
    HOTROW_HD static constexpr std::uint64_t inverse_of(std::uint64_t odd) {
        std::uint64_t inverse = odd;
        for (int i = 0; i < 5; ++i) inverse *= 2u - odd * inverse;
        return inverse;
    }
};

/// Where rows of all tables may lie: the linear id space, its permutation, and the sets cut from it.
/// `h = mixer(id)` is the *key* of a row, and its set is `(h * sets) >> k`, which grows with `h`: rows sorted by key are
/// sorted by set.
template <class RowId>
struct Geometry {
    std::uint64_t rows = 0;  ///< rows of all tables; the id `rows` itself is a valid key and stands for bad indices
    std::uint64_t sets = 0;
    Mixer mixer;

    Geometry() = default;
    Geometry(std::uint64_t row_count, std::uint64_t set_count) : rows(row_count), sets(set_count), mixer{static_cast<int>(std::bit_width(row_count))} {}

    HOTROW_HD RowId key(std::uint64_t row) const { return mixer(static_cast<RowId>(row)); }
    HOTROW_HD RowId row(RowId key) const { return mixer.inverse(key); }

    HOTROW_HD std::uint64_t set(RowId key) const {
        if constexpr (sizeof(RowId) <= 4) {
            return (static_cast<std::uint64_t>(key) * sets) >> mixer.bits;
        } else {
            // The top 32 bits of wide keys decide, so that the product fits in 64 bits.
            const int drop = mixer.bits > 32 ? mixer.bits - 32 : 0;
            return ((static_cast<std::uint64_t>(key) >> drop) * sets) >> (mixer.bits - drop);
        }
    }
};

}  // namespace hotrow
