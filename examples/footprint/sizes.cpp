// SPDX-License-Identifier: Apache-2.0
// Only sizes are asked for, so no kernel is instantiated. Still, all policies with all others at all dims would be thousands of types. Each component
// of a footprint depends on one policy only, those of the cache also on the row ids, so each policy is asked beside the plainest others;
// tests/footprint compares with whole types.
#include "sizes.hpp"

#include <hotrow/hotrow.hpp>

#include "examples/support/error.hpp"

#include <limits>
#include <string>
#include <utility>

namespace footprint {
namespace {

using PlainFormat = hotrow::RowFormat<hotrow::Fp32, hotrow::Cast>;
using PlainCache = hotrow::Cache<hotrow::SetAssociative<32>, hotrow::Random>;

template <int Dim, class RowId, class RowFormat, class Cache, class Optimizer>
hotrow::Footprint bytes_of_type(Sizes const& sizes) {
    using Embedding = hotrow::CachedEmbedding<Dim, RowFormat, Cache, Optimizer, hotrow::Host, RowId>;
    return Embedding::footprint(
        {.table_rows = sizes.table_rows, .cache_fraction = sizes.cache, .max_lookups = sizes.max_lookups, .in_flight = sizes.in_flight, .threads = 1});
}

template <int Dim>
hotrow::Footprint with_format(Format format, Sizes const& sizes) {
    using namespace hotrow;
    auto const of = [&]<class P, class Q>(P, Q) { return bytes_of_type<Dim, std::uint64_t, RowFormat<P, Q>, PlainCache, Sgd>(sizes); };
    switch (format) {
    case Format::fp32: return of(Fp32{}, Cast{});
    case Format::fp16: return of(Fp16{}, Cast{});
    case Format::bf16: return of(Bf16{}, Cast{});
    case Format::fp8: return of(Fp8E4M3{}, RowScaled<Fp16>{});
    case Format::int8: return of(Int8{}, RowAffine<Fp16>{});
    case Format::int8_block: return of(Int8{}, BlockAffine<32, Fp16>{});
    case Format::int4: return of(Int4{}, RowAffine<Fp16>{});
    case Format::int4_block: return of(Int4{}, BlockAffine<32, Fp16>{});
    case Format::int2: return of(Int2{}, RowAffine<Fp16>{});
    case Format::int2_block: return of(Int2{}, BlockAffine<16, Fp16>{});
    }
    return {};
}

template <int Dim, class RowId>
hotrow::Footprint with_eviction(Eviction eviction, Sizes const& sizes) {
    using namespace hotrow;
    auto const of = [&]<class E>(E) { return bytes_of_type<Dim, RowId, PlainFormat, Cache<SetAssociative<32>, E>, Sgd>(sizes); };
    switch (eviction) {
    case Eviction::lfu_aged: return of(LfuAged<>{});
    case Eviction::lru: return of(Lru{});
    case Eviction::random: return of(Random{});
    case Eviction::lookahead: return of(Lookahead<>{});
    }
    return {};
}

template <int Dim>
hotrow::Footprint with_optimizer(Optimizer optimizer, Sizes const& sizes) {
    using namespace hotrow;
    auto const of = [&]<class O>(O) { return bytes_of_type<Dim, std::uint64_t, PlainFormat, PlainCache, O>(sizes); };
    switch (optimizer) {
    case Optimizer::sgd: return of(Sgd{});
    case Optimizer::momentum: return of(Momentum<>{});
    case Optimizer::adagrad: return of(Adagrad<>{});
    case Optimizer::rowwise_adagrad: return of(RowwiseAdagrad{});
    case Optimizer::adam: return of(Adam<>{});
    case Optimizer::adam_8bit: return of(Adam<Fp8State, Fp8SquaresState>{});
    case Optimizer::rowwise_adam: return of(RowwiseAdam<>{});
    case Optimizer::ftrl: return of(Ftrl<>{});
    }
    return {};
}

template <int Dim, class RowId>
hotrow::Footprint with_types(Policies const& policies, Sizes const& sizes) {
    hotrow::Footprint bytes = with_eviction<Dim, RowId>(policies.eviction, sizes);
    bytes.stored_rows = with_format<Dim>(policies.format, sizes).stored_rows;
    auto const optimizer = with_optimizer<Dim>(policies.optimizer, sizes);
    bytes.optimizer_state = optimizer.optimizer_state;
    bytes.control = optimizer.control;
    return bytes;
}

template <int Dim>
hotrow::Footprint with_dim(Policies const& policies, Sizes const& sizes) {
    double rows = 0;
    for (auto const table : sizes.table_rows) rows += static_cast<double>(table);
    constexpr double most = std::numeric_limits<std::uint32_t>::max() - 64.0;  // lines come in sets of 32
    return rows * (1.0 + sizes.cache) < most ? with_types<Dim, std::uint32_t>(policies, sizes) : with_types<Dim, std::uint64_t>(policies, sizes);
}

}  // namespace

hotrow::Footprint bytes_of(Policies const& policies, Sizes const& sizes) {
    switch (policies.dim) {
    case 16: return with_dim<16>(policies, sizes);
    case 32: return with_dim<32>(policies, sizes);
    case 64: return with_dim<64>(policies, sizes);
    case 128: return with_dim<128>(policies, sizes);
    case 256: return with_dim<256>(policies, sizes);
    default: throw examples::UsageError("--dim " + std::to_string(policies.dim) + ": must be 16, 32, 64, 128 or 256");
    }
}

std::int64_t rows_that_fit(Policies const& policies, Sizes const& sizes, std::int64_t budget) {
    auto const fits = [&](std::int64_t rows) {
        Sizes of_rows = sizes;
        of_rows.table_rows = {rows};
        try {
            return bytes_of(policies, of_rows).total() <= budget;
        } catch (hotrow::OptionError const&) {
            return false;  // more rows than one embedding serves
        }
    };
    // Bytes grow with rows, and a row takes at least one.
    std::int64_t low = 0, high = budget + 1;
    while (high - low > 1) {
        std::int64_t const middle = low + (high - low) / 2;
        (fits(middle) ? low : high) = middle;
    }
    return low;
}

}  // namespace footprint
