// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cuda.cuh"
#include "tile.hpp"

#include <cooperative_groups.h>

/// Tiles for kernels of one's own. Which threads make up a tile changes no bit of what it computes.
namespace hotrow {

/// `Lanes` (a power of two, up to 32) neighbouring lanes of a warp.
template <int Lanes>
using WarpTile = detail::WarpTile<Lanes>;

/// The tile of the calling thread: threads `[k * Lanes, (k + 1) * Lanes)` of a one-dimensional block, whose size is a multiple of `Lanes`. All lanes
/// of a tile must come to every call that takes it.
template <int Lanes>
__device__ inline WarpTile<Lanes> this_tile() {
    return {};
}

/// A tile of cooperative groups, of up to 32 threads, wherever its threads are.
template <unsigned Size, class Parent>
class GroupTile {
    static_assert(Size <= 32, "GroupTile: a row is served by threads of one warp; use tiled_partition<32> or less");

public:
    static constexpr int lanes = static_cast<int>(Size);

    __device__ explicit GroupTile(const cooperative_groups::thread_block_tile<Size, Parent>& group) : group_(group) {}

    __device__ int rank() const { return static_cast<int>(group_.thread_rank()); }
    template <class T>
    __device__ T exchange(T value, int mask) const {
        return group_.shfl_xor(value, static_cast<unsigned>(mask));
    }
    template <class T>
    __device__ T from(T value, int lane) const {
        return group_.shfl(value, static_cast<unsigned>(lane));
    }
    __device__ bool any(bool flag) const { return group_.any(flag) != 0; }
    __device__ void sync() const { group_.sync(); }

private:
    cooperative_groups::thread_block_tile<Size, Parent> group_;
};

/// `tile_of(cooperative_groups::tiled_partition<8>(cooperative_groups::this_thread_block()))`.
template <unsigned Size, class Parent>
__device__ inline GroupTile<Size, Parent> tile_of(const cooperative_groups::thread_block_tile<Size, Parent>& group) {
    return GroupTile<Size, Parent>(group);
}

}  // namespace hotrow
