// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../cache/set_walk.hpp"
#include "../config.hpp"
#include "../error.hpp"
#include "../memory/buffer.hpp"
#include "../statistics.hpp"
#include "../storage/precision.hpp"
#include "../storage/small_float.hpp"
#include "kernel_namespace.hpp"
#include "tile.hpp"

#include <cub/device/device_radix_sort.cuh>
#include <cub/device/device_scan.cuh>
#include <cuda/stream_ref>
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_runtime.h>
#include <thrust/iterator/counting_iterator.h>
#include <thrust/iterator/transform_iterator.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

namespace hotrow {

namespace detail {

/// Throws `DeviceError` unless the call succeeded.
inline void require(cudaError_t result, const char* call) {
    if (result == cudaSuccess) return;
    throw DeviceError("hotrow: " + std::string(call) + " failed: " + cudaGetErrorString(result) + " (" + cudaGetErrorName(result) + ")");
}

/// A power of two of neighbouring lanes of a warp.
template <int Lanes>
struct WarpTile {
    static constexpr int lanes = Lanes;
    static_assert(Lanes >= 1 && Lanes <= 32 && (Lanes & (Lanes - 1)) == 0);

    __device__ int rank() const { return static_cast<int>(threadIdx.x) & (Lanes - 1); }
    template <class T>
    __device__ T exchange(T value, int mask) const {
        if constexpr (sizeof(T) == 8) {
            return static_cast<T>(__shfl_xor_sync(members(), static_cast<unsigned long long>(value), mask));
        } else {
            return __shfl_xor_sync(members(), value, mask);
        }
    }
    template <class T>
    __device__ T from(T value, int lane) const {
        if constexpr (Lanes == 1) {
            return value;
        } else if constexpr (sizeof(T) == 8) {
            return static_cast<T>(__shfl_sync(members(), static_cast<unsigned long long>(value), lane, Lanes));
        } else if constexpr (sizeof(T) < 4) {
            return static_cast<T>(__shfl_sync(members(), static_cast<unsigned>(value), lane, Lanes));
        } else {
            return __shfl_sync(members(), value, lane, Lanes);
        }
    }
    __device__ bool any(bool flag) const { return Lanes == 1 ? flag : __any_sync(members(), flag) != 0; }
    __device__ std::uint32_t ballot(bool flag) const {
        if constexpr (Lanes == 1) {
            return flag ? 1u : 0u;
        } else {
            const unsigned flags = __ballot_sync(members(), flag);
            return Lanes == 32 ? flags : flags >> (threadIdx.x & 31u & ~static_cast<unsigned>(Lanes - 1)) & ((1u << (Lanes & 31)) - 1u);
        }
    }
    __device__ void sync() const {
        if constexpr (Lanes > 1) __syncwarp(members());
    }
    /// Gives the lanes that `want` something to the parts of a warp: `serve(part, lane, takes)` is called by all lanes, in each part with another such
    /// lane; parts for which none is left do not take it.
    template <int PartLanes, class Serve>
    __device__ void share_out(bool wants, Serve&& serve) const {
        static_assert(Lanes == 32);
        constexpr int parts = 32 / PartLanes;
        unsigned waiting = __ballot_sync(0xffffffffu, wants);
        const int rounds = (__popc(waiting) + parts - 1) / parts;
        const int own = rank() / PartLanes;
        for (int part = 0; part < parts - 1; ++part) waiting = part < own ? waiting & (waiting - 1u) : waiting;
        for (int round = 0; round < rounds; ++round) {
            const int lane = __ffs(static_cast<int>(waiting)) - 1;
            serve(WarpTile<PartLanes>{}, lane < 0 ? 0 : lane, lane >= 0);
            HOTROW_UNROLL
            for (int part = 0; part < parts; ++part) waiting &= waiting - 1u;
        }
    }
#if __CUDA_ARCH__ >= 800
    /// In one instruction a word, where exchanges take five steps of several.
    __device__ std::uint32_t lowest(std::uint32_t value) const { return Lanes == 1 ? value : __reduce_min_sync(members(), value); }
    __device__ std::uint64_t lowest(std::uint64_t value) const {
        const std::uint32_t high = static_cast<std::uint32_t>(value >> 32);
        const std::uint32_t lowest_high = lowest(high);
        const std::uint32_t lowest_low = lowest(high == lowest_high ? static_cast<std::uint32_t>(value) : ~std::uint32_t{0});
        return static_cast<std::uint64_t>(lowest_high) << 32 | lowest_low;
    }
#endif

private:
    __device__ unsigned members() const {
        if constexpr (Lanes == 32) {
            return 0xffffffffu;
        } else {
            return ((1u << Lanes) - 1u) << (threadIdx.x & 31u & ~static_cast<unsigned>(Lanes - 1));
        }
    }
};

inline constexpr int block_threads = 256;
// Kernels ask for one block at least (`__launch_bounds__(.., 1)`): left to itself, ptxas 13 spills up to 40 bytes to fit one block more.

inline namespace HOTROW_KERNEL_NAMESPACE {

/// body(tile, i) for i in [0, n), where n is the calls that `count` items take, or `*device_count` items if that is given.
template <int Lanes, class Body>
__global__ __launch_bounds__(block_threads, 1)
    __attribute__((visibility("hidden"))) void run_tiles(std::uint64_t count, const std::uint32_t* device_count, const __grid_constant__ Body body) {
    constexpr std::uint32_t items = items_a_call<Body, Lanes>;
    const std::uint64_t n = ((device_count == nullptr ? count : *device_count) + (items - 1u)) / items;
    const std::uint64_t stride = static_cast<std::uint64_t>(gridDim.x) * (block_threads / Lanes);
    for (std::uint64_t i = static_cast<std::uint64_t>(blockIdx.x) * (block_threads / Lanes) + threadIdx.x / Lanes; i < n; i += stride) {
        body(WarpTile<Lanes>{}, i);
    }
}

/// The same, with counters.
template <int Lanes, class Body>
__global__ __launch_bounds__(block_threads, 1)
    __attribute__((visibility("hidden"))) void run_counting_tiles(std::uint64_t count, const std::uint32_t* device_count, const __grid_constant__ Body body,
                                                                  const CountReplicas replicas) {
    constexpr std::uint32_t items = items_a_call<Body, Lanes>;
    const std::uint64_t n = ((device_count == nullptr ? count : *device_count) + (items - 1u)) / items;
    const std::uint64_t stride = static_cast<std::uint64_t>(gridDim.x) * (block_threads / Lanes);
    const Counts counts = replicas.replica(blockIdx.x);
    for (std::uint64_t i = static_cast<std::uint64_t>(blockIdx.x) * (block_threads / Lanes) + threadIdx.x / Lanes; i < n; i += stride) {
        body(WarpTile<Lanes>{}, i, counts);
    }
}

}  // namespace HOTROW_KERNEL_NAMESPACE

/// 1 where a run other than the first begins: their sum up to a key is the number of its run.
template <class Key>
struct IsNextRun {
    const Key* keys;
    __host__ __device__ std::uint32_t operator()(std::uint32_t i) const { return i > 0u && keys[i] != keys[i - 1u] ? 1u : 0u; }
};

/// Notes where runs begin: where their number changes.
struct MarkRuns {
    template <int Lanes>
    static constexpr int items_a_call = 4;

    std::uint32_t n;
    const std::uint32_t* run_of;
    std::uint32_t* run_begin;
    std::uint32_t* run_count;

    template <Tile TileType>
    __device__ void operator()(const TileType&, std::uint64_t index) const {
        const std::uint32_t first = static_cast<std::uint32_t>(index) * 4u;
        std::uint32_t before = first == 0u ? ~std::uint32_t{0} : run_of[first - 1u];
        const auto mark = [&](std::uint32_t i, std::uint32_t run) {
            if (run != before) run_begin[run] = i;
            before = run;
        };
        if (n - first > 4u) {
            std::uint32_t runs[4];
            load_scalars<4>(run_of + first, runs);
            HOTROW_UNROLL
            for (std::uint32_t k = 0; k < 4u; ++k) mark(first + k, runs[k]);
        } else {
            for (std::uint32_t i = first; i < n; ++i) mark(i, run_of[i]);
            run_begin[before + 1u] = n;
            *run_count = before + 1u;
        }
    }
};

}  // namespace detail

inline namespace HOTROW_KERNEL_NAMESPACE {

/// A CUDA device, the one that is current when the embedding is made. All work goes to the stream of each call; a step
/// allocates nothing and waits for nothing once `reserve` has seen its size, so it can be captured in a graph.
class Cuda {
public:
    /// The caller's stream; there is no default.
    struct Stream {
        cudaStream_t handle;
        Stream(cudaStream_t stream) : handle(stream) {}            // NOLINT(google-explicit-constructor): a stream is meant to convert
        Stream(cuda::stream_ref stream) : handle(stream.get()) {}  // NOLINT(google-explicit-constructor): likewise
    };
    static constexpr bool is_host = false;
    static constexpr const char* name = "cuda";

    explicit Cuda(int /*threads*/ = 0) {}

    static constexpr int warp = 32;
    template <int Dim>
    static constexpr int lanes_of_row = row_lanes<Dim>();
    template <int Ways>
    static constexpr int lanes_of_set = detail::set_lanes<Ways>();
    static constexpr std::uint32_t block = 1;
    static constexpr std::uint32_t keys_a_call = 8, keys_apart = 32;  // a search for the first bag is shared; a warp's lanes touch neighbours

    // Memory

    void* allocate(std::size_t bytes) {
        void* block = nullptr;
        const cudaError_t result = cudaMalloc(&block, bytes);
        if (result == cudaErrorMemoryAllocation) {
            (void)cudaGetLastError();
            throw DeviceError("hotrow: the device has no room for " + std::to_string(bytes) +
                              " bytes; footprint(options) tells what an embedding needs: fewer rows, fewer bits or a smaller cache fit");
        }
        detail::require(result, "cudaMalloc");
        return block;
    }
    void deallocate(void* block, std::size_t) noexcept { (void)cudaFree(block); }
    /// Memory that kernels reach over the link: page-locked, or managed.
    void* allocate_apart(std::size_t bytes, detail::MemoryKind kind) {
        void* block = nullptr;
        const bool is_managed = kind == detail::MemoryKind::managed;
        // Portable: another device of the process may read it; mapped: so may kernels.
        const cudaError_t result = is_managed ? cudaMallocManaged(&block, bytes) : cudaHostAlloc(&block, bytes, cudaHostAllocPortable | cudaHostAllocMapped);
        if (result == cudaErrorMemoryAllocation) {
            (void)cudaGetLastError();
            throw DeviceError("hotrow: the host has no room for " + std::to_string(bytes) + " bytes of " + (is_managed ? "managed" : "page-locked") +
                              " memory for stored rows; footprint(options).apart tells what they need: fewer rows or fewer bits fit");
        }
        detail::require(result, is_managed ? "cudaMallocManaged" : "cudaHostAlloc");
        return block;
    }
    void deallocate_apart(void* block, std::size_t, detail::MemoryKind kind) noexcept {
        (void)(kind == detail::MemoryKind::managed ? cudaFree(block) : cudaFreeHost(block));
    }
    static void to_host(void* to, const void* from, std::size_t bytes, Stream stream) {
        detail::require(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToHost, stream.handle), "cudaMemcpyAsync");
        synchronise(stream);
    }
    static void from_host(void* to, const void* from, std::size_t bytes, Stream stream) {
        detail::require(cudaMemcpyAsync(to, from, bytes, cudaMemcpyHostToDevice, stream.handle), "cudaMemcpyAsync");
        synchronise(stream);
    }
    static void synchronise(Stream stream) { detail::require(cudaStreamSynchronize(stream.handle), "cudaStreamSynchronize"); }

    // Kernels; the bodies are those of the host

    template <int Lanes, class Body>
    void for_each(Stream stream, std::uint64_t count, const Body& body) {
        launch<Lanes>(stream, count, nullptr, body);
    }
    template <int Lanes, class Body>
    void for_each_run(Stream stream, std::uint64_t limit, const std::uint32_t* count, const Body& body) {
        launch<Lanes>(stream, limit, count, body);
    }
    template <int Lanes, class Body>
    void for_each_run_counting(Stream stream, std::uint64_t limit, const std::uint32_t* count, const Body& body, const detail::CountReplicas& replicas) {
        if (limit == 0) return;
        detail::run_counting_tiles<Lanes><<<grid<Lanes, Body>(limit), detail::block_threads, 0, stream.handle>>>(limit, count, body, replicas);
        detail::require(cudaGetLastError(), "the launch of a kernel");
    }

    /// On a device the caller's stream is aside already.
    struct Aside {};
    template <int Lanes, class... Bodies>
    Aside for_each_run_aside(Stream stream, std::uint64_t limit, const std::uint32_t* count, const Bodies&... bodies) {
        (for_each_run<Lanes>(stream, limit, count, bodies), ...);
        return {};
    }
    static void wait_aside(Aside) {}
    static void wait_aside() {}

    /// Replicas of the counters, which spread the atomics of many blocks.
    static constexpr std::uint32_t count_replicas() { return 8; }

    // Order between streams

    /// A point in the work of one stream, for which other streams can wait.
    class Mark {
    public:
        Mark() { detail::require(cudaEventCreateWithFlags(&event_, cudaEventDisableTiming), "cudaEventCreate"); }
        Mark(Mark&& other) noexcept : event_(std::exchange(other.event_, nullptr)), stream_(other.stream_), is_set_(other.is_set_) {}
        Mark& operator=(Mark&&) = delete;
        ~Mark() {
            if (event_ != nullptr) (void)cudaEventDestroy(event_);
        }
        /// Marks what the stream has been given so far.
        void set(Stream stream) {
            detail::require(cudaEventRecord(event_, stream.handle), "cudaEventRecord");
            stream_ = stream.handle;
            is_set_ = true;
        }
        /// The stream's own past needs no waiting, so a step on one stream has no edges to other work and can be captured.
        void wait(Stream stream) const {
            if (!is_set_ || stream_ == stream.handle) return;
            detail::require(cudaStreamWaitEvent(stream.handle, event_, 0), "cudaStreamWaitEvent");
        }

    private:
        cudaEvent_t event_ = nullptr;
        cudaStream_t stream_ = nullptr;
        bool is_set_ = false;
    };

    // Device-wide steps: CUB

    template <class Key>
    std::size_t sort_scratch_bytes(std::uint32_t n, int bits) const {
        std::size_t bytes = 0;
        cub::DoubleBuffer<Key> keys(nullptr, nullptr);
        cub::DoubleBuffer<std::uint32_t> positions(nullptr, nullptr);
        detail::require(cub::DeviceRadixSort::SortPairs(nullptr, bytes, keys, positions, n, 0, bits), "cub::DeviceRadixSort (size)");
        return bytes;
    }
    template <class Key>
    void sort(Stream stream, Key*& keys, Key*& other_keys, std::uint32_t*& positions, std::uint32_t*& other_positions, std::uint32_t n, int bits, void* scratch,
              std::size_t scratch_bytes) {
        cub::DoubleBuffer<Key> key_buffers(keys, other_keys);
        cub::DoubleBuffer<std::uint32_t> position_buffers(positions, other_positions);
        detail::require(cub::DeviceRadixSort::SortPairs(scratch, scratch_bytes, key_buffers, position_buffers, n, 0, bits, stream.handle),
                        "cub::DeviceRadixSort");
        keys = key_buffers.Current();
        other_keys = key_buffers.Alternate();
        positions = position_buffers.Current();
        other_positions = position_buffers.Alternate();
    }

    template <class Key>
    std::size_t run_scratch_bytes(std::uint32_t n) const {
        std::size_t bytes = 0;
        detail::require(cub::DeviceScan::InclusiveSum(nullptr, bytes, next_runs<Key>(nullptr), static_cast<std::uint32_t*>(nullptr), n),
                        "cub::DeviceScan (size)");
        return bytes;
    }
    template <class Key>
    void find_runs(Stream stream, const Key* keys, std::uint32_t n, std::uint32_t* run_of, std::uint32_t* run_begin, std::uint32_t* run_count, void* scratch,
                   std::size_t scratch_bytes) {
        detail::require(cub::DeviceScan::InclusiveSum(scratch, scratch_bytes, next_runs(keys), run_of, n, stream.handle), "cub::DeviceScan");
        for_each<1>(stream, n, detail::MarkRuns{n, run_of, run_begin, run_count});
    }

private:
    template <class Key>
    static auto next_runs(const Key* keys) {
        return thrust::make_transform_iterator(thrust::counting_iterator<std::uint32_t>(0u), detail::IsNextRun<Key>{keys});
    }

    template <int Lanes, class Body>
    static unsigned grid(std::uint64_t items) {
        constexpr std::uint64_t per_block = detail::block_threads / Lanes * detail::items_a_call<Body, Lanes>;
        constexpr std::uint64_t limit = 0x7fffffffu;  // blocks of a grid; beyond it tiles take turns
        return static_cast<unsigned>(std::min((items + per_block - 1u) / per_block, limit));
    }

    template <int Lanes, class Body>
    static void launch(Stream stream, std::uint64_t count, const std::uint32_t* device_count, const Body& body) {
        if (count == 0) return;
        detail::run_tiles<Lanes><<<grid<Lanes, Body>(count), detail::block_threads, 0, stream.handle>>>(count, device_count, body);
        detail::require(cudaGetLastError(), "the launch of a kernel");
    }
};

}  // namespace HOTROW_KERNEL_NAMESPACE

/// Outputs and gradients may be of CUDA's own half types.
template <>
struct ScalarCast<__half> {
    HOTROW_HD static float to_float(__half value) { return ScalarCast<Float16>::to_float({__half_as_ushort(value)}); }
    HOTROW_HD static __half from_float(float value) { return __ushort_as_half(ScalarCast<Float16>::from_float(value).bits); }
};
/// The same for `__nv_bfloat16`.
template <>
struct ScalarCast<__nv_bfloat16> {
    HOTROW_HD static float to_float(__nv_bfloat16 value) { return ScalarCast<BFloat16>::to_float({__bfloat16_as_ushort(value)}); }
    HOTROW_HD static __nv_bfloat16 from_float(float value) { return __ushort_as_bfloat16(ScalarCast<BFloat16>::from_float(value).bits); }
};

}  // namespace hotrow
