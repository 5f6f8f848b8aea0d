// SPDX-License-Identifier: Apache-2.0
// Every thread of a team does its part once, and the caller sees the results.
#include "support/catch.hpp"

#include <hotrow/execution/team.hpp>

#include <chrono>
#include <thread>
#include <vector>

using namespace hotrow;

TEST_CASE("each thread is called once a run", "[execution]") {
    for (const int threads : {1, 2, 5}) {
        detail::Team team(threads);
        REQUIRE(team.size() == threads);
        std::vector<int> calls(static_cast<std::size_t>(threads), 0);  // not atomic: each thread has its own
        for (int round = 1; round <= 300; ++round) {
            if (round % 100 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(5));  // the others fall asleep
            team.run([&](int thread) { ++calls[static_cast<std::size_t>(thread)]; });
            for (const int count : calls) REQUIRE(count == round);
        }
    }
}

TEST_CASE("teams come and go without work", "[execution]") {
    for (int i = 0; i < 50; ++i) detail::Team team(4);
    SUCCEED();
}
