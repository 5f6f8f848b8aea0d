// SPDX-License-Identifier: Apache-2.0
// Encoding and decoding of every row format on a GPU; see row_format.hpp. Exits with 77 where there is none.
//
//     build/test/bench/bench_row_format_cuda --benchmark_min_time=0.3
#include "row_format.hpp"

#include <hotrow/execution/cuda.cuh>

#include <cstdio>

int main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
    int devices = 0;
    const cudaError_t error = cudaGetDeviceCount(&devices);
    if (error != cudaSuccess || devices == 0) {
        std::fprintf(stderr, "SKIPPED: no CUDA device: %s\n", error == cudaSuccess ? "none found" : cudaGetErrorString(error));
        return 77;
    }
    cudaStream_t stream = nullptr;
    if (cudaStreamCreate(&stream) != cudaSuccess) return 1;
    {
        hotrow::bench::Memory<hotrow::Cuda> memory{stream};
        hotrow::bench::run_all(memory);
    }
    return cudaStreamDestroy(stream) == cudaSuccess ? 0 : 1;
}
