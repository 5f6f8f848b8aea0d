// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../config.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__AVX512F__) && !defined(__CUDACC__)
#include <immintrin.h>
#define HOTROW_CODE_TABLES 1
#else
#define HOTROW_CODE_TABLES 0
#endif

/// Codes of 4 and 2 bits have so few values that a register holds them all: the host computes each once a block, and takes the
/// elements from there, instead of converting and scaling every code.
namespace hotrow::detail {

/// How many of N elements are taken from a table, from the first one on.
template <int Bits, int N>
inline constexpr int elements_by_table = HOTROW_CODE_TABLES && (Bits == 4 || Bits == 2) ? N / 16 * 16 : 0;

#if HOTROW_CODE_TABLES

/// values[i] = value(code i) for the first `elements_by_table` elements; the bits are those of `value`.
template <int Bits, int N, class Value>
HOTROW_INLINE void decode_by_table(const std::byte* codes, const Value& value, float* values) {
    alignas(64) float table[16];
    for (int c = 0; c < 16; ++c) table[c] = value(static_cast<float>(c % (1 << Bits)));
    const __m512 all = _mm512_load_ps(table);
    constexpr __mmask16 every = 0xffff;  // masked: GCC 12 warns about the undefined register of the plain ones
    for (int i = 0; i < elements_by_table<Bits, N>; i += 16) {
        __m512 taken;
        // Each lane gets the word that holds its code, which moves to the lowest bits; the permutation ignores the others.
        if constexpr (Bits == 4) {
            const __m512i half = _mm512_setr_epi32(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1);
            const __m512i shift = _mm512_setr_epi32(0, 4, 8, 12, 16, 20, 24, 28, 0, 4, 8, 12, 16, 20, 24, 28);
            std::uint64_t word;
            std::memcpy(&word, codes + i / 2, sizeof(word));
            const __m512i words = _mm512_maskz_permutexvar_epi32(every, half, _mm512_set1_epi64(static_cast<long long>(word)));
            taken = _mm512_maskz_permutexvar_ps(every, _mm512_maskz_srlv_epi32(every, words, shift), all);
        } else {
            const __m512i shift = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
            std::uint32_t word;
            std::memcpy(&word, codes + i / 4, sizeof(word));
            taken = _mm512_maskz_permutevar_ps(every, all, _mm512_maskz_srlv_epi32(every, _mm512_set1_epi32(static_cast<int>(word)), shift));
        }
        _mm512_storeu_ps(values + i, taken);
    }
}

#endif

}  // namespace hotrow::detail
