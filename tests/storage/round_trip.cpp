// SPDX-License-Identifier: Apache-2.0
// decode(encode(row)) of every format, over rows that quantizers find hard.
#include "support/catch.hpp"

#include "storage/bounds.hpp"
#include "storage/formats.hpp"
#include "storage/rows.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <type_traits>
#include <vector>

using namespace hotrow;
using namespace hotrow::test;

namespace {

using Bounded = Joined<Casts, Scaleds, Affines, Symmetrics, Learneds>;
using Settled = Joined<Casts, Scaleds, Affines, Symmetrics>;

/// Checks one row against the documented bound; `steps` is 0.5 for nearest, 1 for stochastic.
template <class StorageType, class Rounding, int Dim>
void check_bound(const NamedRow& row, double steps) {
    using Format = typename StorageType::template With<Rounding>;
    using Bound = ErrorBound<StorageType>;
    const auto result = decoded<Format, Dim>(encoded<Format, Dim>(row.values));
    constexpr int block = Bound::block == 0 ? Dim : Bound::block;
    for (int i = 0; i < Dim; ++i) {
        const int begin = i / block * block;
        const std::span<const float> its_block(row.values.data() + begin, static_cast<std::size_t>(std::min(block, Dim - begin)));
        const float x = row.values[static_cast<std::size_t>(i)], y = result[static_cast<std::size_t>(i)];
        const double error = std::fabs(static_cast<double>(y) - x);
        if (!std::isfinite(y)) FAIL(row.name << ", element " << i << ": " << x << " becomes " << y);
        const double bound = Bound::of(its_block, x, steps);
        if (error > bound) FAIL(row.name << ", dim " << Dim << ", element " << i << ": " << x << " becomes " << y << ", error " << error << " > " << bound);
    }
}

template <class StorageType, int Dim>
void check_bounds() {
    for (const NamedRow& row : hard_rows(Dim)) {
        check_bound<StorageType, NearestEven, Dim>(row, 0.5);
        check_bound<StorageType, Stochastic<>, Dim>(row, 1.0);
        check_bound<StorageType, Stochastic<Philox4x32<7>, 8>, Dim>(row, 1.0);
    }
}

/// Encodes what was decoded; returns the largest change, in units in the last place of the row's largest magnitude.
template <class Format, int Dim>
double change_when_encoded_again(const std::vector<float>& row) {
    const auto once = encoded<Format, Dim>(row);
    const auto values = decoded<Format, Dim>(once);
    const auto again = decoded<Format, Dim>(encoded<Format, Dim>(values));
    double change = 0, far = 0;
    for (int i = 0; i < Dim; ++i) {
        const auto e = static_cast<std::size_t>(i);
        change = std::max(change, std::fabs(static_cast<double>(again[e]) - values[e]));
        far = std::max(far, std::fabs(static_cast<double>(values[e])));
    }
    return change == 0 ? 0 : change / (far * 0x1p-23);
}

}  // namespace

TEMPLATE_LIST_TEST_CASE("errors keep to the documented bound", "[storage]", Bounded) {
    check_bounds<TestType, 1>();
    check_bounds<TestType, 5>();
    check_bounds<TestType, 64>();
    check_bounds<TestType, 100>();
}

TEMPLATE_LIST_TEST_CASE("every byte of a stored row is defined", "[storage]", AllStorages) {
    const auto check = [&]<int Dim>(std::integral_constant<int, Dim>) {
        using Format = typename TestType::template With<Stochastic<>>;
        const auto row = gaussian_row(Dim, 1, 3);
        CHECK(encoded<Format, Dim>(row, {1, 2, 3}, std::byte{0}) == encoded<Format, Dim>(row, {1, 2, 3}, std::byte{0xff}));
    };
    check(std::integral_constant<int, 1>{});
    check(std::integral_constant<int, 5>{});
    check(std::integral_constant<int, 62>{});
    check(std::integral_constant<int, 64>{});
}

TEMPLATE_LIST_TEST_CASE("zero rows stay zero", "[storage]", AllStorages) {
    using Format = typename TestType::template With<Stochastic<>>;
    for (const float x : decoded<Format, 20>(encoded<Format, 20>(std::vector<float>(20, 0.0f)))) CHECK(x == 0.0f);
}

TEMPLATE_LIST_TEST_CASE("random bits come from the key alone", "[storage]", AllStorages) {
    using Format = typename TestType::template With<Stochastic<>>;
    const auto row = gaussian_row(64, 1, 4);
    const auto base = encoded<Format, 64>(row, {1, 2, 3});
    CHECK(base == encoded<Format, 64>(row, {1, 2, 3}));
    if constexpr (!std::is_same_v<typename TestType::Precision, Fp32>) {
        CHECK(base != encoded<Format, 64>(row, {2, 2, 3}));
        CHECK(base != encoded<Format, 64>(row, {1, 3, 3}));
        CHECK(base != encoded<Format, 64>(row, {1, 2, 4}));
    }
}

// Values on the grid stay there, but for FP32's own rounding: a few units in the last place of the row's largest. (Not so after stochastic
// rounding with narrow qparams, which may leave the ends of the grid unused: then the second grid is narrower.)
TEMPLATE_LIST_TEST_CASE("encoding what was decoded changes nothing but last places", "[storage]", Settled) {
    double worst = 0;
    for (unsigned seed = 0; seed < 300; ++seed) {
        worst = std::max(worst, change_when_encoded_again<typename TestType::template With<NearestEven>, 64>(gaussian_row(64, 1, seed)));
    }
    // A scale in Bf16 is rounded upwards by up to 2^-7, a whole step at the end of 255: the last level may be left unused, and the second grid
    // is narrower. The change is then up to half a step.
    constexpr bool coarse = std::is_same_v<TestType, Storage<Int8, RowAffine<Bf16>>>;
    CHECK(worst <= (coarse ? 0.51 * 2 / 255 * 0x1p23 : 4));
}

// What a dirty bit saves from, still bounded: a row that is encoded 300 times does not grow, with any qparams.
TEMPLATE_LIST_TEST_CASE("a row that is encoded again and again does not grow", "[storage]", Bounded) {
    const auto check = [&]<class Rounding>(Rounding) {
        using Format = typename TestType::template With<Rounding>;
        for (unsigned seed = 0; seed < 5; ++seed) {
            const auto row = gaussian_row(64, 1, seed);
            auto values = decoded<Format, 64>(encoded<Format, 64>(row));
            double before = 0, after = 0;
            for (const float x : values) before = std::max(before, std::fabs(static_cast<double>(x)));
            for (std::uint64_t step = 0; step < 300; ++step) values = decoded<Format, 64>(encoded<Format, 64>(values, {1, step, 3}));
            for (const float x : values) after = std::max(after, std::fabs(static_cast<double>(x)));
            // One step, for what coarse qparams leave unused at first.
            CHECK(after <= before * (std::is_same_v<TestType, Storage<Int8, RowAffine<Bf16>>> ? 1.01 : 1.0001));
        }
    };
    check(NearestEven{});
    check(Stochastic<>{});
}

// Found by the device's conversions, which took the negative span for none: the scale came out negative.
TEST_CASE("a row that lies below all that a narrow bias can be is constant, with a scale of zero", "[storage]") {
    using Format = RowFormat<Int8, RowAffine<Fp16>, Stochastic<>>;
    for (const float value : {-1e5f, -1e30f, -3.4e38f}) {
        const auto stored = encoded<Format, 5>({value, value, value, value, value});
        const std::byte* const qparams = stored.data() + Format::Layout<5>::qparam_offset;
        REQUIRE(QparamStorage<Fp16>::load(qparams) == 0.0f);
        REQUIRE(QparamStorage<Fp16>::load(qparams + QparamStorage<Fp16>::bytes) == -65504.0f);
        for (const float x : decoded<Format, 5>(stored)) REQUIRE(x == -65504.0f);
    }
}
