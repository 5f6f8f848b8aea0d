// SPDX-License-Identifier: Apache-2.0
// Pooled lookups from stored rows, and row-wise Adagrad updates with re-encoding, on one core: 4 million rows, 2,048 bags of 32
// uniform int64 ids. `rows` is million lookups a second; `read` and `rewrite` are floors: the same rows read (and written back),
// with the same prefetching, and nothing computed.
//
//     build/bench/bench/bench_host_lookup --benchmark_repetitions=15 --benchmark_report_aggregates_only=true

#include <benchmark/benchmark.h>
#include <hotrow/hotrow.hpp>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <random>
#include <span>
#include <string>
#include <vector>

namespace {

constexpr std::int64_t table_rows = 4'000'000;
constexpr std::int32_t bags = 2048;
constexpr std::int64_t per_bag = 32;

// As many batches in turn as touch more lines than any processor cache has, so that no row is still in one.
struct Batches {
    std::vector<std::vector<std::int64_t>> indices;
    std::vector<std::int64_t> offsets;

    Batches() {
        std::mt19937_64 random(1);
        std::uniform_int_distribution<std::int64_t> uniform(0, table_rows - 1);
        for (int b = 0; b < 32; ++b) {
            auto& batch = indices.emplace_back(static_cast<std::size_t>(bags * per_bag));
            for (auto& index : batch) index = uniform(random);
        }
        for (std::int64_t bag = 0; bag <= bags; ++bag) offsets.push_back(bag * per_bag);
    }
    hotrow::Batch<std::int64_t> operator[](std::size_t i) const {
        return {.indices = indices[i % indices.size()], .offsets = offsets, .weights = {}, .batch_size = bags};
    }
};

const Batches& batches() {
    static const Batches made;
    return made;
}

template <int Dim, class Format>
using Embedding = hotrow::CachedEmbedding<Dim, Format, hotrow::Cache<hotrow::DirectMapped, hotrow::Lru>, hotrow::RowwiseAdagrad, hotrow::Host>;

template <int Dim, class Format>
Embedding<Dim, Format> made() {
    return Embedding<Dim, Format>({.table_rows = {table_rows}, .cache_fraction = 0.0, .seed = 1, .max_lookups = bags * per_bag, .threads = 1});
}

void count_rows(benchmark::State& state) {
    state.counters["rows"] = benchmark::Counter(static_cast<double>(bags * per_bag) * 1e-6, benchmark::Counter::kIsIterationInvariantRate);
}

template <int Dim, class Format>
void lookup(benchmark::State& state) {
    const auto embedding = std::make_unique<Embedding<Dim, Format>>(made<Dim, Format>());
    std::vector<float> output(static_cast<std::size_t>(bags) * Dim);
    std::size_t i = 0;
    for (auto _ : state) {
        embedding->lookup(batches()[i++], std::span(output));
        benchmark::DoNotOptimize(output.data());
    }
    count_rows(state);
}

template <int Dim, class Format>
void update(benchmark::State& state) {
    const auto embedding = std::make_unique<Embedding<Dim, Format>>(made<Dim, Format>());
    const std::vector<float> gradient(static_cast<std::size_t>(bags) * Dim, 0.01f);
    std::size_t i = 0;
    for (auto _ : state) {
        state.PauseTiming();  // sorting is the plan's, and is timed in the cache's benchmarks
        const auto plan = embedding->plan(batches()[i++]);
        state.ResumeTiming();
        embedding->backward(plan, std::span<const float>(gradient));
    }
    count_rows(state);
}

/// What the memory allows: rows of this many bytes read, and written back if `writes`, in the same order and with the same
/// prefetching, and nothing computed.
template <int Stride>
void floor_of(benchmark::State& state, bool writes) {
    hotrow::Host host(1);
    const std::size_t bytes = static_cast<std::size_t>(table_rows) * Stride;
    char* const rows = static_cast<char*>(host.allocate(bytes));
    std::memset(rows, 1, bytes);
    std::size_t i = 0;
    for (auto _ : state) {
        const auto& indices = batches().indices[i++ % batches().indices.size()];
        std::uint64_t sum = 0;
        for (std::size_t p = 0; p < indices.size(); ++p) {
            const std::size_t ahead = std::min(p + hotrow::detail::prefetch_distance, indices.size() - 1);
            hotrow::detail::prefetch<Stride, hotrow::detail::alignment_of_rows(Stride)>(rows + indices[ahead] * Stride);
            char* const row = rows + indices[p] * Stride;
            for (int at = 0; at + 8 <= Stride; at += 64) {
                std::uint64_t word;
                std::memcpy(&word, row + at, sizeof(word));
                sum += word;
                if (writes) std::memcpy(row + at, &sum, sizeof(sum));
            }
        }
        benchmark::DoNotOptimize(sum);
    }
    host.deallocate(rows, bytes);
    count_rows(state);
}

template <int Dim, class Format>
void add(const std::string& name) {
    const std::string suffix = "/dim:" + std::to_string(Dim) + "/" + name;
    benchmark::RegisterBenchmark(("lookup" + suffix).c_str(), lookup<Dim, Format>)->Unit(benchmark::kMillisecond);
    constexpr int stride = Format::template Layout<Dim>::stride;
    benchmark::RegisterBenchmark(("read" + suffix).c_str(), floor_of<stride>, false)->Unit(benchmark::kMillisecond);
    benchmark::RegisterBenchmark(("update" + suffix).c_str(), update<Dim, Format>)->Unit(benchmark::kMillisecond);
    benchmark::RegisterBenchmark(("rewrite" + suffix).c_str(), floor_of<stride>, true)->Unit(benchmark::kMillisecond);
}

template <int Dim>
void add_all() {
    using namespace hotrow;
    add<Dim, RowFormat<Fp32, Cast>>("fp32");
    add<Dim, RowFormat<Fp16, Cast, NearestEven>>("fp16_nearest");
    add<Dim, RowFormat<Fp16, Cast, Stochastic<>>>("fp16_stochastic");
    add<Dim, RowFormat<Int8, RowAffine<Fp32>, NearestEven>>("int8_nearest");
    add<Dim, RowFormat<Int8, RowAffine<Fp32>, Stochastic<>>>("int8_stochastic");
    add<Dim, RowFormat<Int4, RowAffine<Fp16>, NearestEven>>("int4_nearest");
    add<Dim, RowFormat<Int4, RowAffine<Fp16>, Stochastic<>>>("int4_stochastic");
}

}  // namespace

int main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
    add_all<64>();
    add_all<128>();
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
}
