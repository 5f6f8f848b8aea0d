// SPDX-License-Identifier: Apache-2.0
// Products of row-major matrices on the device: C[m][n] = op(A)[m][k] op(B)[k][n], op: as it is, or transposed.
#pragma once

#include <cublas_v2.h>

#include <string>

#include "cuda_support.cuh"

namespace dlrm {

class CublasGemm {
public:
    explicit CublasGemm(cudaStream_t stream) {
        check(cublasCreate(&handle_), "cublasCreate");
        check(cublasSetStream(handle_, stream), "cublasSetStream");
    }
    CublasGemm(CublasGemm const&) = delete;
    CublasGemm& operator=(CublasGemm const&) = delete;
    ~CublasGemm() { (void)cublasDestroy(handle_); }

    void operator()(bool transpose_a, bool transpose_b, int m, int n, int k, float const* a, float const* b, float* c) const {
        // cuBLAS has columns where we have rows: to it, each matrix is its transpose, and C^T = op(B)^T op(A)^T.
        float const one = 1.0f, zero = 0.0f;
        check(cublasSgemm(handle_, transpose_b ? CUBLAS_OP_T : CUBLAS_OP_N, transpose_a ? CUBLAS_OP_T : CUBLAS_OP_N, n, m, k, &one, b, transpose_b ? k : n, a,
                          transpose_a ? m : k, &zero, c, n),
              "cublasSgemm");
    }

private:
    static void check(cublasStatus_t status, char const* call) {
        if (status != CUBLAS_STATUS_SUCCESS) throw DeviceError(std::string(call) + ": " + cublasGetStatusString(status));
    }

    cublasHandle_t handle_ = nullptr;
};

}  // namespace dlrm
