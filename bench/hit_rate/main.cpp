// SPDX-License-Identifier: Apache-2.0
// What a cache of full-precision rows hits, by policy, ways, size and precision of the stored rows; see docs/cache.md.
//
//     bench_hit_rate --criteo=criteo.tsv --benchmark_out=hit_rate.json
//     bench_hit_rate --criteo=criteo.tsv --batch=1 --policy=lru,lfu_aged
//
// Three kinds of results: `hit_rate/...` for caches that hold a share of the rows, `budget/...` for the largest caches
// that fit a number of bytes together with the stored rows, and `reference/...` for simulated policies of the
// literature.
//
// Counters, the first ones over all lookups:
//   hit_rate             share of the lookups whose row was in a line when their batch came
//   optimum, of_optimum  the best hit rate of any 32-way cache with as many lines, knowing the whole trace; hit_rate
//                        over that
//   bytes, bytes_of_fp32 stored rows and cache; the same over the bytes of FP32 rows
//   stored_bytes         bytes of stored rows read and written per lookup in training; see `Traffic`
//   line_bytes           the same of lines
//   admissions, write_backs   per lookup
//   row_error            root of the mean square of the error of the rows looked up, where elements have a deviation
//                        of 1: that of the row format for misses, none for hits
//   ns_per_lookup        plan and forward, and announcing
#include "budget.hpp"
#include "embedding.hpp"
#include "optimum.hpp"
#include "options.hpp"
#include "reference.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace hit_rate {
namespace {

/// A trace in batches of one size, and the optima found so far.
class Scene {
public:
    Scene(std::shared_ptr<const Trace> trace, std::size_t batch) : trace_(std::move(trace)), batch_(batch) {}

    const Trace& trace() const { return *trace_; }
    std::size_t batch() const { return batch_; }
    std::string name() const { return "trace:" + trace_->name + "/batch:" + std::to_string(batch_); }
    const Batches& batches() {
        if (!batches_) batches_.emplace(*trace_, batch_);
        return *batches_;
    }
    double optimum(std::int64_t sets) {
        const auto [found, is_new] = optima_.try_emplace(sets);
        if (is_new) found->second = best_hit_rate(*trace_, static_cast<std::size_t>(sets), default_ways, batch_);
        return found->second;
    }

private:
    std::shared_ptr<const Trace> trace_;
    std::size_t batch_;
    std::optional<Batches> batches_;
    std::map<std::int64_t, double> optima_;
};

using SharedScene = std::shared_ptr<Scene>;

std::string text_of(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.4g", value);
    return text;
}

/// Registers a benchmark whose one iteration is a pass over a trace.
void add(const std::string& name, std::function<void(benchmark::State&)> pass) {
    benchmark::RegisterBenchmark(name.c_str(), [pass = std::move(pass)](benchmark::State& state) { pass(state); })
        ->UseManualTime()
        ->Iterations(1)
        ->Unit(benchmark::kMillisecond);
}

void report(benchmark::State& state, const Embedding& embedding, Scene& scene, std::int64_t sets, int threads) {
    const Batches& batches = scene.batches();
    Replay replay;
    for (auto _ : state) {
        replay = embedding.replay(batches, sets, threads);
        state.SetIterationTime(replay.seconds);
    }
    const double lookups = static_cast<double>(replay.statistics.lookups);
    const std::int64_t bytes = embedding.footprint(batches.table_rows(), sets, static_cast<std::int64_t>(batches.most_lookups())).embedding();
    constexpr double line_bytes = dim * sizeof(float);
    auto& counters = state.counters;
    counters["hit_rate"] = replay.statistics.hit_rate();
    counters["lines"] = static_cast<double>(sets * embedding.ways);
    counters["bytes"] = static_cast<double>(bytes);
    counters["bytes_of_fp32"] = static_cast<double>(bytes) / (scene.trace().rows() * line_bytes);
    counters["admissions"] = static_cast<double>(replay.statistics.admissions) / lookups;
    counters["row_error"] = embedding.row_error() * std::sqrt(1.0 - replay.statistics.hit_rate());
    counters["ns_per_lookup"] = 1e9 * replay.seconds / lookups;
    if (scene.batch() <= 1) return;  // not trained
    const Traffic& traffic = replay.traffic;
    counters["write_backs"] = static_cast<double>(replay.statistics.write_backs) / lookups;
    counters["stored_bytes"] = static_cast<double>(traffic.stored_reads + traffic.stored_writes) * static_cast<double>(embedding.stored_row_bytes) / lookups;
    counters["line_bytes"] = static_cast<double>(traffic.line_reads + traffic.line_writes) * line_bytes / lookups;
}

void add_share(const Embedding& embedding, const SharedScene& scene, double share, const Options& options) {
    const std::string name = "hit_rate/" + scene->name() + "/policy:" + embedding.policy + "/ways:" + std::to_string(embedding.ways) +
                             "/share:" + text_of(share) + "/precision:" + embedding.precision;
    add(name, [=, threads = options.threads, optimum = options.optimum](benchmark::State& state) {
        report(state, embedding, *scene, embedding.sets_for(share, scene->trace().rows()), threads);
        // Pins are there before the first lookup of a row, which no other cache can hit.
        if (!optimum || embedding.policy == "pinned") return;
        const double best = scene->optimum(sets_for(share, scene->trace().rows(), default_ways));
        state.counters["optimum"] = best;
        state.counters["of_optimum"] = state.counters["hit_rate"] / best;
    });
}

void add_budget(const Embedding& embedding, const SharedScene& scene, double budget, const Options& options) {
    const double fp32_bytes = static_cast<double>(scene->trace().rows()) * dim * sizeof(float);
    const std::int64_t bytes = static_cast<std::int64_t>(budget * fp32_bytes);
    // Batches of one size look up about as much; only policies that look ahead take memory by it, and they have no
    // budget here.
    const std::optional<std::int64_t> sets = most_sets(embedding, scene->trace().table_rows, 0, bytes);
    if (!sets) return;
    const std::string name = "budget/" + scene->name() + "/budget:" + text_of(budget) + "/precision:" + embedding.precision;
    add(name, [=, threads = options.threads](benchmark::State& state) { report(state, embedding, *scene, *sets, threads); });
}

void report_reference(benchmark::State& state, const Trace& trace, const std::function<std::uint64_t()>& hits) {
    std::uint64_t counted = 0;
    for (auto _ : state) {
        counted = hits();
        state.SetIterationTime(1e-9);  // a simulation's time says nothing
    }
    state.counters["hit_rate"] = static_cast<double>(counted) / static_cast<double>(trace.lookups.size());
}

/// Simulations in sets of 32 ways; with batches of one lookup also of one way, and of all lines.
void add_references(const SharedScene& scene, double share) {
    const std::string name = "reference/" + scene->name() + "/policy:";
    const std::string end = "/share:" + text_of(share);
    for (const Reference reference : all_references) {
        for (const int ways : {default_ways, 1}) {
            if (ways == 1 && scene->batch() > 1) continue;
            add(name + std::string(name_of(reference)) + "/ways:" + std::to_string(ways) + end, [=](benchmark::State& state) {
                const Trace& trace = scene->trace();
                const SetRuns runs = cut(trace, static_cast<std::size_t>(sets_for(share, trace.rows(), ways)), scene->batch());
                report_reference(state, trace, [&] { return reference_hits(reference, runs, ways); });
            });
        }
        if (scene->batch() > 1) continue;
        add(name + std::string(name_of(reference)) + "/ways:all" + end, [=](benchmark::State& state) {
            const Trace& trace = scene->trace();
            const auto lines = static_cast<std::size_t>(sets_for(share, trace.rows(), default_ways) * default_ways);
            report_reference(state, trace, [&] { return fully_associative_hits(reference, trace, lines); });
        });
    }
}

bool is_default(const Embedding& e, bool policy, bool ways, bool precision) {
    return (!policy || e.policy == default_policy) && (!ways || e.ways == default_ways) && (!precision || e.precision == default_precision);
}

template <class Value>
bool chosen(const std::vector<Value>& choice, const Value& value, const Value& otherwise) {
    return choice.empty() ? value == otherwise : std::find(choice.begin(), choice.end(), value) != choice.end();
}

/// The embeddings that the options choose, and the shares at which to run each. Where the options choose nothing, each
/// policy at all shares, and each number of ways and each precision at the middle one: pairs, not the whole product.
std::vector<std::pair<const Embedding*, std::vector<double>>> selected(const Options& options) {
    std::vector<std::pair<const Embedding*, std::vector<double>>> result;
    const bool free = options.policies.empty() && options.ways.empty() && options.precisions.empty();
    for (const Embedding& e : embeddings()) {
        if (free) {
            const bool every_share = is_default(e, false, true, true);
            const std::vector<double> middle = options.shares.empty() ? options.shares : std::vector{options.shares[options.shares.size() / 2]};
            result.emplace_back(&e, every_share ? options.shares : middle);
        } else if (chosen(options.policies, e.policy, std::string(default_policy)) && chosen(options.ways, e.ways, default_ways) &&
                   chosen(options.precisions, e.precision, std::string(default_precision))) {
            result.emplace_back(&e, options.shares);
        }
    }
    return result;
}

std::vector<std::shared_ptr<const Trace>> traces(const Options& options) {
    std::vector<std::shared_ptr<const Trace>> all;
    const auto add = [&](Trace trace) {
        // two of a kind need two names
        const auto same = std::count_if(all.begin(), all.end(), [&](const auto& other) { return other->name == trace.name; });
        if (same > 0) trace.name += "_" + std::to_string(same + 1);
        benchmark::AddCustomContext(trace.name, std::to_string(trace.rows()) + " rows, " + std::to_string(trace.lookups.size()) + " lookups, " +
                                                    std::to_string(trace.samples()) + " samples");
        all.push_back(std::make_shared<const Trace>(std::move(trace)));
    };
    for (const auto& file : options.criteo) add(read_criteo(file));
    for (const auto& file : options.text) add(read_text(file));
    for (const double exponent : options.zipf) {
        Trace trace = make_zipf(exponent, options.rows, options.lookups);
        trace.name += "_" + text_of(exponent);
        add(std::move(trace));
    }
    return all;
}

void add_all(const Options& options) {
    const auto choice = selected(options);
    if (choice.empty()) {
        throw TraceError("no embedding has this combination of --policy, --ways and --precision: all policies are "
                         "built for 32 ways and int8, lru and "
                         "lfu_aged for all ways and int8, lfu_aged for 32 ways and all precisions");
    }
    for (const auto& trace : traces(options)) {
        for (const std::size_t batch : options.batches) {
            const auto scene = std::make_shared<Scene>(trace, batch);
            for (const double share : options.shares) add_references(scene, share);
            for (const auto& [embedding, shares] : choice) {
                for (const double share : shares) add_share(*embedding, scene, share, options);
            }
            if (!options.policies.empty() || !options.ways.empty() || batch <= 1) continue;  // budgets compare precisions, in training
            for (const double budget : options.budgets) {
                for (const Embedding& embedding : embeddings()) {
                    const bool named = options.precisions.empty() || chosen(options.precisions, embedding.precision, {});
                    if (named && is_default(embedding, true, true, false)) add_budget(embedding, scene, budget, options);
                }
            }
        }
    }
}

}  // namespace
}  // namespace hit_rate

int main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    try {
        int exit_code = 0;
        const auto options = hit_rate::parse(argc, argv, exit_code);
        if (!options) return exit_code;
        hit_rate::add_all(*options);
    } catch (const hit_rate::TraceError& error) {
        std::cerr << "bench_hit_rate: " << error.what() << '\n';
        return 1;
    }
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
}
