// SPDX-License-Identifier: Apache-2.0
// Parts of a row format that lack what storage/compile_fail/missing_part.cpp leaves out nowhere.
#include <hotrow/storage/row_format.hpp>

using namespace hotrow;

struct WithoutState {
    static void random_words(int, int, std::uint32_t (&)[4]) {}
    static std::int32_t to_integer(float t, std::uint32_t) { return static_cast<std::int32_t>(t); }
    static std::uint32_t drop_bits(std::uint32_t m, int shift, std::uint32_t) { return m >> shift; }
};
constexpr auto without_state = sizeof(RowFormat<Int8, RowAffine<>, WithoutState>);

struct WithoutWords {
    static int prepare(const RandomKey&) { return 0; }
    static std::int32_t to_integer(float t, std::uint32_t) { return static_cast<std::int32_t>(t); }
    static std::uint32_t drop_bits(std::uint32_t m, int shift, std::uint32_t) { return m >> shift; }
};
constexpr auto without_words = sizeof(RowFormat<Int8, RowAffine<>, WithoutWords>);

struct OfNoKind {
    static constexpr int bits = 8;
    static constexpr const char* name = "of no kind";
    template <int N>
    static void unpack(const std::byte*, float (&)[N]) {}
    template <int N, class Rounding>
    static void pack(const float (&)[N], const std::uint32_t (&)[4], std::byte*) {}
};
constexpr auto of_no_kind = sizeof(RowFormat<OfNoKind, Cast>);

struct Nameless : OfNoKind {
    static constexpr bool is_integer = false;

private:
    using OfNoKind::name;
};
constexpr auto nameless = sizeof(RowFormat<Nameless, Cast>);

struct ReadOnly {
    static constexpr int bits = 8;
    static constexpr bool is_integer = false;
    static constexpr const char* name = "read only";
    template <int N>
    static void unpack(const std::byte*, float (&)[N]) {}
};
constexpr auto read_only = sizeof(RowFormat<ReadOnly, Cast>);
