// SPDX-License-Identifier: Apache-2.0
#include "cuda/all_combinations.hpp"

std::vector<hotrow::test::Combination> hotrow::test::all_combinations() {
    std::vector<Combination> all;
    for (const auto part : {combinations_1, combinations_2, combinations_3, combinations_4}) {
        const std::vector<Combination> some = part();
        all.insert(all.end(), some.begin(), some.end());
    }
    return all;
}
