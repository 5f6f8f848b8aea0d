// SPDX-License-Identifier: Apache-2.0
// Units of one program that were built with different versions of hotrow, for different architectures, launch kernels of their own.
#include "support/catch.hpp"

#include <cuda_runtime_api.h>

#include <cstdint>
#include <vector>

void write_marks_of_this_version(std::uint32_t* marks, std::uint32_t count);
void write_marks_of_next_version(std::uint32_t* marks, std::uint32_t count);

TEST_CASE("each unit launches its own kernels", "[cuda]") {
    constexpr std::uint32_t count = 1000;
    std::uint32_t* marks = nullptr;
    REQUIRE(cudaMalloc(reinterpret_cast<void**>(&marks), count * sizeof(std::uint32_t)) == cudaSuccess);
    const auto copy = [&] {
        std::vector<std::uint32_t> all(count);
        REQUIRE(cudaStreamSynchronize(cudaStreamPerThread) == cudaSuccess);
        REQUIRE(cudaMemcpy(all.data(), marks, count * sizeof(std::uint32_t), cudaMemcpyDeviceToHost) == cudaSuccess);
        return all;
    };
    for (int round = 0; round < 2; ++round) {
        write_marks_of_this_version(marks, count);
        REQUIRE(copy() == std::vector<std::uint32_t>(count, 1));
        write_marks_of_next_version(marks, count);
        REQUIRE(copy() == std::vector<std::uint32_t>(count, 2));
    }
    REQUIRE(cudaFree(marks) == cudaSuccess);
}
