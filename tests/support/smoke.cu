// SPDX-License-Identifier: Apache-2.0
// The test harness itself, on the device: a kernel is launched.
#include "support/catch.hpp"
#include "support/device_memory.hpp"

#include <cstdint>
#include <vector>

static_assert(__cplusplus >= 202002L);

namespace {

__global__ void count_down(std::uint32_t* values, std::uint32_t count) {
    const std::uint32_t i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < count) { values[i] = count - i; }
}

}  // namespace

TEST_CASE("a kernel writes what the host reads", "[support][cuda]") {
    constexpr std::uint32_t count = 3000;
    const hotrow::test::DeviceArray<std::uint32_t> values(count);
    count_down<<<(count + 127) / 128, 128>>>(values.data(), count);
    REQUIRE(cudaGetLastError() == cudaSuccess);
    const std::vector<std::uint32_t> result = values.get();
    for (std::uint32_t i = 0; i < count; ++i) { REQUIRE(result[i] == count - i); }
}
