// SPDX-License-Identifier: Apache-2.0
// The stored bytes of a row do not depend on the tile: here tiles of 2 to 32 lanes are threads of the host.
#include "support/catch.hpp"

#include "storage/formats.hpp"
#include "storage/rows.hpp"

#include <algorithm>
#include <array>
#include <barrier>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <thread>
#include <vector>

using namespace hotrow;
using namespace hotrow::test;

namespace {

/// A lane that exchanges values with the threads of its tile.
template <int Lanes>
struct ThreadTile {
    static constexpr int lanes = Lanes;

    struct Shared {
        std::barrier<> barrier{Lanes};
        std::array<std::uint64_t, Lanes> values{};
    };
    Shared* shared;
    int index;

    int rank() const { return index; }
    template <class T>
    T exchange(T value, int mask) const {
        std::uint64_t word = 0;
        std::copy_n(reinterpret_cast<const std::byte*>(&value), sizeof value, reinterpret_cast<std::byte*>(&word));
        shared->values[static_cast<std::size_t>(index)] = word;
        sync();
        word = shared->values[static_cast<std::size_t>(index ^ mask)];
        sync();
        std::copy_n(reinterpret_cast<const std::byte*>(&word), sizeof value, reinterpret_cast<std::byte*>(&value));
        return value;
    }
    template <class T>
    T from(T value, int lane) const {
        for (int mask = 1; mask < Lanes; mask *= 2) {
            const T other = exchange(value, mask);
            value = (index & mask) == (lane & mask) ? value : other;
        }
        return value;
    }
    bool any(bool flag) const {
        for (int mask = 1; mask < Lanes; mask *= 2) flag |= exchange(flag ? 1.0f : 0.0f, mask) != 0.0f;
        return flag;
    }
    void sync() const { shared->barrier.arrive_and_wait(); }
};

/// Encodes twice (a learned step reads its predecessor) and decodes, with a tile of `Lanes`; compares with a single lane.
template <int Dim, int Lanes>
struct Comparison {
    typename ThreadTile<Lanes>::Shared shared;

    template <class Format>
    void check(const std::vector<float>& row) {
        using L = typename Format::template Layout<Dim>;
        const RandomKey key{1, 2, 3}, next{1, 3, 3};
        auto expected = encoded<Format, Dim>(row, key);
        auto padded = row;
        padded.resize(RowShape<Dim, 1>::local, 1e30f);
        Format::template encode<Dim>(SingleLane{}, padded.data(), expected.data(), next);
        const auto expected_values = decoded<Format, Dim>(expected);

        std::vector<std::byte> stored(L::stride, std::byte{0xcb});
        std::vector<float> values(Dim);
        std::vector<std::thread> threads;
        for (int lane = 0; lane < Lanes; ++lane) {
            threads.emplace_back([&, lane] {
                const ThreadTile<Lanes> tile{&shared, lane};
                float mine[RowShape<Dim, Lanes>::local];
                std::fill(std::begin(mine), std::end(mine), -1e30f);
                for_each_element<Dim>(tile, [&](int i, int e) { mine[i] = row[static_cast<std::size_t>(e)]; });
                Format::template initialise<Dim>(tile, mine, stored.data(), key);
                Format::template encode<Dim>(tile, mine, stored.data(), next);
                tile.sync();
                Format::template decode<Dim>(tile, stored.data(), mine);
                for_each_element<Dim>(tile, [&](int i, int e) { values[static_cast<std::size_t>(e)] = mine[i]; });
            });
        }
        for (auto& thread : threads) thread.join();
        INFO("dim " << Dim << ", lanes " << Lanes);
        CHECK(stored == expected);
        CHECK(values == expected_values);
    }
};

// One of each quantizer; the rest differ in constants.
using Chosen = std::tuple<Storage<Fp16, Cast>, Storage<Fp8E4M3, RowScaled<>>, Storage<Int8, RowAffine<Fp16>>, Storage<Int4, BlockAffine<4, Bf16>>,
                          Storage<Int4, BlockAffine<16>>, Storage<Int2, BlockSymmetric<32>>, Storage<Int8, RowSymmetric<>>, Storage<Int4, RowClipped<>>,
                          Storage<Int4, BlockClipped<16>>, Storage<Int4, RowLearned<>>>;

}  // namespace

TEMPLATE_LIST_TEST_CASE("stored bytes do not depend on the tile", "[storage]", Chosen) {
    using Format = typename TestType::template With<Stochastic<>>;
    const auto check = [&]<int Dim, int Lanes>() {
        Comparison<Dim, Lanes> comparison;
        for (unsigned seed = 0; seed < 2; ++seed) comparison.template check<Format>(gaussian_row(Dim, 1, seed));
        comparison.template check<Format>(std::vector<float>(Dim, -0.0f));
    };
    check.template operator()<1, 1>();
    check.template operator()<5, 2>();
    check.template operator()<62, 4>();
    check.template operator()<64, 16>();
    check.template operator()<100, 8>();
    check.template operator()<100, 32>();
}
