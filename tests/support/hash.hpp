// SPDX-License-Identifier: Apache-2.0
// A hash of bytes, for programs whose outputs are compared and for tests that compare more than they can print.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

namespace hotrow::test {

/// FNV-1a of the bytes of trivially copyable values without padding; `hash` chains calls.
template <class T>
    requires std::is_trivially_copyable_v<T>
std::uint64_t hash_bytes(std::span<const T> values, std::uint64_t hash = 0xcbf29ce484222325u) {
    for (const std::byte byte : std::as_bytes(values)) { hash = (hash ^ static_cast<std::uint64_t>(byte)) * 0x100000001b3u; }
    return hash;
}

}  // namespace hotrow::test
