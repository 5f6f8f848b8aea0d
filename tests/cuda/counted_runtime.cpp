// SPDX-License-Identifier: Apache-2.0
#include "cuda/counted_runtime.hpp"

#include <cuda_runtime_api.h>

#include <dlfcn.h>
#include <elf.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <type_traits>
#include <vector>

namespace {

hotrow::test::CountedCalls* counting = nullptr;

/// The runtime's own function of this name.
template <class Function>
Function* real(const char* name) {
    void* const found = dlsym(RTLD_NEXT, name);
    if (found == nullptr) {
        std::fprintf(stderr, "the CUDA runtime has no %s\n", name);
        std::abort();
    }
    return reinterpret_cast<Function*>(found);
}

}  // namespace

hotrow::test::CountedCalls::CountedCalls() { counting = this; }
hotrow::test::CountedCalls::~CountedCalls() { counting = nullptr; }

// The launch that nvcc writes for <<<>>>; no header declares it for a C++ compiler.
extern "C" cudaError_t __cudaLaunchKernel(cudaKernel_t, dim3, dim3, void**, size_t, cudaStream_t);

#define COUNTED(name, parameters, arguments)                                                                                                                   \
    extern "C" cudaError_t name parameters {                                                                                                                   \
        static auto* const next = real<std::remove_reference_t<decltype(name)>>(#name);                                                                        \
        if (counting != nullptr) counting->add(#name);                                                                                                         \
        return next arguments;                                                                                                                                 \
    }

COUNTED(__cudaLaunchKernel, (cudaKernel_t kernel, dim3 grid, dim3 block, void** arguments, size_t shared, cudaStream_t stream),
        (kernel, grid, block, arguments, shared, stream))
COUNTED(cudaLaunchKernelExC, (const cudaLaunchConfig_t* config, const void* kernel, void** arguments), (config, kernel, arguments))
COUNTED(cudaMalloc, (void** block, size_t bytes), (block, bytes))
COUNTED(cudaMallocAsync, (void** block, size_t bytes, cudaStream_t stream), (block, bytes, stream))
COUNTED(cudaMallocManaged, (void** block, size_t bytes, unsigned flags), (block, bytes, flags))
COUNTED(cudaMallocHost, (void** block, size_t bytes), (block, bytes))
COUNTED(cudaHostAlloc, (void** block, size_t bytes, unsigned flags), (block, bytes, flags))
COUNTED(cudaFree, (void* block), (block))
COUNTED(cudaFreeAsync, (void* block, cudaStream_t stream), (block, stream))
COUNTED(cudaFreeHost, (void* block), (block))
COUNTED(cudaMemGetInfo, (size_t * free, size_t* total), (free, total))
COUNTED(cudaDeviceSynchronize, (), ())
COUNTED(cudaStreamSynchronize, (cudaStream_t stream), (stream))
COUNTED(cudaStreamQuery, (cudaStream_t stream), (stream))
COUNTED(cudaEventSynchronize, (cudaEvent_t event), (event))
COUNTED(cudaEventQuery, (cudaEvent_t event), (event))
COUNTED(cudaMemcpy, (void* to, const void* from, size_t bytes, cudaMemcpyKind kind), (to, from, bytes, kind))
COUNTED(cudaMemcpyAsync, (void* to, const void* from, size_t bytes, cudaMemcpyKind kind, cudaStream_t stream), (to, from, bytes, kind, stream))
COUNTED(cudaMemset, (void* to, int value, size_t bytes), (to, value, bytes))
COUNTED(cudaMemsetAsync, (void* to, int value, size_t bytes, cudaStream_t stream), (to, value, bytes, stream))
COUNTED(cudaEventCreateWithFlags, (cudaEvent_t * event, unsigned flags), (event, flags))
COUNTED(cudaEventDestroy, (cudaEvent_t event), (event))
COUNTED(cudaEventRecord, (cudaEvent_t event, cudaStream_t stream), (event, stream))
COUNTED(cudaStreamWaitEvent, (cudaStream_t stream, cudaEvent_t event, unsigned flags), (stream, event, flags))
COUNTED(cudaStreamCreateWithFlags, (cudaStream_t * stream, unsigned flags), (stream, flags))
COUNTED(cudaStreamDestroy, (cudaStream_t stream), (stream))
COUNTED(cudaStreamIsCapturing, (cudaStream_t stream, cudaStreamCaptureStatus* status), (stream, status))
COUNTED(cudaGetLastError, (), ())
COUNTED(cudaPeekAtLastError, (), ())
COUNTED(cudaGetDevice, (int* device), (device))
COUNTED(cudaSetDevice, (int device), (device))
COUNTED(cudaGetDeviceCount, (int* count), (count))
COUNTED(cudaDeviceGetAttribute, (int* value, cudaDeviceAttr attribute, int device), (value, attribute, device))
COUNTED(cudaFuncGetAttributes, (cudaFuncAttributes * attributes, const void* kernel), (attributes, kernel))
COUNTED(cudaFuncSetAttribute, (const void* kernel, cudaFuncAttribute attribute, int value), (kernel, attribute, value))
COUNTED(cudaOccupancyMaxActiveBlocksPerMultiprocessorWithFlags, (int* blocks, const void* kernel, int threads, size_t shared, unsigned flags),
        (blocks, kernel, threads, shared, flags))

std::vector<std::string> hotrow::test::uncounted_functions() {
    std::ifstream file("/proc/self/exe", std::ios::binary);
    const std::vector<char> program{std::istreambuf_iterator<char>(file), {}};
    const auto* const header = reinterpret_cast<const Elf64_Ehdr*>(program.data());
    const auto* const sections = reinterpret_cast<const Elf64_Shdr*>(program.data() + header->e_shoff);
    std::vector<std::string> names;
    for (const Elf64_Shdr* section = sections; section != sections + header->e_shnum; ++section) {
        if (section->sh_type != SHT_DYNSYM) continue;
        const char* const text = program.data() + sections[section->sh_link].sh_offset;
        const auto* const symbols = reinterpret_cast<const Elf64_Sym*>(program.data() + section->sh_offset);
        for (const Elf64_Sym* symbol = symbols; symbol != symbols + section->sh_size / sizeof(Elf64_Sym); ++symbol) {
            const std::string name = text + symbol->st_name;
            if (symbol->st_shndx == SHN_UNDEF && (name.starts_with("cuda") || name.starts_with("__cuda"))) names.push_back(name);
        }
    }
    return names;
}
