// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "host.hpp"

#include <concepts>
#include <cstddef>
#include <utility>

namespace hotrow {

namespace detail {

/// CCCL 3.0's concept: `allocate(bytes, alignment)`.
template <class R>
concept PlainResource = requires(R& resource, void* block, std::size_t bytes) {
    { resource.allocate(bytes, bytes) } -> std::same_as<void*>;
    resource.deallocate(block, bytes, bytes);
};
/// CCCL 3.1's: `allocate_sync(bytes, alignment)`.
template <class R>
concept SyncResource = requires(R& resource, void* block, std::size_t bytes) {
    { resource.allocate_sync(bytes, bytes) } -> std::same_as<void*>;
    resource.deallocate_sync(block, bytes, bytes);
};
/// A pointer to a `PlainResource`, such as a `std::pmr::memory_resource*`.
template <class R>
concept ResourcePointer = requires(R& resource, void* block, std::size_t bytes) {
    { resource->allocate(bytes, bytes) } -> std::same_as<void*>;
    resource->deallocate(block, bytes, bytes);
};

}  // namespace detail

/// A memory resource of memory that the host can reach: a `std::pmr::memory_resource*`, or the concept of CCCL in the spelling of either of its versions.
template <class R>
concept HostResource = std::copy_constructible<R> && (detail::SyncResource<R> || detail::PlainResource<R> || detail::ResourcePointer<R>);

/// `Host` with all its memory from a resource of the user's: `CachedEmbedding<..., HostWith<Resource>>`, made with
/// `CachedEmbedding(options, HostWith(resource, options.threads))`. What is allocated is `footprint(options)`, and it is given back when the embedding ends or `reserve`
/// makes it larger; always by the thread that calls. The resource must outlive the embedding. Its exceptions are passed on. Records of a `MappedFile` are the file's as ever.
template <HostResource Resource>
class HostWith : public Host {
public:
    /// The same without a resource: what is asked for sizes.
    using Sizes = Host;

    /// `resource` is copied; pointers, references and handles are resources too. `threads` = 0 takes all cores.
    explicit HostWith(Resource resource, int threads = 0) : Host(threads), resource_(std::move(resource)) {}

    /// `bytes` bytes from the resource, aligned to `Host::alignment`; for the embedding.
    void* allocate(std::size_t bytes) {
        if constexpr (detail::SyncResource<Resource>) {
            return resource_.allocate_sync(bytes, alignment);
        } else if constexpr (detail::PlainResource<Resource>) {
            return resource_.allocate(bytes, alignment);
        } else {
            return resource_->allocate(bytes, alignment);
        }
    }
    /// Back to the resource.
    void deallocate(void* block, std::size_t bytes) noexcept {
        if constexpr (detail::SyncResource<Resource>) {
            resource_.deallocate_sync(block, bytes, alignment);
        } else if constexpr (detail::PlainResource<Resource>) {
            resource_.deallocate(block, bytes, alignment);
        } else {
            resource_->deallocate(block, bytes, alignment);
        }
    }
    /// All memory is the host's.
    void* allocate_apart(std::size_t bytes, detail::MemoryKind) { return allocate(bytes); }
    /// Back to the resource.
    void deallocate_apart(void* block, std::size_t bytes, detail::MemoryKind) noexcept { deallocate(block, bytes); }

private:
    Resource resource_;
};

}  // namespace hotrow
