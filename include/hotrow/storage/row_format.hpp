// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../config.hpp"
#include "../execution/tile.hpp"
#include "precision.hpp"
#include "quantizer.hpp"
#include "rounding.hpp"

#include <cstddef>

namespace hotrow {

/// How a row of `Dim` floats is stored: precision x quantizer x rounding.
///
/// Byte layout of a stored row (little endian): the codes, packed, padded with zero-valued elements to a multiple of
/// four; then the quantizer's qparams; then padding up to `alignment`, the width in bytes of a pack of four codes
/// (and at least that of a qparam), so that every pack is read by one aligned load.
template <class PrecisionType, class QuantizerType, class RoundingType = NearestEven>
struct RowFormat {
    static_assert(Precision<PrecisionType>, "RowFormat: the first parameter is no Precision (bits, is_integer, name, unpack<N>)");
    static_assert(Rounding<RoundingType>, "RowFormat: the third parameter is no Rounding (prepare, random_words, to_integer, drop_bits)");
    static_assert(QuantizerFor<QuantizerType, PrecisionType>,
                  "RowFormat: this quantizer cannot serve this precision; integers need RowAffine, floats take Cast");

    using Precision_t = PrecisionType;
    using Quantizer_t = QuantizerType;
    using Rounding_t = RoundingType;

    template <int Dim>
    struct Layout {
        static constexpr int pack_bytes = 4 * PrecisionType::bits / 8;
        static constexpr int alignment =
            pack_bytes > QuantizerType::qparam_alignment ? pack_bytes : QuantizerType::qparam_alignment;
        static constexpr int code_bytes = (Dim + 3) / 4 * pack_bytes;
        static constexpr int qparam_offset =
            (code_bytes + QuantizerType::qparam_alignment - 1) / QuantizerType::qparam_alignment * QuantizerType::qparam_alignment;
        static constexpr int used = qparam_offset + QuantizerType::template qparam_bytes<Dim>;
        /// Bytes from one stored row to the next.
        static constexpr int stride = (used + alignment - 1) / alignment * alignment;
    };

    /// Writes the stored row of `values` (a lane's elements, finite). `key` fixes every random bit.
    template <int Dim, Tile TileType>
    HOTROW_HD static void encode(const TileType& tile, const float* values, std::byte* stored, const RandomKey& key) {
        QuantizerType::template encode<PrecisionType, RoundingType, Dim>(tile, values, stored, stored + Layout<Dim>::qparam_offset, key);
    }

    /// Reads a stored row into `values`; elements beyond `Dim` are undefined.
    template <int Dim, Tile TileType>
    HOTROW_HD static void decode(const TileType& tile, const std::byte* stored, float* values) {
        QuantizerType::template decode<PrecisionType, Dim>(tile, stored, stored + Layout<Dim>::qparam_offset, values);
    }
};

}  // namespace hotrow
