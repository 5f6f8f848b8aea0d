// SPDX-License-Identifier: Apache-2.0
// The combinations that are trained on host and device.
#pragma once

#include "cuda/both.hpp"

#include <vector>

namespace hotrow::test {

/// Those of the program: of combinations_1.cu to combinations_4.cu, or of few_combinations.cu.
std::vector<Combination> all_combinations();

std::vector<Combination> combinations_1();
std::vector<Combination> combinations_2();
std::vector<Combination> combinations_3();
std::vector<Combination> combinations_4();

}  // namespace hotrow::test
