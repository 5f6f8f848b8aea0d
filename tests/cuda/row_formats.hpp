// SPDX-License-Identifier: Apache-2.0
// A row format on the device: stored bytes and values equal the host's, bit for bit.
#pragma once

#include "support/catch.hpp"

#include "storage/formats.hpp"
#include "storage/rows.hpp"

#include <hotrow/execution/cuda.cuh>

#include <thrust/device_vector.h>
#include <thrust/host_vector.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

namespace hotrow::test {

/// Each tile: a first encoding, one over it (a learned step reads its predecessor), and the values.
template <class Format, int Dim, int Lanes>
__global__ void encode_and_decode(const float* rows, std::uint64_t count, std::byte* stored, float* decoded) {
    const detail::WarpTile<Lanes> tile;
    const std::uint64_t row = (blockIdx.x * static_cast<std::uint64_t>(blockDim.x) + threadIdx.x) / Lanes;
    if (row >= count) return;
    float values[RowShape<Dim, Lanes>::local];
    for_each_element<Dim>(tile, [&](int i, int element) { values[i] = rows[row * Dim + element]; });
    std::byte* to = stored + row * Format::template Layout<Dim>::stride;
    Format::template initialise<Dim>(tile, values, to, RandomKey{7, 1, row});
    tile.sync();
    Format::template encode<Dim>(tile, values, to, RandomKey{7, 2, row});
    tile.sync();
    Format::template decode<Dim>(tile, to, values);
    for_each_element<Dim>(tile, [&](int i, int element) { decoded[row * Dim + element] = values[i]; });
}

template <class Format, int Dim>
void check_device() {
    using L = typename Format::template Layout<Dim>;
    std::vector<float> rows;
    for (const NamedRow& row : hard_rows(Dim)) {
        // A few of each kind; the emulator is no GPU.
        if (row.name.starts_with("gaussian") && row.name.back() % 3 != 0) continue;
        rows.insert(rows.end(), row.values.begin(), row.values.end());
    }
    const std::uint64_t count = rows.size() / Dim;

    std::vector<std::byte> expected(count * L::stride);
    std::vector<float> expected_values(count * Dim);
    for (std::uint64_t row = 0; row < count; ++row) {
        float values[RowShape<Dim, 1>::local];
        std::copy_n(rows.data() + row * Dim, Dim, values);
        std::byte* to = expected.data() + row * L::stride;
        Format::template initialise<Dim>(SingleLane{}, values, to, RandomKey{7, 1, row});
        Format::template encode<Dim>(SingleLane{}, values, to, RandomKey{7, 2, row});
        Format::template decode<Dim>(SingleLane{}, to, values);
        std::copy_n(values, Dim, expected_values.data() + row * Dim);
    }

    const thrust::device_vector<float> device_rows(rows.begin(), rows.end());
    thrust::device_vector<std::byte> stored(expected.size(), std::byte{0xcb});
    thrust::device_vector<float> decoded(expected_values.size());
    constexpr unsigned threads = 128;
    constexpr int lanes = row_lanes<Dim>();
    encode_and_decode<Format, Dim, lanes><<<static_cast<unsigned>((count * static_cast<unsigned>(lanes) + threads - 1) / threads), threads>>>(
        thrust::raw_pointer_cast(device_rows.data()), count, thrust::raw_pointer_cast(stored.data()), thrust::raw_pointer_cast(decoded.data()));
    REQUIRE(cudaGetLastError() == cudaSuccess);
    REQUIRE(cudaDeviceSynchronize() == cudaSuccess);

    const thrust::host_vector<std::byte> bytes = stored;
    const thrust::host_vector<float> values = decoded;
    INFO("dim " << Dim);
    CHECK(std::memcmp(bytes.data(), expected.data(), expected.size()) == 0);
    CHECK(std::memcmp(values.data(), expected_values.data(), expected_values.size() * sizeof(float)) == 0);
}

/// Whole and broken packs, one pack, more lanes than the row fills.
template <class StorageType>
void check_device_dims() {
    check_device<typename StorageType::template With<NearestEven>, 64>();
    check_device<typename StorageType::template With<Stochastic<>>, 64>();
    check_device<typename StorageType::template With<Stochastic<>>, 1>();
    check_device<typename StorageType::template With<NearestEven>, 5>();
    check_device<typename StorageType::template With<Stochastic<>>, 100>();
}

}  // namespace hotrow::test
