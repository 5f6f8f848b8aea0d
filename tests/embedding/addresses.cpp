// SPDX-License-Identifier: Apache-2.0
// Address arithmetic of tables beyond 2^31 elements, without the memory.
#include "support/catch.hpp"

#include <hotrow/hotrow.hpp>

#include <cstddef>
#include <cstdint>
#include <type_traits>

using namespace hotrow;

namespace {

template <class RowId>
using View = typename CachedEmbedding<128, RowFormat<Int8, RowAffine<Fp32>>, Cache<SetAssociative<32>, Lru>, RowwiseAdagrad, Host, RowId>::View;

template <class RowId>
View<RowId> view_of(std::uint64_t rows, std::uint64_t sets) {
    View<RowId> view{};
    view.geometry = Geometry<RowId>(rows, sets);
    view.line_count = sets * 32;
    view.stored = reinterpret_cast<std::byte*>(64);
    view.lines = reinterpret_cast<float*>(64);
    return view;
}

std::uint64_t bytes_between(const void* to, const void* from) { return reinterpret_cast<std::uintptr_t>(to) - reinterpret_cast<std::uintptr_t>(from); }

}  // namespace

TEST_CASE("rows and lines beyond 2^31 elements", "[embedding]") {
    static_assert(std::is_trivially_copyable_v<View<std::uint32_t>>);
    constexpr std::uint64_t rows = 4'000'000'000u, sets = 5'000'000u;
    const auto view = view_of<std::uint32_t>(rows, sets);
    REQUIRE(bytes_between(view.stored_row(rows - 1), view.stored) == (rows - 1) * 136);
    REQUIRE(bytes_between(view.line(sets * 32 - 1), view.lines) == (sets * 32 - 1) * 512);
    REQUIRE(view.stored_location(0) == sets * 32);
    REQUIRE(view.stored_location(static_cast<std::uint32_t>(rows - 1)) == sets * 32 + rows - 1);
    REQUIRE(view.is_line(static_cast<std::uint32_t>(sets * 32 - 1)));
    REQUIRE_FALSE(view.is_line(static_cast<std::uint32_t>(sets * 32)));
}

TEST_CASE("rows beyond 2^32", "[embedding]") {
    constexpr std::uint64_t rows = std::uint64_t{1} << 40, sets = std::uint64_t{1} << 31;
    const auto view = view_of<std::uint64_t>(rows, sets);
    REQUIRE(bytes_between(view.stored_row(rows - 1), view.stored) == (rows - 1) * 136);
    REQUIRE(view.stored_location(rows - 1) == sets * 32 + rows - 1);
    for (const std::uint64_t row : {std::uint64_t{0}, rows / 3, rows - 1, rows}) {
        REQUIRE(view.geometry.set(view.geometry.key(row)) < sets);
        REQUIRE(view.geometry.row(view.geometry.key(row)) == row);
    }
}
