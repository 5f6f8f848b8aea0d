// SPDX-License-Identifier: Apache-2.0
// A training step of one table whose memory traffic is to be counted, and the least that it could be. bench/traffic/report.py runs it
// with a runtime that counts (the GPU emulator) and prints the comparison.
//
//     bench_traffic --format=int8 --dim=128 --share=0.05 --warm=20 --measured=1
//
// What the runtime counts are sums over a whole run: those of the measured step are those of a run with it less those of a run without it. Counters of its own:
//   lookups, unique, hit_rate    of the last batch; of the cache
//   PHASE/TERM/read, /written    sectors of 32 bytes that the term needs at least
// Its time says nothing: it is that of all steps and of what was asked of the device between them.
#include "../zipf.hpp"
#include "least.hpp"

#include <CLI/CLI.hpp>
#include <benchmark/benchmark.h>
#include <cuda_runtime.h>
#include <hotrow/cuda.cuh>

#include <cstdint>
#include <cstdio>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace hotrow;
using traffic::Term;

struct Options {
    std::string format = "int8";
    int dim = 128;
    std::int64_t rows = 100'000;
    double zipf = 1.05;
    double share = 0.05;
    std::int32_t bags = 2048;
    std::int64_t per_bag = 32;
    int warm = 20;
    int measured = 1;
};

void require(cudaError_t result) {
    if (result != cudaSuccess) throw std::runtime_error(cudaGetErrorString(result));
}

/// An array in the device's memory.
template <class T>
class DeviceArray {
public:
    DeviceArray(Cuda& backend, std::size_t size) : buffer_(backend, static_cast<std::int64_t>(size)) {}
    void set(const std::vector<T>& values, cudaStream_t stream) { Cuda::from_host(buffer_.data(), values.data(), values.size() * sizeof(T), stream); }
    std::span<T> span() const { return {buffer_.data(), buffer_.bytes() / sizeof(T)}; }

private:
    detail::Buffer<T, Cuda> buffer_;
};

template <class T>
std::vector<T> on_host(const T* from, std::size_t size, cudaStream_t stream) {
    std::vector<T> values(size);
    Cuda::to_host(values.data(), from, size * sizeof(T), stream);
    return values;
}

template <class Embedding>
void run(const Options& options, benchmark::UserCounters& report) {
    cudaStream_t stream = nullptr;
    require(cudaStreamCreate(&stream));
    const std::size_t lookups = static_cast<std::size_t>(options.bags * options.per_bag);
    typename Embedding::Options of_embedding{
        .table_rows = {options.rows}, .cache_fraction = options.share, .seed = 1, .max_lookups = static_cast<std::int64_t>(lookups)};
    Embedding embedding(of_embedding, stream);

    Cuda backend;
    DeviceArray<std::int64_t> indices(backend, lookups), offsets(backend, static_cast<std::size_t>(options.bags) + 1);
    DeviceArray<float> output(backend, static_cast<std::size_t>(options.bags) * Embedding::dim), gradient(backend, output.span().size());
    std::vector<std::int64_t> begins;
    for (std::int64_t bag = 0; bag <= options.bags; ++bag) begins.push_back(bag * options.per_bag);
    offsets.set(begins, stream);
    gradient.set(std::vector<float>(gradient.span().size(), 0.01f), stream);

    std::mt19937_64 random(1);
    const bench::Zipf draw(options.zipf, options.rows, random);
    std::vector<std::int64_t> batch_rows(lookups);
    const int steps = options.warm + options.measured;
    for (int step = 0; step < steps; ++step) {
        for (std::int64_t& row : batch_rows) row = draw(random);
        indices.set(batch_rows, stream);
        const bool last = step + 1 == steps;
        const auto view = embedding.view();
        const std::uint64_t slots = last ? view.line_count : 0;
        const auto before = on_host(view.tags, slots, stream);
        const auto flags = on_host(view.flags, slots, stream);
        const Batch<std::int64_t> batch{indices.span(), offsets.span(), {}, options.bags, Pooling::sum};
        const auto plan = embedding.plan(batch, stream);
        embedding.forward(plan, output.span(), stream);
        embedding.backward(plan, std::span<const float>(gradient.span()), stream);
        require(cudaStreamSynchronize(stream));
        if (last) {
            const traffic::Shape shape{.rows = options.rows,
                                       .dim = Embedding::dim,
                                       .row_bytes = Embedding::View::Rows::Layout::stride,
                                       .state_bytes = 4,
                                       .ways = Embedding::View::Cache::ways,
                                       .lookups = static_cast<std::int64_t>(lookups),
                                       .bags = options.bags,
                                       .key_bits = view.geometry.mixer.bits};
            report["unique"] = static_cast<double>(traffic::unique_rows(batch_rows).size());
            for (const Term& term : traffic::least(shape, batch_rows, before, flags, on_host(view.tags, slots, stream))) {
                const std::string name = std::string(term.phase) + "/" + std::string(term.name);
                report[name + "/read"] = static_cast<double>(term.read);
                report[name + "/written"] = static_cast<double>(term.written);
            }
        }
    }
    const auto statistics = embedding.statistics(stream);
    report["hit_rate"] = static_cast<double>(statistics.hits) / static_cast<double>(statistics.lookups);
    report["lookups"] = static_cast<double>(lookups);
    require(cudaStreamDestroy(stream));
}

template <int Dim>
void run_format(const Options& options, benchmark::UserCounters& report) {
    using Cached = Cache<SetAssociative<32>>;
    if (options.format == "fp32") {
        run<CachedEmbedding<Dim, RowFormat<Fp32, Cast>, Cached, RowwiseAdagrad, Cuda>>(options, report);
    } else if (options.format == "int8") {
        run<CachedEmbedding<Dim, RowFormat<Int8, RowAffine<Fp16>, Stochastic<>>, Cached, RowwiseAdagrad, Cuda>>(options, report);
    } else {
        run<CachedEmbedding<Dim, RowFormat<Int4, RowAffine<Fp16>, Stochastic<>>, Cached, RowwiseAdagrad, Cuda>>(options, report);
    }
}

}  // namespace

int main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    Options options;
    CLI::App app{"One training step, to be run with a CUDA runtime that counts memory traffic, and the least traffic possible"};
    app.add_option("--format", options.format, "format of stored rows")->check(CLI::IsMember({"fp32", "int8", "int4"}));
    app.add_option("--dim", options.dim, "elements of a row")->check(CLI::IsMember({64, 128}));
    app.add_option("--rows", options.rows, "rows of the table");
    app.add_option("--zipf", options.zipf, "exponent of the frequencies of rows");
    app.add_option("--share", options.share, "lines of the cache over rows of the table");
    app.add_option("--bags", options.bags, "bags of a batch");
    app.add_option("--per-bag", options.per_bag, "lookups of a bag");
    app.add_option("--warm", options.warm, "steps before the measured one");
    app.add_option("--measured", options.measured, "0: only the warm steps");
    CLI11_PARSE(app, argc, argv);
    int devices = 0;
    if (cudaGetDeviceCount(&devices) != cudaSuccess || devices == 0) {
        std::fprintf(stderr, "SKIPPED: no CUDA device\n");
        return 77;
    }
    char name[64];
    std::snprintf(name, sizeof(name), "traffic/format:%s/dim:%d/share:%g", options.format.c_str(), options.dim, options.share);
    benchmark::RegisterBenchmark(name, [&](benchmark::State& state) {
        for (auto _ : state) options.dim == 64 ? run_format<64>(options, state.counters) : run_format<128>(options, state.counters);
    })->Iterations(1);
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
}
