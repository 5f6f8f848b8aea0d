// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../config.hpp"
#include "../execution/arithmetic.hpp"
#include "../execution/tile.hpp"
#include "precision.hpp"
#include "quantizer.hpp"
#include "requirements.hpp"
#include "rounding.hpp"

#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace hotrow {

/// How a row of `Dim` floats is stored: precision x quantizer x rounding.
///
/// Byte layout of a stored row (little endian):
/// * `code_bytes`: the codes. Element e of a precision of b bits is the bits b e to b e + b - 1, counted from the lowest bit of byte 0;
///   padded to a multiple of four elements with the code of some value of the row's range;
/// * zeros up to `qparam_offset`, a multiple of the width of a qparam;
/// * the quantizer's qparams;
/// * zeros up to `stride`, a multiple of `alignment`: the width of a pack of four codes or of a qparam, whichever is
///   more, so that every pack is read by one aligned load.
template <class PrecisionType, class QuantizerType, class RoundingType = NearestEven>
struct RowFormat : private detail::RowFormatRequirements<PrecisionType, QuantizerType, RoundingType> {
    /// What one element is.
    using Precision_t = PrecisionType;
    /// How a row becomes codes.
    using Quantizer_t = QuantizerType;
    /// Which neighbour is taken.
    using Rounding_t = RoundingType;

    /// Byte layout of a stored row of `Dim` elements, in bytes.
    template <int Dim>
    struct Layout {
        static_assert(Dim >= 1, "RowFormat::Layout<Dim>: Dim must be at least 1");
        static constexpr int pack_bytes = 4 * PrecisionType::bits / 8;  ///< of four codes
        /// What every stored row is aligned to.
        static constexpr int alignment = pack_bytes > QuantizerType::qparam_alignment ? pack_bytes : QuantizerType::qparam_alignment;
        static constexpr int code_bytes = (Dim + 3) / 4 * pack_bytes;  ///< of all codes
        /// Where the qparams begin.
        static constexpr int qparam_offset =
            (code_bytes + QuantizerType::qparam_alignment - 1) / QuantizerType::qparam_alignment * QuantizerType::qparam_alignment;
        static constexpr int used = qparam_offset + QuantizerType::template qparam_bytes<Dim>;  ///< up to the end of the qparams
        /// Bytes from one stored row to the next.
        static constexpr int stride = (used + alignment - 1) / alignment * alignment;
    };

    /// Overwrites a stored row with `values` (a lane's elements). They must be finite: test them with `is_finite`, which is what
    /// `CachedEmbedding` does. `key` fixes every random bit.
    template <int Dim, Tile TileType>
    HOTROW_HD static void encode(const TileType& tile, const float* values, std::byte* stored, const RandomKey& key) {
        QuantizerType::template encode<PrecisionType, RoundingType, Dim>(tile, values, stored, stored + Layout<Dim>::qparam_offset, key);
        clear_padding<Dim>(tile, stored);
    }

    /// The same for memory that holds no row yet: a quantizer that learns from the row it replaces starts afresh.
    template <int Dim, Tile TileType>
    HOTROW_HD static void initialise(const TileType& tile, const float* values, std::byte* stored, const RandomKey& key) {
        if constexpr (detail::Initialises<QuantizerType, PrecisionType, RoundingType>) {
            QuantizerType::template initialise<PrecisionType, RoundingType, Dim>(tile, values, stored, stored + Layout<Dim>::qparam_offset, key);
            clear_padding<Dim>(tile, stored);
        } else {
            encode<Dim>(tile, values, stored, key);
        }
    }

    /// Reads a stored row into `values`; elements beyond `Dim` are undefined.
    template <int Dim, Tile TileType>
    HOTROW_HD HOTROW_INLINE static void decode(const TileType& tile, const std::byte* stored, float* values) {
        QuantizerType::template decode<PrecisionType, Dim>(tile, stored, stored + Layout<Dim>::qparam_offset, values);
    }

    /// Reads a stored row in stretches, `f(width, i, values)`: `values[width]` are the lane's elements from `i` on. What is
    /// summed at once needs no array for the row.
    template <int Dim, Tile TileType, class F>
    HOTROW_HD HOTROW_INLINE static void visit(const TileType& tile, const std::byte* stored, F&& f) {
        if constexpr (detail::Visits<QuantizerType, PrecisionType>) {
            QuantizerType::template visit<PrecisionType, Dim>(tile, stored, stored + Layout<Dim>::qparam_offset, f);
        } else {
            constexpr int local = RowShape<Dim, TileType::lanes>::local;
            float values[local];
            decode<Dim>(tile, stored, values);
            f(std::integral_constant<int, local>{}, 0, values);
        }
    }

    /// Whether every element of the row is finite, so that it can be encoded; on every lane.
    template <int Dim, Tile TileType>
    HOTROW_HD HOTROW_INLINE static bool is_finite(const TileType& tile, const float* values) {
        std::uint32_t largest = 0;  // magnitude, as an integer of the same order: infinity and NaN are beyond all others
        for_each_element<Dim>(tile, [&](int i, int) {
            const std::uint32_t magnitude = arithmetic::bits_of(values[i]) & 0x7fffffffu;
            largest = magnitude > largest ? magnitude : largest;
        });
        return !tile.any(largest >= 0x7f800000u);
    }

private:
    /// Every byte of a stored row is defined, so that tables can be compared and checksummed.
    template <int Dim, Tile TileType>
    HOTROW_HD static void clear_padding(const TileType& tile, std::byte* stored) {
        using L = Layout<Dim>;
        if constexpr (L::code_bytes < L::qparam_offset || L::used < L::stride) {
            if (tile.rank() == 0) {
                for (int i = L::code_bytes; i < L::qparam_offset; ++i) stored[i] = std::byte{0};
                for (int i = L::used; i < L::stride; ++i) stored[i] = std::byte{0};
            }
        }
    }
};

}  // namespace hotrow
