// SPDX-License-Identifier: Apache-2.0
// A translation unit that launches kernels of hotrow: two such, of different architectures and versions, make one program.
#pragma once

#include <hotrow/execution/cuda.cuh>

#include <cstdint>

/// One type for all units, so that their kernels differ in nothing but what hotrow puts into their names; each writes its own mark.
struct WriteMark {
    std::uint32_t* marks;

    template <hotrow::Tile TileType>
    __device__ void operator()(const TileType&, std::uint64_t i) const {
        marks[i] = UNIT;
    }
};
