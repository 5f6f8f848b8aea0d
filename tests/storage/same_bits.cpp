// SPDX-License-Identifier: Apache-2.0
// Stored bytes of every format do not depend on what the compiler may contract, nor on its instructions: built twice.
#include "storage/formats.hpp"
#include "support/hash.hpp"

#include <cinttypes>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <random>
#include <span>
#include <tuple>
#include <vector>

using namespace hotrow;
using namespace hotrow::test;

namespace {

/// Products of two uniform numbers: a single rounding each, the same however this file is compiled.
std::vector<float> row(int dim, unsigned seed) {
    std::mt19937 random(seed);
    const auto uniform = [&] { return static_cast<float>(static_cast<std::int32_t>(random()) >> 8) * 0x1p-23f; };
    std::vector<float> values(static_cast<std::size_t>(dim));
    for (float& x : values) {
        const float a = uniform(), b = uniform();
        x = a * b;
    }
    return values;
}

template <class Format, int Dim>
void print() {
    std::uint64_t hash = 0xcbf29ce484222325u;
    for (unsigned seed = 0; seed < 100; ++seed) {
        const auto stored = encoded<Format, Dim>(row(Dim, seed));
        const auto values = decoded<Format, Dim>(stored);
        hash = hash_bytes(std::span<const std::byte>(stored), hash);
        hash = hash_bytes(std::span<const float>(values), hash);
    }
    std::printf("%s %d %016" PRIx64 "\n", Format::Precision_t::name, Dim, hash);
}

template <class... Storages>
void print_all(std::tuple<Storages...>) {
    (print<typename Storages::template With<NearestEven>, 64>(), ...);
    (print<typename Storages::template With<Stochastic<>>, 61>(), ...);
}

}  // namespace

int main() {
    print_all(Joined<Casts, Scaleds, Affines>{});
    print_all(Joined<Symmetrics, Clippeds, Learneds>{});
}
