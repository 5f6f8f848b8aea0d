// SPDX-License-Identifier: Apache-2.0
// The test harness itself, on the device: a kernel is launched, CUB sorts.
#include "support/catch.hpp"

#include <cub/device/device_radix_sort.cuh>
#include <thrust/device_vector.h>
#include <thrust/host_vector.h>

#include <cstddef>
#include <cstdint>

static_assert(__cplusplus >= 202002L);

namespace {

__global__ void count_down(std::uint32_t* values, std::uint32_t count) {
    const std::uint32_t i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < count) { values[i] = count - i; }
}

}  // namespace

TEST_CASE("a kernel runs and CUB sorts what it wrote", "[support][cuda]") {
    constexpr std::uint32_t count = 3000;
    thrust::device_vector<std::uint32_t> keys(count);
    thrust::device_vector<std::uint32_t> sorted(count);
    count_down<<<(count + 127) / 128, 128>>>(thrust::raw_pointer_cast(keys.data()), count);
    REQUIRE(cudaGetLastError() == cudaSuccess);

    const auto sort = [&](void* scratch, std::size_t& scratch_bytes) {
        return cub::DeviceRadixSort::SortKeys(scratch, scratch_bytes, thrust::raw_pointer_cast(keys.data()), thrust::raw_pointer_cast(sorted.data()), count);
    };
    std::size_t scratch_bytes = 0;
    REQUIRE(sort(nullptr, scratch_bytes) == cudaSuccess);
    thrust::device_vector<std::byte> scratch(scratch_bytes);
    REQUIRE(sort(thrust::raw_pointer_cast(scratch.data()), scratch_bytes) == cudaSuccess);

    const thrust::host_vector<std::uint32_t> result = sorted;
    for (std::uint32_t i = 0; i < count; ++i) { REQUIRE(result[i] == i + 1); }
}
