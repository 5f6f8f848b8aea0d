// SPDX-License-Identifier: Apache-2.0
// A profiler of a few lines, which NVTX loads by NVTX_INJECTION64_PATH: prints domains, and ranges as they begin and end.
#include <nvtx3/nvToolsExt.h>

#include <cstdio>

namespace {

int domains = 0;
// Handles are the profiler's own: numbers here.
nvtxDomainHandle_t create_domain(const char* name) {
    std::printf("domain %s\n", name);
    return reinterpret_cast<nvtxDomainHandle_t>(static_cast<std::size_t>(++domains));
}
int push(nvtxDomainHandle_t domain, const nvtxEventAttributes_t* event) {
    std::printf("%zu begins %s\n", reinterpret_cast<std::size_t>(domain), event->messageType == NVTX_MESSAGE_TYPE_ASCII ? event->message.ascii : "?");
    return 0;
}
int pop(nvtxDomainHandle_t domain) {
    std::printf("%zu ends\n", reinterpret_cast<std::size_t>(domain));
    return 0;
}

}  // namespace

extern "C" __attribute__((visibility("default"))) int InitializeInjectionNvtx2(NvtxGetExportTableFunc_t get_table) {
    const auto* callbacks = static_cast<const NvtxExportTableCallbacks*>(get_table(NVTX_ETID_CALLBACKS));
    NvtxFunctionTable table = nullptr;
    unsigned int size = 0;
    if (callbacks == nullptr || callbacks->GetModuleFunctionTable(NVTX_CB_MODULE_CORE2, &table, &size) == 0) return 0;
    *table[NVTX_CBID_CORE2_DomainCreateA] = reinterpret_cast<NvtxFunctionPointer>(create_domain);
    *table[NVTX_CBID_CORE2_DomainRangePushEx] = reinterpret_cast<NvtxFunctionPointer>(push);
    *table[NVTX_CBID_CORE2_DomainRangePop] = reinterpret_cast<NvtxFunctionPointer>(pop);
    return 1;
}
