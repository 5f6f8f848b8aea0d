// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Version of the library; also part of the kernels' inline namespace.
#define HOTROW_VERSION_MAJOR 0
#define HOTROW_VERSION_MINOR 1
#define HOTROW_VERSION_PATCH 0

// Tile code is compiled for both sides by nvcc, and as plain C++ by any other compiler.
#if defined(__CUDACC__)
#define HOTROW_HD __host__ __device__
#else
#define HOTROW_HD
#endif

// Device loops over a lane's elements must unroll, or their arrays fall into local memory;
// on the host the vectoriser wants the loop as it stands.
#if defined(__CUDA_ARCH__)
#define HOTROW_UNROLL _Pragma("unroll")
#define HOTROW_UNROLL_BY(n) HOTROW_PRAGMA(unroll n)
#define HOTROW_PRAGMA(text) _Pragma(#text)
#else
#define HOTROW_UNROLL
#define HOTROW_UNROLL_BY(n)
#endif

// Bodies of row loops become one function on the host. GCC would call functions of this size for every row.
#if defined(__GNUC__) && !defined(__CUDA_ARCH__)
#define HOTROW_INLINE inline __attribute__((always_inline))
#define HOTROW_INLINE_LAMBDA __attribute__((always_inline))
#else
#define HOTROW_INLINE inline
#define HOTROW_INLINE_LAMBDA
#endif
