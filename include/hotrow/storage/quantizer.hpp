// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../config.hpp"
#include "../execution/tile.hpp"
#include "affine.hpp"
#include "cast.hpp"
#include "clipped.hpp"
#include "generator.hpp"
#include "learned.hpp"
#include "precision.hpp"
#include "scaled.hpp"
#include "symmetric.hpp"

#include <concepts>
#include <cstddef>

namespace hotrow {

/// A quantizer maps a row of finite floats to codes and qparams and back. It has
/// * `accepts<Precision>`: which precisions it can serve;
/// * `qparam_bytes<Dim>`, `qparam_alignment`: what follows the codes in a stored row;
/// * `encode<Precision, Rounding, Dim>(tile, values, codes, qparams, random_key)`;
/// * `decode<Precision, Dim>(tile, codes, qparams, values)`;
/// * optionally `initialise`, with the parameters of `encode`: `encode` may then read the stored row that it replaces,
///   and the first encoding of a row is made by `initialise`, which may not.
/// * optionally `visit<Precision, Dim>(tile, codes, qparams, f)`: as `decode`, but shows the values to `f(width, i, values)`, stretch by
///   stretch; pooled reads then sum them as they are decoded.
/// `values` are a lane's elements in the order of `RowShape`; codes must be made with the qparams *as stored*. Elements past the end of
/// the row in its last pack are undefined in `values`; their codes must be made of something else.
template <class Q, class P>
concept QuantizerFor = Precision<P> && Q::template accepts<P> && requires {
    { Q::template qparam_bytes<4> } -> std::convertible_to<int>;
    { Q::qparam_alignment } -> std::convertible_to<int>;
};

}  // namespace hotrow
