// SPDX-License-Identifier: Apache-2.0
#include <hotrow/storage/row_format.hpp>

using Rounding = hotrow::Stochastic<hotrow::CounterHash, 24>;
constexpr int stride = hotrow::RowFormat<hotrow::Int4, hotrow::RowAffine<>, Rounding>::Layout<64>::stride;
