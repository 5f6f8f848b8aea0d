// SPDX-License-Identifier: Apache-2.0
// Tables in a memory-mapped file: training beside the same with all rows in memory, tables larger than memory, and transfers behind computation.
//
//     bench_out_of_core --folder=DIR --benchmark_filter=train      # 100 million rows, one process each: peaks of memory are the process's
//     bench_out_of_core --folder=DIR --benchmark_filter=billion
//     bench_out_of_core --folder=DIR --benchmark_filter=overlap
//
// INT4 rows of 64 elements, row-wise Adagrad: records of 40 bytes. `train` and `billion`: 2,048 samples a step, 26 lookups each, rows by Zipf's law,
// a cache of 1 %, the next batch prefetched while a step runs. Counters:
//   samples_per_s, hit_rate
//   read_per_lookup, written_per_lookup   bytes of records
//   resident_GiB, file_GiB                peak of the process's memory; blocks that the file has on the disk
//   open_s, flush_s                       opening the table, and the last flush
//
// `overlap`: rows of a cold file (the page cache is emptied first), uniformly drawn. Each iteration is three passes over batches of their own:
//   compute_ms    per step: plan, forward, backward and a model of fixed work, rows in the cache already
//   transfer_ms   per step: prefetch and waiting for its rows, nothing else
//   both_ms       per step: the same work while the next batch's rows come
//   over_larger   both over the larger of the two; 1 is perfect
#include <CLI/CLI.hpp>
#include <benchmark/benchmark.h>
#include <hotrow/hotrow.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <numeric>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

constexpr int dim = 64;
using Rows = hotrow::RowFormat<hotrow::Int4, hotrow::RowAffine<hotrow::Fp16>, hotrow::Stochastic<>>;
using Lines = hotrow::Cache<hotrow::SetAssociative<32>>;
template <class Placement>
using Table = hotrow::CachedEmbedding<dim, Rows, Lines, hotrow::RowwiseAdagrad, hotrow::Host, std::uint32_t, Placement>;
using InFile = Table<hotrow::MappedFile>;
using InMemory = Table<hotrow::BackendMemory>;
using Clock = std::chrono::steady_clock;

struct Options {
    std::string folder = ".";
    std::int64_t rows = 100'000'000;
    std::int64_t billion_rows = 1'000'000'000;
    int steps = 150;
    int billion_steps = 10;
    double zipf = 1.05;
    double share = 0.01;
    int threads = 2;
    double resident_gib = 2.0;
    std::int64_t overlap_rows = 20'000'000;
    int overlap_lookups = 2048;
    int overlap_steps = 40;
    double work_ms = 0;
};

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

/// A number of a line of /proc/self/status, in bytes.
double status_bytes(const std::string& key) {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
        if (line.rfind(key + ":", 0) == 0) return 1024.0 * std::stod(line.substr(key.size() + 1));
    }
    return 0;
}
void reset_peak() { std::ofstream("/proc/self/clear_refs") << 5; }
double gib(double bytes) { return bytes / (1024.0 * 1024.0 * 1024.0); }

/// Removes the table and its journal when it begins and ends.
class Scratch {
public:
    explicit Scratch(const std::string& folder, const std::string& name) : path_(std::filesystem::path(folder) / name) { remove(); }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
    ~Scratch() { remove(); }
    std::string path() const { return path_.string(); }
    double blocks() const {
        struct stat about {};
        return ::stat(path_.c_str(), &about) == 0 ? 512.0 * static_cast<double>(about.st_blocks) : 0.0;
    }

private:
    void remove() {
        std::error_code ignored;
        std::filesystem::remove(path_, ignored);
        std::filesystem::remove(path() + ".journal", ignored);
    }
    std::filesystem::path path_;
};

/// One bag a lookup. Ranks by the continuous form of Zipf's law, which needs no table of all rows; a multiplier spreads them over the table.
class Batches {
public:
    Batches(std::int64_t rows, std::size_t lookups, double zipf, std::uint64_t seed) : rows_(rows), zipf_(zipf), random_(seed), offsets_(lookups + 1) {
        std::iota(offsets_.begin(), offsets_.end(), std::int64_t{0});
    }
    std::vector<std::int64_t> draw() {
        std::vector<std::int64_t> indices(offsets_.size() - 1);
        for (std::int64_t& index : indices) {
            const double unit = static_cast<double>(random_() >> 11) * 0x1p-53;
            if (zipf_ == 0.0) {
                index = static_cast<std::int64_t>(unit * static_cast<double>(rows_));
                continue;
            }
            const double power = 1.0 - zipf_;
            const double rank = std::pow(unit * (std::pow(static_cast<double>(rows_) + 1.0, power) - 1.0) + 1.0, 1.0 / power) - 1.0;
            const std::uint64_t spread = static_cast<std::uint64_t>(rank) * 0x9E3779B97F4A7C15u >> 16;
            index = static_cast<std::int64_t>(spread % static_cast<std::uint64_t>(rows_));
        }
        return indices;
    }
    hotrow::Batch<std::int64_t> of(const std::vector<std::int64_t>& indices) const {
        return {.indices = indices, .offsets = offsets_, .weights = {}, .batch_size = static_cast<std::int32_t>(indices.size())};
    }

private:
    std::int64_t rows_;
    double zipf_;
    std::mt19937_64 random_;
    std::vector<std::int64_t> offsets_;
};

template <class Embedding>
typename Embedding::Options options_of(const Options& o, std::int64_t rows, std::int64_t lookups, const std::string& path) {
    typename Embedding::Options options{.table_rows = {rows},
                                        .cache_fraction = o.share,
                                        .seed = 1,
                                        .optimizer = {.learning_rate = 0.01f},
                                        .max_lookups = lookups,
                                        .in_flight = 2,
                                        .threads = o.threads};
    if constexpr (std::is_same_v<Embedding, InFile>)
        options.placement = {.path = path, .resident_bytes = static_cast<std::uint64_t>(o.resident_gib * 1024 * 1024 * 1024)};
    return options;
}

constexpr std::size_t samples = 2048, columns = 26, step_lookups = samples * columns;

/// Trains with each batch prefetched while the one before it is trained on, and reports.
template <class Embedding>
void train(benchmark::State& state, const Options& o, std::int64_t rows, int steps) {
    const Scratch file(o.folder, "out_of_core.table");
    reset_peak();
    const auto start = Clock::now();
    Embedding embedding(options_of<Embedding>(o, rows, step_lookups, file.path()));
    const double open_s = seconds_since(start);
    Batches batches(rows, step_lookups, o.zipf, 2);
    std::vector<float> values(step_lookups * dim);
    double seconds = 0, flush_s = 0;
    for (auto _ : state) {
        std::vector<std::int64_t> now = batches.draw(), next;
        auto plan = embedding.prefetch(batches.of(now));
        for (int step = 0; step < steps; ++step) {
            if (step == steps / 3) embedding.reset_statistics();
            next = batches.draw();
            const auto begin = Clock::now();
            embedding.forward(plan, std::span(values));
            const auto after = embedding.prefetch(batches.of(next));
            for (float& value : values) value *= 0.01f;
            embedding.backward(plan, std::span<const float>(values));
            if (step >= steps / 3) seconds += seconds_since(begin);  // the rest warms the cache up
            plan = after;
            now.swap(next);
        }
        embedding.release(plan);
        const auto begin = Clock::now();
        embedding.flush();
        flush_s = seconds_since(begin);
        state.SetIterationTime(seconds);
    }
    const hotrow::Statistics all = embedding.statistics();
    const double lookups = static_cast<double>(all.lookups);
    state.counters["samples_per_s"] = static_cast<double>(samples) * (steps - steps / 3) / seconds;
    state.counters["hit_rate"] = all.hit_rate();
    state.counters["read_per_lookup"] = static_cast<double>(all.bytes_read) / lookups;
    state.counters["written_per_lookup"] = static_cast<double>(all.bytes_written) / lookups;
    state.counters["resident_GiB"] = gib(status_bytes("VmHWM"));
    state.counters["file_GiB"] = gib(file.blocks());
    state.counters["open_s"] = open_s;
    state.counters["flush_s"] = flush_s;
}

/// Fixed arithmetic that fits the first cache level: a stand-in for a dense model.
float work(double milliseconds, double per_ms) {
    float sum = 1.0f;
    for (double left = milliseconds * per_ms; left > 0; left -= 1.0) {
        for (int i = 0; i < 1000; ++i) sum = sum * 0.999f + 0.001f;
        benchmark::DoNotOptimize(sum);
    }
    return sum;
}
double work_per_ms() {
    const auto start = Clock::now();
    (void)work(2000.0, 1.0);
    return 2000.0 / (1000.0 * seconds_since(start));
}

/// Empties the page cache of a file.
void make_cold(const std::string& path) {
    const int descriptor = ::open(path.c_str(), O_RDONLY);
    if (descriptor < 0) throw std::runtime_error("cannot open " + path);
    ::fdatasync(descriptor);
    ::posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED);
    ::close(descriptor);
}

void overlap(benchmark::State& state, const Options& o) {
    const Scratch file(o.folder, "overlap.table");
    {  // every page of the table exists
        InFile embedding(options_of<InFile>(o, o.overlap_rows, 1, file.path()));
        std::vector<float> values(dim, 0.25f);
        for (std::int64_t row = 0; row < o.overlap_rows; row += 4096 / 40) embedding.write_rows(0, row, values);
        embedding.flush();
    }
    const std::size_t lookups = static_cast<std::size_t>(o.overlap_lookups);
    Batches batches(o.overlap_rows, lookups, 0.0, 3);
    std::vector<float> values(lookups * dim);
    const double per_ms = work_per_ms();
    double compute = 0, transfer = 0, both = 0, work_ms = o.work_ms;
    for (auto _ : state) {
        make_cold(file.path());
        Options one_thread = o;
        one_thread.threads = 1;  // the other core moves rows
        InFile embedding(options_of<InFile>(one_thread, o.overlap_rows, o.overlap_lookups, file.path()));
        const auto drawn = [&](int count) {
            std::vector<std::vector<std::int64_t>> all;
            for (int i = 0; i < count; ++i) all.push_back(batches.draw());
            return all;
        };
        const auto use = [&](const auto& plan) {
            embedding.forward(plan, std::span(values));
            (void)work(work_ms, per_ms);
            embedding.backward(plan, std::span<const float>(values));
        };
        // Transfers alone: a plan's rows, waited for.
        const auto cold = drawn(o.overlap_steps);
        auto begin = Clock::now();
        for (const auto& indices : cold) {
            const auto plan = embedding.prefetch(batches.of(indices));
            (void)embedding.plan_view(plan);
            embedding.release(plan);
        }
        transfer = 1e3 * seconds_since(begin) / o.overlap_steps;
        if (work_ms == 0) work_ms = transfer;  // as hard a case as any
        // Work alone: batches whose rows are lines already.
        const auto warm = std::vector(cold.end() - std::min(o.overlap_steps, 8), cold.end());
        begin = Clock::now();
        for (int step = 0; step < o.overlap_steps; ++step) use(embedding.plan(batches.of(warm[static_cast<std::size_t>(step) % warm.size()])));
        compute = 1e3 * seconds_since(begin) / o.overlap_steps;
        // Both, on rows that are cold again.
        const auto fresh = drawn(o.overlap_steps + 1);
        auto plan = embedding.prefetch(batches.of(fresh[0]));
        (void)embedding.plan_view(plan);
        begin = Clock::now();
        for (int step = 0; step < o.overlap_steps; ++step) {
            const auto next = embedding.prefetch(batches.of(fresh[static_cast<std::size_t>(step) + 1]));
            use(plan);
            (void)embedding.plan_view(next);
            plan = next;
        }
        both = 1e3 * seconds_since(begin) / o.overlap_steps;
        embedding.release(plan);
        state.SetIterationTime(both * o.overlap_steps / 1e3);
    }
    state.counters["compute_ms"] = compute;
    state.counters["transfer_ms"] = transfer;
    state.counters["both_ms"] = both;
    state.counters["over_larger"] = both / std::max(compute, transfer);
}

void add(const std::string& name, auto body) {
    benchmark::RegisterBenchmark(name.c_str(), body)->UseManualTime()->Iterations(1)->Unit(benchmark::kMillisecond);
}

}  // namespace

int main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    Options o;
    CLI::App app("Tables in a memory-mapped file.");
    app.add_option("--folder", o.folder, "where the tables go; several GB are needed")->capture_default_str();
    app.add_option("--rows", o.rows, "of `train`")->capture_default_str();
    app.add_option("--steps", o.steps, "of `train`")->capture_default_str();
    app.add_option("--billion-rows", o.billion_rows, "of `billion`")->capture_default_str();
    app.add_option("--billion-steps", o.billion_steps, "of `billion`")->capture_default_str();
    app.add_option("--zipf", o.zipf, "exponent")->capture_default_str();
    app.add_option("--share", o.share, "of the rows, that the cache holds")->capture_default_str();
    app.add_option("--threads", o.threads, "of the embedding")->capture_default_str();
    app.add_option("--resident-gib", o.resident_gib, "limit of mapped pages in memory")->capture_default_str();
    app.add_option("--overlap-rows", o.overlap_rows, "of `overlap`")->capture_default_str();
    app.add_option("--overlap-lookups", o.overlap_lookups, "per step")->capture_default_str();
    app.add_option("--overlap-steps", o.overlap_steps, "per pass")->capture_default_str();
    app.add_option("--work-ms", o.work_ms, "work per step; 0: as long as the transfer")->capture_default_str();
    CLI11_PARSE(app, argc, argv);
    const std::string rows = "/rows:" + std::to_string(o.rows);
    add("train" + rows + "/placement:file", [o](benchmark::State& state) { train<InFile>(state, o, o.rows, o.steps); });
    add("train" + rows + "/placement:memory", [o](benchmark::State& state) { train<InMemory>(state, o, o.rows, o.steps); });
    add("billion/rows:" + std::to_string(o.billion_rows) + "/placement:file", [o](benchmark::State& state) {
        Options small = o;
        small.share = 1e-3;
        train<InFile>(state, small, o.billion_rows, o.billion_steps);
    });
    add("overlap/rows:" + std::to_string(o.overlap_rows), [o](benchmark::State& state) { overlap(state, o); });
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
}
