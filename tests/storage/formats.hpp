// SPDX-License-Identifier: Apache-2.0
// The row formats that tests run over, and rows on the host.
#pragma once

#include <hotrow/execution/tile.hpp>
#include <hotrow/storage/row_format.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

namespace hotrow::test {

/// A format without its rounding.
template <class P, class Q>
struct Storage {
    using Precision = P;
    using Quantizer = Q;
    template <class R>
    using With = RowFormat<P, Q, R>;
};

// Every precision, quantizer and type of qparams occurs.
using Casts = std::tuple<Storage<Fp32, Cast>, Storage<Fp16, Cast>, Storage<Bf16, Cast>, Storage<Fp8E4M3, Cast>, Storage<Fp8E5M2, Cast>>;
using Scaleds = std::tuple<Storage<Fp8E4M3, RowScaled<>>, Storage<Fp8E4M3, RowScaled<Fp16>>, Storage<Fp8E5M2, RowScaled<Bf16>>, Storage<Fp16, RowScaled<>>,
                           Storage<Fp8E4M3, BlockScaled<32>>>;
using Affines = std::tuple<Storage<Int8, RowAffine<>>, Storage<Int8, RowAffine<Fp16>>, Storage<Int8, RowAffine<Bf16>>, Storage<Int4, RowAffine<>>,
                           Storage<Int4, RowAffine<Fp16>>, Storage<Int2, RowAffine<Bf16>>, Storage<Int8, BlockAffine<32>>, Storage<Int4, BlockAffine<4, Bf16>>,
                           Storage<Int4, BlockAffine<16, Fp32>>, Storage<Int2, BlockAffine<8>>>;
using Symmetrics =
    std::tuple<Storage<Int8, RowSymmetric<>>, Storage<Int8, RowSymmetric<Fp16>>, Storage<Int4, RowSymmetric<Bf16>>, Storage<Int2, RowSymmetric<>>,
               Storage<Int8, BlockSymmetric<64>>, Storage<Int4, BlockSymmetric<4>>, Storage<Int4, BlockSymmetric<32, Fp32>>>;
using Clippeds = std::tuple<Storage<Int4, RowClipped<>>, Storage<Int4, RowClipped<Fp32>>, Storage<Int2, RowClipped<Bf16>>, Storage<Int4, BlockClipped<16>>>;
using Learneds = std::tuple<Storage<Int8, RowLearned<>>, Storage<Int4, RowLearned<>>, Storage<Int4, RowLearned<Bf16>>, Storage<Int2, RowLearned<Fp16>>>;

template <class... Tuples>
using Joined = decltype(std::tuple_cat(std::declval<Tuples>()...));
using AllStorages = Joined<Casts, Scaleds, Affines, Symmetrics, Clippeds, Learneds>;

template <class Format, int Dim>
std::vector<std::byte> encoded(const std::vector<float>& row, const RandomKey& key = {1, 2, 3}, std::byte fill = std::byte{0xcb}) {
    // Whole packs, with garbage where nothing may be read.
    std::vector<float> values(RowShape<Dim, 1>::local, 1e30f);
    std::copy(row.begin(), row.end(), values.begin());
    std::vector<std::byte> stored(Format::template Layout<Dim>::stride, fill);
    Format::template initialise<Dim>(SingleLane{}, values.data(), stored.data(), key);
    return stored;
}

template <class Format, int Dim>
std::vector<float> decoded(const std::vector<std::byte>& stored) {
    std::vector<float> values(RowShape<Dim, 1>::local);
    Format::template decode<Dim>(SingleLane{}, stored.data(), values.data());
    values.resize(Dim);
    return values;
}

}  // namespace hotrow::test
