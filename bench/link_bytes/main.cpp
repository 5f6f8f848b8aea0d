// SPDX-License-Identifier: Apache-2.0
// Bytes over the host link: tables in host memory, trained on one pass over a trace, by precision, size of the cache and policy;
// see docs/placement.md.
//
//     bench_link_bytes --criteo=criteo.tsv --zipf=1.05 --benchmark_out=link_bytes.json
//
// Counters:
//   hit_rate                      lookups whose row was in a line when their batch came, over all
//   bytes_read, bytes_written     over the link, per lookup; their sum is `bytes`
//   step_read, step_written       the same per step
//   of_fp32, of_fp32_no_cache     `bytes` over those of FP32 rows with the same cache, and with none
//   <link>_us, <link>_serial_us   microseconds that a step waits for a link: a model, see link.hpp; both directions at once, or one
//                                 after the other
//   <link>_of_fp32                <link>_us over that of FP32 rows with the same cache
// Time is that of the host, which says nothing of a link.
#include "embedding.hpp"
#include "link.hpp"
#include "options.hpp"
#include "pieces.hpp"
#include "trace.hpp"

#include <hotrow/statistics.hpp>

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace link_bytes {
namespace {

std::string text_of(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.4g", value);
    return text;
}

const Embedding& find(const std::string& policy, const std::string& precision) {
    return *std::find_if(embeddings().begin(), embeddings().end(), [&](const Embedding& e) { return e.policy == policy && e.precision == precision; });
}

/// A trace in batches, and the runs so far: rows that others are compared with are trained on once.
class Scene {
public:
    Scene(const hit_rate::Trace& trace, std::size_t batch, int threads)
        : name_("trace:" + trace.name + "/batch:" + std::to_string(batch)), rows_(trace.rows()), batches_(trace, batch), threads_(threads) {}

    const std::string& name() const { return name_; }

    const hotrow::Statistics& run(const Embedding& embedding, double share) {
        const auto [found, is_new] = runs_.try_emplace({embedding.policy, embedding.precision, share});
        if (is_new) found->second = embedding.train(batches_, sets_for(share), threads_);
        return found->second;
    }

private:
    std::int64_t sets_for(double share) const {
        if (share == 0) return 0;
        return std::max(std::int64_t{1}, static_cast<std::int64_t>(share * static_cast<double>(rows_) / ways + 0.5));
    }

    std::string name_;
    std::uint32_t rows_;
    hit_rate::Batches batches_;
    int threads_;
    std::map<std::tuple<std::string, std::string, double>, hotrow::Statistics> runs_;
};

double bytes_of(const hotrow::Statistics& s) { return static_cast<double>(s.bytes_read + s.bytes_written); }

void report(benchmark::State& state, const Embedding& embedding, Scene& scene, double share) {
    hotrow::Statistics s;
    for (auto _ : state) s = scene.run(embedding, share);
    const Embedding& full = find(embedding.policy, full_precision);
    const hotrow::Statistics full_run = scene.run(full, share);
    const auto lookups = static_cast<double>(s.lookups), steps = static_cast<double>(s.steps);
    auto& counters = state.counters;
    counters["hit_rate"] = s.hit_rate();
    counters["bytes_read"] = static_cast<double>(s.bytes_read) / lookups;
    counters["bytes_written"] = static_cast<double>(s.bytes_written) / lookups;
    counters["bytes"] = bytes_of(s) / lookups;
    counters["step_read"] = static_cast<double>(s.bytes_read) / steps;
    counters["step_written"] = static_cast<double>(s.bytes_written) / steps;
    counters["of_fp32"] = bytes_of(s) / bytes_of(full_run);
    counters["of_fp32_no_cache"] = bytes_of(s) / bytes_of(scene.run(find(default_policy, full_precision), 0));
    const Pieces pieces = pieces_of(embedding, s), full_pieces = pieces_of(full, full_run);
    for (const Link& link : links) {
        const std::string name = link.name;
        counters[name + "_us"] = 1e6 * link.overlapped_seconds(pieces) / steps;
        counters[name + "_serial_us"] = 1e6 * link.serial_seconds(pieces) / steps;
        counters[name + "_of_fp32"] = link.overlapped_seconds(pieces) / link.overlapped_seconds(full_pieces);
    }
}

bool is_chosen(const std::vector<std::string>& choice, const std::string& value) {
    return choice.empty() || std::find(choice.begin(), choice.end(), value) != choice.end();
}

void add_all(const Options& options) {
    std::vector<hit_rate::Trace> traces;
    for (const auto& file : options.criteo) traces.push_back(hit_rate::read_criteo(file));
    for (const double exponent : options.zipf) {
        traces.push_back(hit_rate::make_zipf(exponent, options.rows, options.lookups));
        traces.back().name += "_" + text_of(exponent);
    }
    for (const hit_rate::Trace& trace : traces) {
        benchmark::AddCustomContext(trace.name, std::to_string(trace.rows()) + " rows, " + std::to_string(trace.lookups.size()) + " lookups, " +
                                                    std::to_string(trace.samples()) + " samples");
        const auto scene = std::make_shared<Scene>(trace, options.batch, options.threads);
        for (const double share : options.shares) {
            for (const Embedding& embedding : embeddings()) {
                if (!is_chosen(options.policies, embedding.policy) || !is_chosen(options.precisions, embedding.precision)) continue;
                if (share == 0 && embedding.policy != default_policy) continue;  // without a cache no policy decides anything
                const std::string name = "link_bytes/" + scene->name() + "/policy:" + (share == 0 ? "none" : embedding.policy) + "/share:" + text_of(share) +
                                         "/precision:" + embedding.precision;
                benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& state) { report(state, embedding, *scene, share); })
                    ->Iterations(1)
                    ->Unit(benchmark::kMillisecond);
            }
        }
    }
}

}  // namespace
}  // namespace link_bytes

int main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    try {
        int exit_code = 0;
        const auto options = link_bytes::parse(argc, argv, exit_code);
        if (!options) return exit_code;
        link_bytes::add_all(*options);
    } catch (const hit_rate::TraceError& error) {
        std::cerr << "bench_link_bytes: " << error.what() << '\n';
        return 1;
    }
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
}
