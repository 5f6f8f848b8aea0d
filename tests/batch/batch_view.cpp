// SPDX-License-Identifier: Apache-2.0
// Finding the bag of a lookup, and staying inside the batch whatever the offsets say.
#include "support/catch.hpp"

#include <hotrow/batch/batch.hpp>

#include <cstdint>
#include <limits>
#include <random>
#include <vector>

using namespace hotrow;

namespace {

template <class I>
BatchView<I> view_of(const std::vector<I>& offsets, std::uint32_t lookups) {
    const std::uint32_t bags = static_cast<std::uint32_t>(offsets.size() - 1);
    return {nullptr, offsets.data(), nullptr, lookups, bags, bags, Pooling::sum};
}

}  // namespace

TEMPLATE_TEST_CASE("the bag of a lookup is the one that holds it, among empty ones", "[batch]", std::int32_t, std::int64_t) {
    std::mt19937 random(1);
    const auto draw = [&](std::uint32_t n) { return static_cast<std::uint32_t>(random() % n); };
    for (int round = 0; round < 200; ++round) {
        std::vector<TestType> offsets{0};
        std::vector<std::uint32_t> bag_of;
        const std::uint32_t bags = 1 + draw(20);
        for (std::uint32_t bag = 0; bag < bags; ++bag) {
            const std::uint32_t length = draw(3) == 0 ? 0 : draw(6);
            bag_of.insert(bag_of.end(), length, bag);
            offsets.push_back(static_cast<TestType>(bag_of.size()));
        }
        const auto view = view_of(offsets, static_cast<std::uint32_t>(bag_of.size()));
        for (std::uint32_t p = 0; p < bag_of.size(); ++p) REQUIRE(view.bag_of(p) == bag_of[p]);
    }
}

TEMPLATE_TEST_CASE("bags stay inside the batch", "[batch]", std::int32_t, std::int64_t) {
    constexpr TestType most = std::numeric_limits<TestType>::max(), least = std::numeric_limits<TestType>::min();
    std::mt19937 random(2);
    const auto draw = [&](std::uint32_t n) { return static_cast<std::uint32_t>(random() % n); };
    const TestType strange[] = {most, least, -1, 0, 1, 5, 9, 10, 11};
    for (int round = 0; round < 500; ++round) {
        std::vector<TestType> offsets(5);
        for (TestType& offset : offsets) offset = strange[draw(9)];
        const auto view = view_of(offsets, 10);
        for (std::uint32_t bag = 0; bag < 4; ++bag) {
            REQUIRE(view.begin(bag) <= view.end(bag));
            REQUIRE(view.end(bag) <= 10);
        }
        for (std::uint32_t p = 0; p < 10; ++p) REQUIRE(view.bag_of(p) < 4);
    }
}

TEST_CASE("no weights are all ones", "[batch]") {
    const std::vector<std::int32_t> offsets{0, 2};
    BatchView<std::int32_t> view = view_of(offsets, 2);
    REQUIRE(view.weight(1) == 1.0f);
    const float weights[] = {0.5f, -2.0f};
    view.weights = weights;
    REQUIRE(view.weight(1) == -2.0f);
}
