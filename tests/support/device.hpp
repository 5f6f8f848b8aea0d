// SPDX-License-Identifier: Apache-2.0
// Whether there is a CUDA device to run tests on. Only for programs linked with the CUDA runtime.
#pragma once

#include <cuda_runtime_api.h>

#include <string>

namespace hotrow::test {

/// Empty if there is a device, else the reason why there is none.
inline std::string why_no_device() {
    int count = 0;
    const cudaError_t error = cudaGetDeviceCount(&count);
    if (error == cudaSuccess && count > 0) { return {}; }
    (void)cudaGetLastError();  // what follows starts with a clean slate
    return std::string("no CUDA device: ") + (error == cudaSuccess ? "none found" : std::string(cudaGetErrorName(error)) + ", " + cudaGetErrorString(error));
}

inline bool have_device() { return why_no_device().empty(); }

}  // namespace hotrow::test
