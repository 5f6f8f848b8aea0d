// SPDX-License-Identifier: Apache-2.0
#include <hotrow/storage/row_format.hpp>

constexpr int stride = hotrow::RowFormat<hotrow::Int4, hotrow::BlockAffine<12>>::Layout<64>::stride;
