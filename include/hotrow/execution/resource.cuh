// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cuda.cuh"

#include <cuda/stream_ref>
#include <cuda_runtime.h>

#include <concepts>
#include <cstddef>
#include <utility>

namespace hotrow {

namespace detail {

/// CCCL 3.1's concept: `allocate(stream, bytes, alignment)`.
template <class R>
concept StreamResource = requires(R& resource, cuda::stream_ref stream, void* block, std::size_t bytes) {
    { resource.allocate(stream, bytes, bytes) } -> std::same_as<void*>;
    resource.deallocate(stream, block, bytes, bytes);
};
/// CCCL 3.0's: `allocate_async(bytes, alignment, stream)`.
template <class R>
concept AsyncResource = requires(R& resource, cuda::stream_ref stream, void* block, std::size_t bytes) {
    { resource.allocate_async(bytes, bytes, stream) } -> std::same_as<void*>;
    resource.deallocate_async(block, bytes, bytes, stream);
};

}  // namespace detail

/// A memory resource of device memory with allocation in stream order: the concept of CCCL, in the spelling of either of its versions.
template <class R>
concept DeviceResource = std::copy_constructible<R> && (detail::StreamResource<R> || detail::AsyncResource<R>);

/// `Cuda` with all its device memory from a resource of the user's: `CachedEmbedding<..., CudaWith<Resource>>`, made with
/// `CachedEmbedding(options, CudaWith(resource, stream), stream)`. What is allocated is `footprint(options)`, on the stream given here, and it is given back on
/// that stream, which must outlive the embedding: like any memory of such a resource, it may serve another stream only once that one has waited for this, and this must wait for the
/// last work of the others before the embedding is destroyed, or `reserve` makes it larger. Memory of `HostMemory` and `ManagedMemory` is the CUDA runtime's as ever.
/// Exceptions of the resource are passed on.
template <DeviceResource Resource>
class CudaWith : public Cuda {
public:
    /// The same without a resource: what is asked for sizes.
    using Sizes = Cuda;

    /// `resource` is copied; references and handles are resources too.
    CudaWith(Resource resource, cudaStream_t stream) : resource_(std::move(resource)), stream_(stream) {}

    /// `bytes` bytes of device memory from the resource, aligned to `alignment`; for the embedding.
    void* allocate(std::size_t bytes) {
        if constexpr (detail::StreamResource<Resource>) {
            return resource_.allocate(cuda::stream_ref(stream_), bytes, alignment);
        } else {
            return resource_.allocate_async(bytes, alignment, cuda::stream_ref(stream_));
        }
    }
    /// Back to the resource.
    void deallocate(void* block, std::size_t bytes) noexcept {
        if constexpr (detail::StreamResource<Resource>) {
            resource_.deallocate(cuda::stream_ref(stream_), block, bytes, alignment);
        } else {
            resource_.deallocate_async(block, bytes, alignment, cuda::stream_ref(stream_));
        }
    }

    /// As `cudaMalloc`'s.
    static constexpr std::size_t alignment = 256;

private:
    Resource resource_;
    cudaStream_t stream_;
};

}  // namespace hotrow
