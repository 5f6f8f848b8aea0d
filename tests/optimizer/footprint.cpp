// SPDX-License-Identifier: Apache-2.0
// What optimizers keep, in bytes: as announced, as allocated, as written out here.
#include "support/catch.hpp"
#include "support/counting_host.hpp"

#include <hotrow/hotrow.hpp>

#include <cstdint>

using namespace hotrow;
using hotrow::test::CountingHost;

namespace {

template <int Dim, class O>
using Embedding = CachedEmbedding<Dim, RowFormat<Int8, RowAffine<Fp16>>, Cache<SetAssociative<4>, Lru>, O, CountingHost>;

/// Bytes a row.
template <int Dim, class O>
std::int64_t bytes() {
    const std::int64_t all = Embedding<Dim, O>::footprint({.table_rows = {700, 300}}).optimizer_state;
    REQUIRE(all % 1000 == 0);
    return all / 1000;
}

/// Also what an embedding allocates.
template <int Dim, class O>
void check_allocated(std::int64_t bytes_a_row) {
    const typename Embedding<Dim, O>::Options options{.table_rows = {700, 300}, .max_lookups = 50, .threads = 1};
    const std::int64_t before = CountingHost::live_bytes;
    const Embedding<Dim, O> embedding(options);
    INFO(O::name);
    CHECK(embedding.footprint().optimizer_state == 1000 * bytes_a_row);
    CHECK(embedding.footprint().total() == CountingHost::live_bytes - before);
    CHECK(Embedding<Dim, O>::footprint(options).total() == CountingHost::live_bytes - before);
}

constexpr CorrectBy visit = CorrectBy::visit;

}  // namespace

TEST_CASE("states of 64 elements", "[optimizer][footprint]") {
    CHECK(bytes<64, Sgd>() == 0);
    CHECK(bytes<64, RowwiseAdagrad>() == 4);
    CHECK(bytes<64, RowwiseAdagradOf<Bf16State>>() == 2);
    CHECK(bytes<64, RowwiseAdagradOf<Fp16State>>() == 2);
    CHECK(bytes<64, Momentum<>>() == 256);
    CHECK(bytes<64, Momentum<Bf16State>>() == 128);
    CHECK(bytes<64, Momentum<Fp16State>>() == 128);
    CHECK(bytes<64, Momentum<Fp8State>>() == 64 + 2 * 2);  // a scale for 32
    CHECK(bytes<64, Adagrad<>>() == 256);
    CHECK(bytes<64, Adagrad<Bf16State>>() == 128);
    CHECK(bytes<64, Adagrad<Fp8SquaresState>>() == 68);
    CHECK(bytes<64, RowwiseAdam<>>() == 256 + 4);
    CHECK(bytes<64, RowwiseAdam<Bf16State, Bf16State>>() == 128 + 2);
    CHECK(bytes<64, RowwiseAdam<Fp8State>>() == 68 + 4);
    CHECK(bytes<64, RowwiseAdam<Fp8State, Fp32State, visit>>() == 68 + 4 + 4);  // a count of updates
    CHECK(bytes<64, RowwiseAdam<Fp8State, Bf16State, visit>>() == 68 + 2 + 4);
    CHECK(bytes<64, Adam<>>() == 512);
    CHECK(bytes<64, Adam<Fp32State, Fp32State, visit>>() == 512 + 4);
    CHECK(bytes<64, Adam<Bf16State>>() == 256);
    CHECK(bytes<64, Adam<Bf16State, Fp32State>>() == 128 + 256);
    CHECK(bytes<64, Adam<Fp8State, Fp8SquaresState>>() == 136);
    CHECK(bytes<64, AdamW<Fp8State, Fp8SquaresState, visit>>() == 136 + 4);
    CHECK(bytes<64, Lamb<>>() == 512);
    CHECK(bytes<64, Lamb<Fp16State, Bf16State>>() == 256);
    CHECK(bytes<64, Ftrl<>>() == 512);
    CHECK(bytes<64, Ftrl<Bf16State, Bf16State>>() == 256);
    // Adaptors keep nothing of their own.
    CHECK(bytes<64, ClipRowNorm<WeightDecay<Sgd, Decay::coupled>>>() == 0);
    CHECK(bytes<64, ClipRowNorm<RowwiseAdagrad>>() == 4);
}

TEST_CASE("states of rows that fill no pack", "[optimizer][footprint]") {
    CHECK(bytes<1, Momentum<>>() == 16);
    CHECK(bytes<10, Momentum<>>() == 48);
    CHECK(bytes<10, Momentum<Bf16State>>() == 24);
    CHECK(bytes<10, Momentum<Fp8State>>() == 16);  // 12 codes, a scale, to a multiple of 4
    CHECK(bytes<33, Momentum<Fp8State>>() == 36 + 2 * 2);
    CHECK(bytes<5, Adam<Fp8State, Fp32State>>() == 12 + 4 + 32);  // the second aligned to its packs of 16 bytes
    CHECK(bytes<5, Adam<Fp32State, Fp8State>>() == 32 + 12 + 4);  // and so the next record
}

TEST_CASE("what is counted is what is allocated", "[optimizer][footprint]") {
    check_allocated<64, Sgd>(0);
    check_allocated<5, Adam<Fp8State, Fp32State, visit>>(48 + 4);
    check_allocated<64, RowwiseAdam<Fp8State, Bf16State, visit>>(68 + 2 + 4);
}
