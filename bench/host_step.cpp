// SPDX-License-Identifier: Apache-2.0
// What a cache costs on the host: plan and forward of a warm cache beside a plain gather of FP32 rows that knows no
// cache. 26 tables of Criteo-like sizes, 2,048 samples of one lookup a table, dim 64, Zipf-distributed rows.
//
//     build/bench/bench/bench_host_step --threads=1 --rows=2000000 --zipf=1.05 --share=0.05 --benchmark_repetitions=5
//
// Each iteration takes all batches by the gather, then all of them by the embedding, so that both see the same machine;
// counters are medians over iterations.
//   gather, step, plan, forward   million lookups a second; a step is plan and forward
//   step_over_gather              time of a step over that of the gather
//   hit_rate                      of the timed steps
#include "zipf.hpp"

#include <CLI/CLI.hpp>
#include <benchmark/benchmark.h>
#include <hotrow/hotrow.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <memory>
#include <numeric>
#include <random>
#include <span>
#include <string>
#include <vector>

namespace {

constexpr int dim = 64;
constexpr std::size_t tables = 26;
constexpr std::int32_t samples = 2048;
constexpr std::size_t lookups = tables * samples;

struct Options {
    std::int64_t rows = 2'000'000;
    double zipf = 1.05;
    double share = 0.05;
    int threads = 1;
    int batches = 32;
    int warm_batches = 200;
};

/// Sizes from a few rows to almost half of all, as those of Criteo's columns.
std::vector<std::int64_t> sizes_of_tables(std::int64_t rows) {
    std::vector<double> weight(tables);
    for (std::size_t t = 0; t < tables; ++t) weight[t] = std::pow(0.6, static_cast<double>(t));
    const double sum = std::accumulate(weight.begin(), weight.end(), 0.0);
    std::vector<std::int64_t> sizes;
    for (const double w : weight) sizes.push_back(std::max<std::int64_t>(4, static_cast<std::int64_t>(static_cast<double>(rows) * w / sum)));
    return sizes;
}

struct Batches {
    std::vector<std::int64_t> offsets;
    std::vector<std::vector<std::int64_t>> indices;

    Batches(const Options& options, const std::vector<std::int64_t>& sizes) {
        std::mt19937_64 random(1);
        std::vector<bench::Zipf> draws;
        for (const std::int64_t size : sizes) draws.emplace_back(options.zipf, size, random);
        offsets.resize(lookups + 1);
        std::iota(offsets.begin(), offsets.end(), std::int64_t{0});
        for (int b = 0; b < options.batches + options.warm_batches; ++b) {
            auto& batch = indices.emplace_back(lookups);
            for (std::size_t i = 0; i < lookups; ++i) batch[i] = draws[i / samples](random);
        }
    }
    hotrow::Batch<std::int64_t> operator[](std::size_t i) const { return {.indices = indices[i], .offsets = offsets, .weights = {}, .batch_size = samples}; }
};

/// All tables in FP32, one after the other, and sums of their rows by bag: what one would write without this library.
/// Memory and threads are of the same kind as the embedding's.
class PlainTables {
public:
    PlainTables(const std::vector<std::int64_t>& sizes, int threads) : host_(threads) {
        for (const std::int64_t size : sizes) begin_.push_back(begin_.back() + size);
        bytes_ = static_cast<std::size_t>(begin_.back()) * dim * sizeof(float);
        rows_ = static_cast<float*>(host_.allocate(bytes_));
        std::fill_n(rows_, bytes_ / sizeof(float), 0.5f);
    }
    ~PlainTables() { host_.deallocate(rows_, bytes_); }
    PlainTables(const PlainTables&) = delete;
    PlainTables& operator=(const PlainTables&) = delete;

    void gather(const hotrow::Batch<std::int64_t>& batch, std::span<float> output) {
        host_.for_each<1>({}, batch.offsets.size() - 1, [&](const auto&, std::uint64_t bag) { pool(batch, bag, output.data() + bag * dim); });
    }

private:
    void pool(const hotrow::Batch<std::int64_t>& batch, std::uint64_t bag, float* output) const {
        constexpr std::int64_t ahead = 16;
        const float* const table = rows_ + begin_[bag / samples] * dim;
        float sum[dim] = {};
        for (std::int64_t p = batch.offsets[bag]; p < batch.offsets[bag + 1]; ++p) {
            // The row 16 lookups on, which most likely is of this table too; another address in the tables does no
            // harm.
            const auto later = static_cast<std::size_t>(std::min(p + ahead, static_cast<std::int64_t>(batch.indices.size()) - 1));
            const std::size_t later_table = later / samples;
            const float* const next = rows_ + (begin_[later_table] + batch.indices[later]) * dim;
            for (int i = 0; i < dim; i += 16) __builtin_prefetch(next + i);
            const float* const row = table + batch.indices[static_cast<std::size_t>(p)] * dim;
            for (int i = 0; i < dim; ++i) sum[i] += row[i];
        }
        std::copy_n(sum, dim, output);
    }

    hotrow::Host host_;
    std::vector<std::int64_t> begin_{0};
    std::size_t bytes_ = 0;
    float* rows_ = nullptr;
};

struct Scene {
    Options options;
    std::vector<std::int64_t> sizes;
    Batches batches;
    PlainTables plain;

    explicit Scene(const Options& o) : options(o), sizes(sizes_of_tables(o.rows)), batches(o, sizes), plain(sizes, o.threads) {}
};

double median(std::vector<double> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

template <class F>
double seconds_of(F&& f) {
    const auto start = std::chrono::steady_clock::now();
    f();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

template <class CacheType, class RowFormatType>
void step(benchmark::State& state, Scene& scene) {
    using Embedding = hotrow::CachedEmbedding<dim, RowFormatType, CacheType, hotrow::Sgd, hotrow::Host>;
    const auto embedding = std::make_unique<Embedding>(typename Embedding::Options{.table_rows = scene.sizes,
                                                                                   .cache_fraction = scene.options.share,
                                                                                   .seed = 1,
                                                                                   .max_lookups = static_cast<std::int64_t>(lookups),
                                                                                   .threads = scene.options.threads});
    std::vector<float> output_memory(lookups * dim + 16);
    const std::span<float> output(output_memory.data(), lookups * dim);
    const auto timed = static_cast<std::size_t>(scene.options.batches);
    for (std::size_t b = timed; b < scene.batches.indices.size(); ++b) embedding->release(embedding->plan(scene.batches[b]));
    embedding->reset_statistics();
    std::vector<double> gather, plan, forward, both, ratio;
    for (auto _ : state) {
        double gathering = 0, planning = 0, forwarding = 0;
        for (std::size_t b = 0; b < timed; ++b) {
            gathering += seconds_of([&] { scene.plain.gather(scene.batches[b], output); });
            benchmark::DoNotOptimize(output.data());
        }
        for (std::size_t b = 0; b < timed; ++b) {
            hotrow::Plan<std::int64_t> planned{};
            planning += seconds_of([&] { planned = embedding->plan(scene.batches[b]); });
            forwarding += seconds_of([&] { embedding->forward(planned, output); });
            embedding->release(planned);
            benchmark::DoNotOptimize(output.data());
        }
        state.SetIterationTime(planning + forwarding);
        const double million = static_cast<double>(timed * lookups) * 1e-6;
        gather.push_back(million / gathering);
        plan.push_back(million / planning);
        forward.push_back(million / forwarding);
        both.push_back(million / (planning + forwarding));
        ratio.push_back((planning + forwarding) / gathering);
    }
    state.counters["gather"] = median(gather);
    state.counters["step"] = median(both);
    state.counters["plan"] = median(plan);
    state.counters["forward"] = median(forward);
    state.counters["step_over_gather"] = median(ratio);
    state.counters["hit_rate"] = embedding->statistics().hit_rate();
}

template <class CacheType, class RowFormatType>
void add(const char* name, const std::shared_ptr<Scene>& scene) {
    benchmark::RegisterBenchmark(name, [scene](benchmark::State& state) { step<CacheType, RowFormatType>(state, *scene); })
        ->UseManualTime()
        ->Iterations(15)
        ->Unit(benchmark::kMillisecond);
}

}  // namespace

int main(int argc, char** argv) {
    using namespace hotrow;
    benchmark::Initialize(&argc, argv);
    Options options;
    CLI::App app("Plan and forward of a warm cache beside a plain gather of FP32 rows", "bench_host_step");
    app.add_option("--rows", options.rows, "of all tables")->capture_default_str()->check(CLI::Range(1000, 1 << 30));
    app.add_option("--zipf", options.zipf, "exponent of the frequencies of rows")->capture_default_str()->check(CLI::Range(0.0, 10.0));
    app.add_option("--share", options.share, "lines over rows")->capture_default_str()->check(CLI::Range(0.0, 1.0));
    app.add_option("--threads", options.threads, "of the gather and of the embedding")->capture_default_str()->check(CLI::Range(1, 64));
    app.add_option("--batches", options.batches, "different batches that are timed")->capture_default_str()->check(CLI::Range(1, 1 << 16));
    app.add_option("--warm", options.warm_batches, "batches that fill the cache before")->capture_default_str()->check(CLI::Range(1, 1 << 16));
    CLI11_PARSE(app, argc, argv);
    const auto scene = std::make_shared<Scene>(options);
    using Int8Rows = RowFormat<Int8, RowAffine<Fp16>, Stochastic<>>;
    using Int4Rows = RowFormat<Int4, RowAffine<Fp16>, Stochastic<>>;
    using Ways = SetAssociative<32>;
    add<Cache<Ways>, Int8Rows>("host_step/policy:lfu_aged/precision:int8", scene);
    add<Cache<Ways>, Int4Rows>("host_step/policy:lfu_aged/precision:int4", scene);
    add<Cache<Ways, Lru>, Int8Rows>("host_step/policy:lru/precision:int8", scene);
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
}
