// SPDX-License-Identifier: Apache-2.0
// Row formats on the device: stored bytes and values equal the host's, bit for bit.
#include "support/catch.hpp"

#include "storage/formats.hpp"
#include "storage/rows.hpp"
#include "support/device_memory.hpp"

#include <hotrow/execution/cuda.cuh>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <tuple>
#include <vector>

using namespace hotrow;
using namespace hotrow::test;

namespace {

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

    const DeviceArray<float> device_rows(rows);
    const DeviceArray<std::byte> stored(std::vector<std::byte>(expected.size(), std::byte{0xcb}));
    const DeviceArray<float> decoded(expected_values.size());
    constexpr unsigned threads = 128;
    constexpr int lanes = row_lanes<Dim>();
    encode_and_decode<Format, Dim, lanes><<<static_cast<unsigned>((count * static_cast<unsigned>(lanes) + threads - 1) / threads), threads>>>(
        device_rows.data(), count, stored.data(), decoded.data());
    REQUIRE(cudaGetLastError() == cudaSuccess);
    REQUIRE(cudaDeviceSynchronize() == cudaSuccess);

    INFO("dim " << Dim);
    CHECK((stored.get() == expected));
    const std::vector<float> values = decoded.get();
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

using Floats = std::tuple<Storage<Fp32, Cast>, Storage<Fp16, Cast>, Storage<Bf16, Cast>, Storage<Fp8E4M3, Cast>, Storage<Fp8E5M2, Cast>,
                          Storage<Fp8E4M3, RowScaled<>>, Storage<Fp8E5M2, RowScaled<Bf16>>, Storage<Fp8E4M3, BlockScaled<32>>>;
using Integers =
    std::tuple<Storage<Int8, RowAffine<>>, Storage<Int8, RowAffine<Fp16>>, Storage<Int2, RowAffine<Bf16>>, Storage<Int4, BlockAffine<4, Bf16>>,
               Storage<Int4, BlockAffine<16>>, Storage<Int8, RowSymmetric<>>, Storage<Int4, BlockSymmetric<32, Fp32>>, Storage<Int2, BlockSymmetric<8>>>;
using Fitted = std::tuple<Storage<Int4, RowClipped<>>, Storage<Int2, BlockClipped<16, Fp32>>, Storage<Int4, RowLearned<>>,
                          Storage<Int8, RowLearned<Fp16>>>;  // a clipped or learned range

}  // namespace

TEMPLATE_LIST_TEST_CASE("the device stores and reads the host's bits of floats", "[storage][cuda]", Floats) { check_device_dims<TestType>(); }
TEMPLATE_LIST_TEST_CASE("the device stores and reads the host's bits of integers", "[storage][cuda]", Integers) { check_device_dims<TestType>(); }
TEMPLATE_LIST_TEST_CASE("the device stores and reads the host's bits of a fitted range", "[storage][cuda]", Fitted) { check_device_dims<TestType>(); }
