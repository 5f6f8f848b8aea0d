// SPDX-License-Identifier: Apache-2.0
// Packing: where each element's bits are, read bit by bit, and the same for packs (devices) as for rows (host).
#include "support/catch.hpp"

#include <hotrow/storage/precision.hpp>
#include <hotrow/storage/rounding.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>

using namespace hotrow;

namespace {

/// Bits `bit .. bit + count - 1` of a little-endian string of bytes.
std::uint32_t bits_at(const std::byte* bytes, int bit, int count) {
    std::uint32_t value = 0;
    for (int i = 0; i < count; ++i) { value |= (static_cast<std::uint32_t>(bytes[(bit + i) / 8]) >> ((bit + i) % 8) & 1u) << i; }
    return value;
}

constexpr int elements = 64;

}  // namespace

TEMPLATE_TEST_CASE("integers are packed as documented", "[storage]", Int8, Int4, Int2) {
    using P = TestType;
    std::mt19937 random(1);
    std::int32_t codes[elements];
    for (std::int32_t& code : codes) code = static_cast<std::int32_t>(random() % (P::levels + 1));
    alignas(16) std::byte row[elements * P::bits / 8];
    P::pack(codes, row);
    float values[elements];
    P::unpack(row, values);
    for (int e = 0; e < elements; ++e) {
        CHECK(bits_at(row, P::bits * e, P::bits) == static_cast<std::uint32_t>(codes[e]));
        CHECK(values[e] == static_cast<float>(codes[e]));
    }
    alignas(16) std::byte packs[elements * P::bits / 8];
    for (int e = 0; e < elements; e += 4) {
        const std::int32_t four[4] = {codes[e], codes[e + 1], codes[e + 2], codes[e + 3]};
        P::pack(four, packs + e * P::bits / 8);
        float unpacked[4];
        P::unpack(row + e * P::bits / 8, unpacked);
        for (int j = 0; j < 4; ++j) CHECK(unpacked[j] == values[e + j]);
    }
    CHECK(std::equal(row, row + sizeof row, packs));
}

TEMPLATE_TEST_CASE("codes become values of any function, in blocks of any length", "[storage]", Int8, Int4, Int2) {
    using P = TestType;
    std::mt19937 random(3);
    alignas(64) std::byte row[elements * P::bits / 8];
    for (std::byte& b : row) b = static_cast<std::byte>(random());
    const auto value = [](float code) { return std::fma(code, 0.37f, -1.9f); };
    const auto check = [&]<int N>() {
        float numbers[N], values[N];
        P::unpack(row, numbers);
        P::decode(row, value, values);
        for (int e = 0; e < N; ++e) {
            if (values[e] != value(numbers[e])) FAIL("element " << e << " of " << N);
        }
    };
    check.template operator()<4>();
    check.template operator()<16>();
    check.template operator()<20>();
    check.template operator()<44>();
    check.template operator()<elements>();
}

TEMPLATE_TEST_CASE("every code of a narrow float has the same value alone and in a row", "[storage]", Fp8E4M3, Fp8E5M2, Fp16, Bf16) {
    using P = TestType;
    using F = typename P::Format;
    constexpr int n = 28;  // whole vectors and a rest
    for (std::uint32_t first = 0; first < 1u << F::bits; first += n) {
        alignas(64) typename F::Storage codes[n];
        for (std::uint32_t i = 0; i < n; ++i) codes[i] = static_cast<typename F::Storage>(first + i);
        float values[n];
        P::unpack(reinterpret_cast<const std::byte*>(codes), values);
        for (int i = 0; i < n; ++i) {
            const float alone = F::decode(codes[i]);
            const bool same = std::isnan(alone) ? std::isnan(values[i]) : std::bit_cast<std::uint32_t>(alone) == std::bit_cast<std::uint32_t>(values[i]);
            if (!same) FAIL("code " << codes[i] << ": " << values[i] << " instead of " << alone);
        }
    }
}

TEMPLATE_TEST_CASE("floats are packed as documented", "[storage]", Fp32, Fp16, Bf16, Fp8E4M3, Fp8E5M2) {
    using P = TestType;
    std::mt19937 random(2);
    float values[elements];
    std::uint32_t words[elements];
    for (int e = 0; e < elements; ++e) {
        values[e] = std::uniform_real_distribution<float>(-8.0f, 8.0f)(random);
        words[e] = static_cast<std::uint32_t>(random());
    }
    alignas(16) std::byte row[elements * P::bits / 8];
    P::template pack<elements, Stochastic<>>(values, words, row);
    float unpacked[elements];
    P::unpack(row, unpacked);
    alignas(16) std::byte packs[elements * P::bits / 8];
    for (int e = 0; e < elements; e += 4) {
        const float four[4] = {values[e], values[e + 1], values[e + 2], values[e + 3]};
        const std::uint32_t its_words[4] = {words[e], words[e + 1], words[e + 2], words[e + 3]};
        P::template pack<4, Stochastic<>>(four, its_words, packs + e * P::bits / 8);
        float one[4];
        P::unpack(row + e * P::bits / 8, one);
        for (int j = 0; j < 4; ++j) CHECK(one[j] == unpacked[e + j]);
    }
    CHECK(std::equal(row, row + sizeof row, packs));
    for (int e = 0; e < elements; ++e) {
        const std::uint32_t code = bits_at(row, P::bits * e, P::bits);
        if constexpr (P::bits == 32) {
            CHECK(arithmetic::bits_of(values[e]) == code);
        } else {
            CHECK(unpacked[e] == P::Format::decode(code));
            CHECK(code == P::Format::template encode<Stochastic<>>(values[e], words[e]));
        }
    }
}
