// SPDX-License-Identifier: Apache-2.0
#include <hotrow/storage/row_format.hpp>

constexpr int stride = hotrow::RowFormat<hotrow::Int8, hotrow::Cast>::Layout<8>::stride;
