// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../storage/cast.hpp"
#include "../storage/precision.hpp"
#include "../storage/rounding.hpp"
#include "../storage/row_format.hpp"
#include "../storage/scaled.hpp"

namespace hotrow {

// Formats for what optimizers keep. Any `RowFormat` will do; these suit it. Steps change a state by far less than half the spacing of a narrow format, so
// the narrow ones round stochastically: to the nearest, a mean stays where it is.

/// As it is.
using Fp32State = RowFormat<Fp32, Cast>;
/// 16 bits with FP32's range: for any state.
using Bf16State = RowFormat<Bf16, Cast, Stochastic<>>;
/// Finer than `Bf16State`, from 2^-14 to 65504; sums and means of squares leave that range soon.
using Fp16State = RowFormat<Fp16, Cast, Stochastic<>>;
/// 8 bits an element and a scale for 32, for what has a sign: means of gradients, momentum.
using Fp8State = RowFormat<Fp8E4M3, BlockScaled<32, Bf16>, Stochastic<>>;
/// The same for squares, which an update divides by: one that became zero beside a larger one would be divided by epsilon. Five bits of exponent keep 2^-31 of
/// a block's largest, and of gradients 2^-15 of the longest, where integers with a scale keep 1/255 of it.
using Fp8SquaresState = RowFormat<Fp8E5M2, BlockScaled<32, Bf16>, Stochastic<>>;

}  // namespace hotrow
