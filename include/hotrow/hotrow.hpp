// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Everything that needs no CUDA. With nvcc, hotrow/cuda.cuh adds the `Cuda` backend.

#include "cached_embedding.hpp"
#include "config.hpp"
#include "error.hpp"
#include "execution/host.hpp"
#include "optimizer/adagrad.hpp"
#include "optimizer/adam.hpp"
#include "optimizer/clip_row_norm.hpp"
#include "optimizer/ftrl.hpp"
#include "optimizer/lamb.hpp"
#include "optimizer/momentum.hpp"
#include "optimizer/rowwise_adagrad.hpp"
#include "optimizer/rowwise_adam.hpp"
#include "optimizer/sgd.hpp"
#include "optimizer/state_formats.hpp"
#include "optimizer/weight_decay.hpp"
