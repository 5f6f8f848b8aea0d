// SPDX-License-Identifier: Apache-2.0
// Work in small portions is done once each, however many threads there are.
#include "examples/support/workers.hpp"

#include <vector>

#include "support/catch.hpp"

TEST_CASE("every portion is done once, round after round", "[dlrm]") {
    for (int threads : {1, 2, 5}) {
        examples::Workers workers(threads);
        for (int count : {0, 1, 2, 7, 100}) {
            for (int round = 0; round < 200; ++round) {
                std::vector<int> done(static_cast<std::size_t>(count), 0);
                workers.for_each(count, [&](int i) { ++done[static_cast<std::size_t>(i)]; });
                REQUIRE(done == std::vector<int>(static_cast<std::size_t>(count), 1));
            }
        }
    }
}

TEST_CASE("workers that were never used go quietly", "[dlrm]") {
    examples::Workers const workers(4);
    SUCCEED();
}
