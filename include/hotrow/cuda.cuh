// SPDX-License-Identifier: Apache-2.0
#pragma once

/// hotrow with the `Cuda` backend; for nvcc (or another CUDA compiler).

#include "execution/cuda.cuh"
#include "execution/device_tile.cuh"
#include "hotrow.hpp"
