// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "buffer.hpp"

#include <concepts>
#include <cstdint>
#include <string>

namespace hotrow {

/// Where stored rows live. The cache, its tags and the plans are always in the backend's own memory; a placement is about the rows behind it.
///
/// A placement that is *apart* from the cache keeps rows in *records*: a stored row and right behind it what the optimizer keeps of the row, so
/// that both move in one transfer, and lines hold that state too: a cached row is trained without touching its record.
template <class P>
concept Placement = std::copyable<P> && requires {
    { P::name } -> std::convertible_to<const char*>;
    { P::is_apart } -> std::convertible_to<bool>;
    { P::is_lazy } -> std::convertible_to<bool>;
};

/// With the cache, in the backend's memory: a GPU's, or the process's. The default, and the fastest while everything fits.
struct BackendMemory {
    static constexpr const char* name = "backend_memory";
    static constexpr bool is_apart = false;
    static constexpr bool is_lazy = false;
};

/// In memory of the host. On `Cuda` it is page-locked, and kernels read and write records over the link where they lie (zero-copy); on `Host` it is memory like
/// any other, with the same records, so that both backends keep the same bytes.
struct HostMemory {
    static constexpr const char* name = "host_memory";
    static constexpr bool is_apart = true;
    static constexpr bool is_lazy = false;
};

/// On `Cuda`, managed memory: pages move to the device on demand and back under pressure. On `Host` as `HostMemory`.
struct ManagedMemory {
    static constexpr const char* name = "managed_memory";
    static constexpr bool is_apart = true;
    static constexpr bool is_lazy = false;
};

/// For `Host`: in a memory-mapped file, which may be larger than memory. The file is sparse and grows as rows are first written; a row that never was has its
/// first values, which depend on the seed alone, so a table of any size opens at once. `flush` makes the file's state; if the process dies, the file opens
/// as the last `flush` left it. Opening a file that exists goes on with its rows, its optimizer state and its step.
struct MappedFile {
    static constexpr const char* name = "mapped_file";
    static constexpr bool is_apart = true;
    static constexpr bool is_lazy = true;

    std::string path;                  ///< the table; its journal lies beside it, at `path` + ".journal"
    std::uint64_t resident_bytes = 0;  ///< about as many bytes of files may the process have in memory at a time; 0: as many as the system lets it
};

namespace detail {

/// What memory a placement takes from the backend.
template <class PlacementType>
inline constexpr MemoryKind memory_kind = MemoryKind::own;
template <>
inline constexpr MemoryKind memory_kind<HostMemory> = MemoryKind::host;
template <>
inline constexpr MemoryKind memory_kind<ManagedMemory> = MemoryKind::managed;

}  // namespace detail

}  // namespace hotrow
