// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Everything that needs no CUDA. With nvcc, hotrow/cuda.cuh adds the `Cuda` backend.

#include "cached_embedding.hpp"
#include "config.hpp"
#include "error.hpp"
#include "execution/host.hpp"
#include "optimizer/rowwise_adagrad.hpp"
#include "optimizer/sgd.hpp"
