// SPDX-License-Identifier: Apache-2.0
#include "options.hpp"

#include "embedding.hpp"

#include <CLI/CLI.hpp>

#include <set>

namespace link_bytes {
namespace {

/// The values that some embedding has.
std::set<std::string> all(std::string Embedding::*member) {
    std::set<std::string> values;
    for (const Embedding& embedding : embeddings()) values.insert(embedding.*member);
    return values;
}

}  // namespace

std::optional<Options> parse(int argc, char** argv, int& exit_code) {
    Options options;
    CLI::App app("Trains tables in host memory on traces of lookups, and counts the bytes that cross the link.\n"
                 "Flags of Google Benchmark are taken too (--benchmark_filter, --benchmark_out, ...). Lists are "
                 "separated by commas.",
                 "bench_link_bytes");
    app.add_option("--criteo", options.criteo, "Criteo click data, tab separated")->delimiter(',')->check(CLI::ExistingFile);
    app.add_option("--zipf", options.zipf, "exponents of made-up traces (1.05 if no trace is given)")->delimiter(',')->check(CLI::Range(0.0, 10.0));
    app.add_option("--rows", options.rows, "rows of a made-up trace")->capture_default_str()->check(CLI::Range(1u, 1u << 30));
    app.add_option("--lookups", options.lookups, "lookups of a made-up trace")->capture_default_str()->check(CLI::Range(std::size_t{1}, std::size_t{1} << 31));
    app.add_option("--batch", options.batch, "samples a batch")->capture_default_str()->check(CLI::Range(std::size_t{2}, std::size_t{1} << 20));
    app.add_option("--share", options.shares, "lines over rows (0,0.01,0.05,0.1); 0 is no cache")->delimiter(',')->check(CLI::Range(0.0, 1.0));
    app.add_option("--policy", options.policies, "eviction policies")->delimiter(',')->check(CLI::IsMember(all(&Embedding::policy)));
    app.add_option("--precision", options.precisions, "of stored rows")->delimiter(',')->check(CLI::IsMember(all(&Embedding::precision)));
    app.add_option("--threads", options.threads, "threads of an embedding")->capture_default_str()->check(CLI::Range(1, 64));
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        exit_code = app.exit(error);
        return std::nullopt;
    }
    if (options.criteo.empty() && options.zipf.empty()) options.zipf = {1.05};
    return options;
}

}  // namespace link_bytes
