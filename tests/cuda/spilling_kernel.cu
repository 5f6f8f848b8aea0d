// SPDX-License-Identifier: Apache-2.0
// A kernel that needs many registers and spills where few are allowed: the check of check_spills.py.
#include <hotrow/execution/cuda.cuh>
#include <hotrow/storage/row_format.hpp>

using namespace hotrow;
using Format = RowFormat<Int8, RowAffine<Fp16>, Stochastic<>>;

__global__ void encode_rows(const float* rows, std::byte* stored) {
    const detail::WarpTile<32> tile;
    float values[RowShape<1024, 32>::local];
    for_each_element<1024>(tile, [&](int i, int element) { values[i] = rows[blockIdx.x * 1024u + static_cast<unsigned>(element)]; });
    Format::encode<1024>(tile, values, stored + blockIdx.x * Format::Layout<1024>::stride, RandomKey{7, 1, blockIdx.x});
}
