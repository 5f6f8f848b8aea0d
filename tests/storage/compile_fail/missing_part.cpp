// SPDX-License-Identifier: Apache-2.0
#include "parts.hpp"

constexpr int stride = MyFormat::Layout<8>::stride;
