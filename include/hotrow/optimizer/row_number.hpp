// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../config.hpp"
#include "../storage/cast.hpp"
#include "../storage/generator.hpp"
#include "../storage/precision.hpp"
#include "../storage/row_format.hpp"
#include "element_states.hpp"

#include <cstdint>
#include <type_traits>

namespace hotrow::detail {

/// One number a row, as row-wise optimizers keep it: in the precision and with the rounding of `Format`. Its random word is its own.
template <class Format>
struct RowNumber {
    using Precision = typename Format::Precision_t;
    using Rounding = typename Format::Rounding_t;
    static_assert(std::is_same_v<typename Format::Quantizer_t, Cast> && Precision::bits >= 16,
                  "optimizer: a single number a row has nothing to share a scale with; give RowFormat<Fp32, Cast>, or Bf16 or Fp16 with Cast");

    static constexpr bool is_whole = std::is_same_v<Precision, Fp32>;
    using Stored = std::conditional_t<is_whole, float, std::uint16_t>;

    HOTROW_HD static float load(Stored stored) {
        if constexpr (is_whole) {
            return stored;
        } else {
            return Precision::Format::decode(stored);
        }
    }
    /// A finite number.
    HOTROW_HD static Stored store(float value, const RandomKey& key) {
        if constexpr (is_whole) {
            return value;
        } else {
            std::uint32_t words[4];
            Rounding::random_words(Rounding::prepare(state_key(key, row_number_state)), 0, words);
            return static_cast<Stored>(Precision::Format::template encode<Rounding>(value, words[0]));
        }
    }
    /// A first value.
    HOTROW_HD static Stored nearest(float value) {
        if constexpr (is_whole) {
            return value;
        } else {
            return static_cast<Stored>(Precision::Format::template encode<NearestEven>(value, 0u));
        }
    }
};

}  // namespace hotrow::detail
