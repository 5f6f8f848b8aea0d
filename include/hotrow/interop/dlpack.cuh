// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dlpack.hpp"

#include <cuda_bf16.h>
#include <cuda_fp16.h>

namespace hotrow::dlpack {

/// CUDA's FP16: `span_of<__half>`, `tensor_of<__half>`.
template <>
struct DataType<__half> : detail::DataTypeOfHalf<kDLFloat> {};
/// CUDA's BF16.
template <>
struct DataType<__nv_bfloat16> : detail::DataTypeOfHalf<kDLBfloat> {};

}  // namespace hotrow::dlpack
