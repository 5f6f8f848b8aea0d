// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../config.hpp"

// Two translation units may instantiate the same kernel, perhaps built for different architectures or with different versions of
// this library. Kernels have hidden visibility, so that shared libraries do not share them. And they, and the backend that
// launches them, stand in an inline namespace, so that the linker takes neither's for the other's: `v0_1_0_sm750800` is version
// 0.1.0 built for compute capabilities 7.5 and 8.0. Of more than 16 architectures it names the first 16.
#if defined(__CUDA_ARCH_LIST__)
#define HOTROW_KERNEL_NAMESPACE HOTROW_DETAIL_KERNELS(HOTROW_VERSION_MAJOR, HOTROW_VERSION_MINOR, HOTROW_VERSION_PATCH, __CUDA_ARCH_LIST__)
#else
#define HOTROW_KERNEL_NAMESPACE HOTROW_DETAIL_KERNELS(HOTROW_VERSION_MAJOR, HOTROW_VERSION_MINOR, HOTROW_VERSION_PATCH, 0)
#endif
#define HOTROW_DETAIL_KERNELS(...) HOTROW_DETAIL_KERNELS_(__VA_ARGS__, , , , , , , , , , , , , , , , )
#define HOTROW_DETAIL_KERNELS_(major, minor, patch, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, ...)                                                       \
    v##major##_##minor##_##patch##_sm##a##b##c##d##e##f##g##h##i##j##k##l##m##n##o##p
