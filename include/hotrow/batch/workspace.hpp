// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../execution/reduction.hpp"
#include "plan.hpp"

#include <cstddef>
#include <cstdint>

namespace hotrow::detail {

/// Hands out aligned parts of one block; with a null block it only adds up their sizes.
class Carver {
public:
    explicit Carver(std::byte* block) : block_(block) {}
    template <class T>
    T* take(std::size_t count) {
        constexpr std::size_t alignment = 256;
        const std::size_t at = used_;
        used_ += (count * sizeof(T) + alignment - 1u) / alignment * alignment;
        return block_ == nullptr ? nullptr : reinterpret_cast<T*>(block_ + at);
    }
    std::size_t used() const { return used_; }

private:
    std::byte* block_;
    std::size_t used_ = 0;
};

/// All that a plan of up to `lookups` lookups needs, cut from one block.
template <class RowId, class Backend>
struct Workspace {
    PlanView<RowId> plan{};
    RowId* other_keys = nullptr;               ///< [n] the sort's second buffers
    std::uint32_t* other_positions = nullptr;  ///< [n]
    std::byte* scratch = nullptr;
    std::size_t scratch_bytes = 0;
    std::size_t bytes = 0;

    Workspace() = default;
    Workspace(const Backend& backend, std::int64_t lookups, int key_bits, int dim, std::byte* block) {
        Carver carver(block);
        plan.step = carver.take<std::uint64_t>(1);  // an empty batch is a step too
        plan.lookups_before = carver.take<std::uint64_t>(1);
        bytes = carver.used();
        if (lookups == 0) return;
        const std::size_t n = static_cast<std::size_t>(lookups);
        const std::uint32_t count = static_cast<std::uint32_t>(lookups);
        const std::size_t sort_bytes = backend.template sort_scratch_bytes<RowId>(count, key_bits);
        const std::size_t run_bytes = backend.template run_scratch_bytes<RowId>(count);
        scratch_bytes = sort_bytes > run_bytes ? sort_bytes : run_bytes;
        plan.keys = carver.take<RowId>(n);
        plan.positions = carver.take<std::uint32_t>(n);
        other_keys = carver.take<RowId>(n);
        other_positions = carver.take<std::uint32_t>(n);
        plan.bags = carver.take<std::uint32_t>(n);
        plan.run_of = carver.take<std::uint32_t>(n);
        plan.run_begin = carver.take<std::uint32_t>(n + 1u);
        plan.run_location = carver.take<RowId>(n);
        plan.run_evicted = carver.take<RowId>(n);
        plan.locations = carver.take<RowId>(n);
        plan.run_count = carver.take<std::uint32_t>(1);
        plan.partial_sums = carver.take<float>(n / reduction::chunk_length * static_cast<std::size_t>(dim));
        scratch = carver.take<std::byte>(scratch_bytes);
        bytes = carver.used();
    }
};

}  // namespace hotrow::detail
