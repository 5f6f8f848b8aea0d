// SPDX-License-Identifier: Apache-2.0
// The calculator says what embeddings of those types allocate, and what fits is what fits.
#include "support/catch.hpp"

#include <hotrow/hotrow.hpp>

#include "examples/support/error.hpp"
#include "options.hpp"
#include "report.hpp"
#include "sizes.hpp"

#include <cstdint>
#include <sstream>
#include <string>
#include <vector>

using namespace footprint;

namespace {

void require_same(hotrow::Footprint const& told, hotrow::Footprint const& real) {
    REQUIRE(told.stored_rows == real.stored_rows);
    REQUIRE(told.lines == real.lines);
    REQUIRE(told.tags == real.tags);
    REQUIRE(told.scores == real.scores);
    REQUIRE(told.flags == real.flags);
    REQUIRE(told.ghosts == real.ghosts);
    REQUIRE(told.foresight == real.foresight);
    REQUIRE(told.optimizer_state == real.optimizer_state);
    REQUIRE(told.control == real.control);
    REQUIRE(told.workspace == real.workspace);
    REQUIRE(told.total() == real.total());
}

template <class Embedding>
void require_told(Policies const& policies, Sizes const& sizes) {
    require_same(
        bytes_of(policies, sizes),
        Embedding::footprint(
            {.table_rows = sizes.table_rows, .cache_fraction = sizes.cache, .max_lookups = sizes.max_lookups, .in_flight = sizes.in_flight, .threads = 1}));
}

std::vector<std::string> words_of(std::vector<char const*> arguments) {
    arguments.insert(arguments.begin(), "footprint");
    std::istringstream text(table(parse_command_line(static_cast<int>(arguments.size()), arguments.data()).options));
    std::string heading, word;
    std::getline(text, heading);
    std::vector<std::string> words;
    while (text >> word) words.push_back(word);
    return words;
}

}  // namespace

TEST_CASE("footprint: policies put together have the bytes of the whole type", "[footprint]") {
    using namespace hotrow;
    Sizes const sizes{.table_rows = {1'000'003, 17}, .cache = 0.05, .max_lookups = 5'000, .in_flight = 2};
    require_told<CachedEmbedding<64, RowFormat<Int8, RowAffine<Fp16>>, Cache<SetAssociative<32>>, RowwiseAdagrad, Host>>(
        {64, Format::int8, Eviction::lfu_aged, footprint::Optimizer::rowwise_adagrad}, sizes);
    require_told<CachedEmbedding<128, RowFormat<Int2, BlockAffine<16, Fp16>>, Cache<SetAssociative<32>, Lookahead<>>, Adam<Fp8State, Fp8SquaresState>, Host>>(
        {128, Format::int2_block, Eviction::lookahead, footprint::Optimizer::adam_8bit}, sizes);
    require_told<CachedEmbedding<16, RowFormat<Bf16, Cast>, Cache<SetAssociative<32>, Random>, Ftrl<>, Host>>(
        {16, Format::bf16, Eviction::random, footprint::Optimizer::ftrl}, sizes);
    require_told<CachedEmbedding<256, RowFormat<Int4, RowAffine<Fp16>>, Cache<SetAssociative<32>, Lru>, Momentum<>, Host, std::uint64_t>>(
        {256, Format::int4, Eviction::lru, footprint::Optimizer::momentum}, {.table_rows = {5'000'000'000}, .cache = 0.01, .max_lookups = 100});
}

TEST_CASE("footprint: what was told is allocated", "[footprint]") {
    using namespace hotrow;
    Sizes const sizes{.table_rows = {3'000}, .cache = 0.1, .max_lookups = 100};
    CachedEmbedding<32, RowFormat<Fp8E4M3, RowScaled<Fp16>>, Cache<SetAssociative<32>>, Sgd, Host> const embedding(
        {.table_rows = sizes.table_rows, .cache_fraction = sizes.cache, .max_lookups = sizes.max_lookups, .threads = 1});
    require_same(bytes_of({32, Format::fp8, Eviction::lfu_aged, footprint::Optimizer::sgd}, sizes), embedding.footprint());
}

TEST_CASE("footprint: the rows that fit do, and one more does not", "[footprint]") {
    for (auto const& policies : {Policies{}, Policies{.dim = 16, .format = Format::int2, .eviction = Eviction::random, .optimizer = Optimizer::sgd}}) {
        for (std::int64_t const budget : {std::int64_t{1'000'000}, std::int64_t{80'000'000'000}}) {
            Sizes sizes{.cache = 0.05, .max_lookups = 100};
            sizes.table_rows = {rows_that_fit(policies, sizes, budget)};
            REQUIRE(sizes.table_rows[0] > 1'000);
            REQUIRE(bytes_of(policies, sizes).total() <= budget);
            ++sizes.table_rows[0];
            REQUIRE(bytes_of(policies, sizes).total() > budget);
        }
    }
    REQUIRE(rows_that_fit({}, {}, 100) == 0);
}

TEST_CASE("footprint: the table has a line for each combination, with the library's figures", "[footprint]") {
    // dim, rows, eviction, optimizer; stored, lines, tags and so on, state, plans, total; ratio, rows that fit
    auto const words = words_of({"--table-rows", "1000000", "--rows", "int8,int4", "--cache", "0", "--optimizer", "sgd,adam", "--budget", "0.068"});
    REQUIRE(words.size() == 4 * 12);
    REQUIRE(std::vector<std::string>(words.begin(), words.begin() + 8) ==
            std::vector<std::string>{"64", "int8", "lfu_aged", "sgd", "68.0", "0.0", "0.0", "0.0"});
    REQUIRE(words[9] == "68.0");
    REQUIRE(words[10] == "3.76");  // 256 / 68
    REQUIRE(words[11] == "1.0");
    REQUIRE(words[12 + 7] == "512.0");  // Adam's two FP32 states
    REQUIRE(words[24 + 4] == "36.0");   // int4
}

TEST_CASE("footprint: options that cannot be honoured are refused by name", "[footprint]") {
    for (std::vector<char const*> const& wrong :
         {std::vector<char const*>{"--dim", "65"}, {"--rows", "int3"}, {"--cache", "1.5"}, {"--table-rows", "0"}, {"--budget", "0"}}) {
        std::string message;
        try {
            words_of(wrong);
        } catch (examples::UsageError const& error) { message = error.what(); }
        INFO(wrong[0] << " " << wrong[1] << ": " << message);
        REQUIRE(message.find(wrong[0]) != std::string::npos);
        REQUIRE(message.find(wrong[1]) != std::string::npos);
    }
}
