// SPDX-License-Identifier: Apache-2.0
// The harness of same-output tests: an explicit fma is the same whatever the compiler may contract.
// (HOTROW_TEST_BARE shows that a bare multiply-add is not.)
#include "support/hash.hpp"

#include <cinttypes>
#include <cmath>
#include <cstdio>
#include <vector>

int main() {
    std::vector<float> values(4096);
    float x = 0.1f;
    for (float& value : values) {
#ifdef HOTROW_TEST_BARE
        x = x * 3.7f + -3.7f * x * x;
#else
        x = std::fma(x, 3.7f, -3.7f * x * x);
#endif
        value = x;
    }
    std::printf("%016" PRIx64 "\n", hotrow::test::hash_bytes(std::span<const float>(values)));
}
