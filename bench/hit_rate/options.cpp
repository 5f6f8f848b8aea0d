// SPDX-License-Identifier: Apache-2.0
#include "options.hpp"

#include "embedding.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <set>

namespace hit_rate {
namespace {

/// The values that some embedding has.
template <class Value>
std::set<Value> all(Value Embedding::*member) {
    std::set<Value> values;
    for (const Embedding& embedding : embeddings()) values.insert(embedding.*member);
    return values;
}

template <class Value>
void add_list(CLI::App& app, const char* option, std::vector<Value>& target, const char* help, const CLI::Validator& validator) {
    app.add_option(option, target, help)->delimiter(',')->check(validator);
}

}  // namespace

std::optional<Options> parse(int argc, char** argv, int& exit_code) {
    Options options;
    CLI::App app("Replays traces of lookups over caches of the library: hit rates, share of the offline optimum, "
                 "bytes, bytes moved, time.\n"
                 "Flags of Google Benchmark are taken too (--benchmark_filter, --benchmark_out, ...). Lists are "
                 "separated by commas.",
                 "bench_hit_rate");
    add_list(app, "--criteo", options.criteo, "Criteo click data, tab separated", CLI::ExistingFile);
    add_list(app, "--text", options.text, "text, whose words are looked up", CLI::ExistingFile);
    add_list(app, "--zipf", options.zipf, "exponents of made-up traces (1.05 if no trace is given)", CLI::Range(0.0, 10.0));
    app.add_option("--rows", options.rows, "rows of a made-up trace")->capture_default_str()->check(CLI::Range(1u, 1u << 30));
    app.add_option("--lookups", options.lookups, "lookups of a made-up trace")->capture_default_str()->check(CLI::Range(std::size_t{1}, std::size_t{1} << 31));
    add_list(app, "--batch", options.batches, "samples a batch (2048); 1 is one lookup, as in simulations that know no batches",
             CLI::Range(std::size_t{1}, std::size_t{1} << 20));
    add_list(app, "--policy", options.policies, "eviction policies", CLI::IsMember(all(&Embedding::policy)));
    add_list(app, "--ways", options.ways, "lines a set", CLI::IsMember(all(&Embedding::ways)));
    add_list(app, "--share", options.shares, "lines over rows (0.01,0.05,0.1)", CLI::Range(0.0, 1.0));
    add_list(app, "--precision", options.precisions, "of stored rows", CLI::IsMember(all(&Embedding::precision)));
    add_list(app, "--budget", options.budgets, "bytes of stored rows and cache over those of FP32 rows (1/2, 1/3, 1/4, 1/6, 1/8)", CLI::Range(0.0, 2.0));
    app.add_flag("!--no-optimum", options.optimum, "leave out the offline optimum, which takes seconds for each size of a cache");
    app.add_option("--threads", options.threads, "threads of an embedding")->capture_default_str()->check(CLI::Range(1, 64));
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        exit_code = app.exit(error);
        return std::nullopt;
    }
    if (options.criteo.empty() && options.text.empty() && options.zipf.empty()) options.zipf = {1.05};
    return options;
}

}  // namespace hit_rate
