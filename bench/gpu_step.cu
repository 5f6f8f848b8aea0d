// SPDX-License-Identifier: Apache-2.0
// Times a training step on a device, whole and by phase, beside the time that its bytes would take at the device's own speed of copying.
// bench/gpu_report.py runs it and makes a table.
//
//     bench_gpu_step --scale=1 --warm=10 --steps=50
//
// The time of a case is the median of a step with a cold L2 cache. Counters:
//   flushed_ms, warm_ms, graph_ms    a step with a cold L2, a warm one, and cold as a replayed graph: medians, and _p10 and _p90
//   plan_ms, forward_ms, backward_ms phases of a step with a cold L2; likewise
//   least_bytes_plan, _moves, _forward, _backward, _step   what the step after them has to move at least
//   floor_ms                         least_bytes_step at the speed of a copy
//   lookups, unique                  of a batch
//   bytes_kept, hit_rate             of the embedding
#include "traffic/least.hpp"
#include "zipf.hpp"

#include <benchmark/benchmark.h>
#include <cuda_profiler_api.h>
#include <cuda_runtime.h>
#include <hotrow/cuda.cuh>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <initializer_list>
#include <map>
#include <memory>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace hotrow;

/// FBGEMM's and dynamicemb's own benchmark: ten tables, lookups that are not pooled, a power law.
struct Options {
    double scale = 1.0;  ///< of rows and lookups
    int tables = 10;
    double zipf = 1.05;
    int inputs = 4;  ///< batches that take turns, so that no step finds its own rows in the caches
    int warm = 10;
    int steps = 50;
    std::string only;   ///< one case
    int profiled = -1;  ///< not negative: so many steps for a profiler to look at, and no timing

    std::int64_t rows() const { return std::max<std::int64_t>(64, std::llround(1e6 * scale)); }
    std::int64_t lookups() const { return std::max<std::int64_t>(16, std::llround(104'857 * scale)); }  ///< of a table
};

void require(cudaError_t result) {
    if (result != cudaSuccess) throw std::runtime_error(cudaGetErrorString(result));
}

template <class T>
class DeviceArray {
public:
    explicit DeviceArray(std::size_t size) : size_(size) { require(cudaMalloc(&data_, std::max<std::size_t>(1, size) * sizeof(T))); }
    explicit DeviceArray(const std::vector<T>& values) : DeviceArray(values.size()) {
        require(cudaMemcpy(data_, values.data(), values.size() * sizeof(T), cudaMemcpyHostToDevice));
    }
    DeviceArray(const DeviceArray&) = delete;
    DeviceArray& operator=(const DeviceArray&) = delete;
    ~DeviceArray() { (void)cudaFree(data_); }
    T* data() const { return static_cast<T*>(data_); }
    std::span<T> span() const { return {data(), size_}; }

private:
    std::size_t size_;
    void* data_ = nullptr;
};

template <class T>
std::vector<T> on_host(const T* from, std::size_t size) {
    std::vector<T> values(size);
    require(cudaMemcpy(values.data(), from, size * sizeof(T), cudaMemcpyDeviceToHost));
    return values;
}

class Event {
public:
    Event() { require(cudaEventCreate(&event_)); }
    Event(const Event&) = delete;
    Event& operator=(const Event&) = delete;
    ~Event() { (void)cudaEventDestroy(event_); }
    void record(cudaStream_t stream) { require(cudaEventRecord(event_, stream)); }
    double milliseconds_since(const Event& before) const {
        float elapsed = 0;
        require(cudaEventElapsedTime(&elapsed, before.event_, event_));
        return elapsed;
    }

private:
    cudaEvent_t event_ = nullptr;
};

/// Times in milliseconds.
struct Times {
    std::vector<double> all;
    double quantile(double at) const {
        std::vector<double> sorted = all;
        std::sort(sorted.begin(), sorted.end());
        return sorted[static_cast<std::size_t>(at * static_cast<double>(sorted.size() - 1) + 0.5)];
    }
};

/// What a case comes to, by the names of its counters.
using Figures = std::map<std::string, double>;

/// What is in the L2 cache is pushed out by writing more than it holds.
class Flush {
public:
    explicit Flush(int l2_bytes) : block_(static_cast<std::size_t>(l2_bytes) * 2 + 1024) {}
    void operator()(cudaStream_t stream) const { require(cudaMemsetAsync(block_.data(), 0, block_.span().size(), stream)); }

private:
    DeviceArray<unsigned char> block_;
};

/// Bytes a second of a large copy in the device, read and written both counted.
double copy_speed(const Options& options, cudaStream_t stream) {
    const std::size_t bytes = static_cast<std::size_t>(std::max(1e6, 1e9 * std::min(1.0, options.scale)));
    const DeviceArray<unsigned char> from(bytes), to(bytes);
    require(cudaMemsetAsync(from.data(), 1, bytes, stream));
    Times times;
    Event begin, end;
    for (int i = 0; i < 25; ++i) {
        begin.record(stream);
        require(cudaMemcpyAsync(to.data(), from.data(), bytes, cudaMemcpyDeviceToDevice, stream));
        end.record(stream);
        require(cudaStreamSynchronize(stream));
        if (i >= 5) times.all.push_back(end.milliseconds_since(begin));
    }
    return 2.0 * static_cast<double>(bytes) / (times.quantile(0.5) * 1e-3);
}

struct Input {
    std::vector<std::int64_t> rows;  ///< over all tables
    DeviceArray<std::int64_t> indices;
};

template <class Embedding>
Figures run(double share, const Options& options, double bytes_a_second, const Flush& flush, cudaStream_t stream) {
    using Row = typename Embedding::View::RowState;
    const std::size_t tables = static_cast<std::size_t>(options.tables), lookups = tables * static_cast<std::size_t>(options.lookups());
    const std::vector<std::int64_t> table_rows(tables, options.rows());
    Embedding embedding({.table_rows = table_rows, .cache_fraction = share, .seed = 1, .max_lookups = static_cast<std::int64_t>(lookups)}, stream);

    std::mt19937_64 random(1);
    const bench::Zipf draw(options.zipf, options.rows(), random);
    std::vector<std::unique_ptr<Input>> inputs;
    for (int i = 0; i < options.inputs; ++i) {
        std::vector<std::int64_t> rows(lookups), indices(lookups);
        for (std::size_t k = 0; k < lookups; ++k) {
            indices[k] = draw(random);
            rows[k] = static_cast<std::int64_t>(k / static_cast<std::size_t>(options.lookups())) * options.rows() + indices[k];
        }
        inputs.push_back(std::unique_ptr<Input>(new Input{std::move(rows), DeviceArray<std::int64_t>(indices)}));
    }
    std::vector<std::int64_t> begins(lookups + 1);
    for (std::size_t k = 0; k <= lookups; ++k) begins[k] = static_cast<std::int64_t>(k);
    const DeviceArray<std::int64_t> offsets(begins);
    const DeviceArray<float> output(lookups * Embedding::dim);
    std::vector<float> values(output.span().size());
    for (float& value : values) value = static_cast<float>(static_cast<int>(random() % 129) - 64) * 1e-4f;
    const DeviceArray<float> gradient(values);
    const auto batch_of = [&](int i) {
        const Input& input = *inputs[static_cast<std::size_t>(i) % inputs.size()];
        return Batch<std::int64_t>{input.indices.span(), offsets.span(), {}, static_cast<std::int32_t>(options.lookups()), Pooling::none};
    };
    const auto step = [&](int i) {
        const auto plan = embedding.plan(batch_of(i), stream);
        embedding.forward(plan, output.span(), stream);
        embedding.backward(plan, std::span<const float>(gradient.span()), stream);
    };
    int number = 0;
    for (; number < options.warm; ++number) step(number);
    require(cudaStreamSynchronize(stream));

    if (options.profiled >= 0) {
        require(cudaProfilerStart());
        for (int i = 0; i < options.profiled; ++i, ++number) step(number);
        require(cudaStreamSynchronize(stream));
        require(cudaProfilerStop());
        return {{"lookups", static_cast<double>(lookups)}, {"profiled", options.profiled}};
    }

    Event begin, planned, forwarded, end;
    Times warm, flushed, graphed, plan_times, forward_times, backward_times;
    for (const bool flushes : {false, true}) {
        for (int i = 0; i < options.steps; ++i, ++number) {
            if (flushes) flush(stream);
            begin.record(stream);
            step(number);
            end.record(stream);
            require(cudaStreamSynchronize(stream));
            (flushes ? flushed : warm).all.push_back(end.milliseconds_since(begin));
        }
    }
    for (int i = 0; i < options.steps; ++i, ++number) {
        flush(stream);
        begin.record(stream);
        const auto plan = embedding.plan(batch_of(number), stream);
        planned.record(stream);
        embedding.forward(plan, output.span(), stream);
        forwarded.record(stream);
        embedding.backward(plan, std::span<const float>(gradient.span()), stream);
        end.record(stream);
        require(cudaStreamSynchronize(stream));
        plan_times.all.push_back(planned.milliseconds_since(begin));
        forward_times.all.push_back(forwarded.milliseconds_since(planned));
        backward_times.all.push_back(end.milliseconds_since(forwarded));
    }

    // What the next step has to move.
    traffic::Shape shape{.rows = static_cast<std::int64_t>(options.rows() * options.tables),
                         .dim = Embedding::dim,
                         .row_bytes = Embedding::View::Rows::Layout::stride,
                         .state_bytes = std::is_empty_v<Row> ? 0 : static_cast<int>(sizeof(Row)),
                         .ways = Embedding::View::Cache::ways,
                         .lookups = static_cast<std::int64_t>(lookups),
                         .bags = static_cast<std::int64_t>(lookups),
                         .key_bits = embedding.view().geometry.mixer.bits};
    const auto view = embedding.view();
    const auto before = on_host(view.tags, view.line_count);
    const auto flags = on_host(view.flags, view.line_count);
    const std::vector<std::int64_t>& rows = inputs[static_cast<std::size_t>(number) % inputs.size()]->rows;
    step(number++);
    require(cudaStreamSynchronize(stream));
    Figures figures;
    for (const traffic::Term& term : traffic::least(shape, rows, before, flags, on_host(view.tags, view.line_count))) {
        const double bytes = static_cast<double>(traffic::sector * (term.read + term.written));
        figures["least_bytes_" + std::string(term.phase)] += bytes;
        figures["least_bytes_step"] += bytes;
    }

    // Replayed graphs, one an input: the host's part of launching is gone.
    std::vector<cudaGraphExec_t> graphs;
    for (int i = 0; i < options.inputs; ++i) {
        cudaGraph_t graph = nullptr;
        cudaGraphExec_t executable = nullptr;
        require(cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal));
        step(i);
        require(cudaStreamEndCapture(stream, &graph));
        require(cudaGraphInstantiate(&executable, graph, 0));
        require(cudaGraphDestroy(graph));
        graphs.push_back(executable);
    }
    for (int i = 0; i < options.steps + 2; ++i) {
        flush(stream);
        begin.record(stream);
        require(cudaGraphLaunch(graphs[static_cast<std::size_t>(i) % graphs.size()], stream));
        end.record(stream);
        require(cudaStreamSynchronize(stream));
        if (i >= 2) graphed.all.push_back(end.milliseconds_since(begin));
    }
    for (const cudaGraphExec_t graph : graphs) require(cudaGraphExecDestroy(graph));
    embedding.check(stream);

    figures["floor_ms"] = figures["least_bytes_step"] / bytes_a_second * 1e3;
    figures["lookups"] = static_cast<double>(lookups);
    figures["unique"] = static_cast<double>(traffic::unique_rows(rows).size());
    figures["bytes_kept"] = static_cast<double>(embedding.footprint().total());
    figures["hit_rate"] = embedding.statistics(stream).hit_rate();
    const std::pair<const char*, const Times&> all_times[] = {{"flushed_ms", flushed},       {"warm_ms", warm},
                                                              {"graph_ms", graphed},         {"plan_ms", plan_times},
                                                              {"forward_ms", forward_times}, {"backward_ms", backward_times}};
    for (const auto& [name, times] : all_times) {
        figures[name] = times.quantile(0.5);
        figures[std::string(name) + "_p10"] = times.quantile(0.1);
        figures[std::string(name) + "_p90"] = times.quantile(0.9);
    }
    return figures;
}

bool is_option(std::string_view argument, std::string_view name, std::string& value) {
    if (!argument.starts_with(name) || argument.size() <= name.size() || argument[name.size()] != '=') return false;
    value = argument.substr(name.size() + 1);
    return true;
}

int run_all(const Options& options) {
    int device = 0, devices = 0;
    if (cudaGetDeviceCount(&devices) != cudaSuccess || devices == 0) {
        std::fprintf(stderr, "SKIPPED: no CUDA device\n");
        return 77;
    }
    cudaDeviceProp properties{};
    require(cudaGetDevice(&device));
    require(cudaGetDeviceProperties(&properties, device));
    cudaStream_t stream = nullptr;
    require(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
    const double speed = options.profiled < 0 ? copy_speed(options, stream) : 0.0;
    const Flush flush(properties.l2CacheSize);
    benchmark::AddCustomContext("device", properties.name);
    for (const auto& [name, value] : std::initializer_list<std::pair<const char*, double>>{{"multiprocessors", properties.multiProcessorCount},
                                                                                           {"l2_bytes", properties.l2CacheSize},
                                                                                           {"copy_bytes_a_second", speed},
                                                                                           {"tables", options.tables},
                                                                                           {"rows", static_cast<double>(options.rows())},
                                                                                           {"dim", 128},
                                                                                           {"lookups_a_table", static_cast<double>(options.lookups())},
                                                                                           {"zipf", options.zipf},
                                                                                           {"steps", options.steps}}) {
        char text[32];
        std::snprintf(text, sizeof(text), "%.15g", value);
        benchmark::AddCustomContext(name, text);
    }
    const auto add = [&]<class Embedding>(const char* name, double share, Embedding*) {
        if (!options.only.empty() && options.only != name) return;
        benchmark::RegisterBenchmark(name,
                                     [&, share](benchmark::State& state) {
                                         Figures figures;
                                         for (auto _ : state) {
                                             figures = run<Embedding>(share, options, speed, flush, stream);
                                             state.SetIterationTime(figures["flushed_ms"] * 1e-3);
                                         }
                                         for (const auto& [counter, value] : figures) state.counters[counter] = value;
                                     })
            ->UseManualTime()
            ->Iterations(1)
            ->Unit(benchmark::kMillisecond);
    };
    using Cached = Cache<SetAssociative<32>>;
    using Fp32Rows = RowFormat<Fp32, Cast>;
    using Int8Rows = RowFormat<Int8, RowAffine<Fp16>, Stochastic<>>;
    using Int4Rows = RowFormat<Int4, RowAffine<Fp16>, Stochastic<>>;
    add("fp32, sgd", 0.0, static_cast<CachedEmbedding<128, Fp32Rows, Cached, Sgd, Cuda>*>(nullptr));
    add("fp32, rowwise adagrad", 0.0, static_cast<CachedEmbedding<128, Fp32Rows, Cached, RowwiseAdagrad, Cuda>*>(nullptr));
    add("int8 + 5% cache, sgd", 0.05, static_cast<CachedEmbedding<128, Int8Rows, Cached, Sgd, Cuda>*>(nullptr));
    add("int4 + 5% cache, sgd", 0.05, static_cast<CachedEmbedding<128, Int4Rows, Cached, Sgd, Cuda>*>(nullptr));
    const std::size_t cases = benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
    require(cudaStreamDestroy(stream));
    return cases > 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    Options options;
    for (int i = 1; i < argc; ++i) {
        std::string value;
        if (is_option(argv[i], "--scale", value)) {
            options.scale = std::atof(value.c_str());
        } else if (is_option(argv[i], "--tables", value)) {
            options.tables = std::max(1, std::atoi(value.c_str()));
        } else if (is_option(argv[i], "--inputs", value)) {
            options.inputs = std::max(1, std::atoi(value.c_str()));
        } else if (is_option(argv[i], "--warm", value)) {
            options.warm = std::max(1, std::atoi(value.c_str()));
        } else if (is_option(argv[i], "--steps", value)) {
            options.steps = std::max(1, std::atoi(value.c_str()));
        } else if (is_option(argv[i], "--profile", value)) {
            options.profiled = std::atoi(value.c_str());
        } else if (is_option(argv[i], "--case", value)) {
            options.only = value;
        } else {
            std::fprintf(stderr, "%s: unknown option %s\nknown: those of Google Benchmark, --scale= --tables= --inputs= --warm= --steps= --case= --profile=\n",
                         argv[0], argv[i]);
            return 2;
        }
    }
    try {
        return run_all(options);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}
