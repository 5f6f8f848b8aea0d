// SPDX-License-Identifier: Apache-2.0
#include "options.hpp"

#include <algorithm>

#include "examples/support/command_line.hpp"

namespace footprint {
namespace {

using examples::add_choices;
using examples::add_group;
using examples::add_value;
using examples::check;

void add_policies(CLI::App& app, Options& options) {
    app.add_option("--dim", options.dims, "elements a row: 16, 32, 64, 128, 256")->delimiter(',')->capture_default_str();
    add_choices<Format>(app, "--rows", format_names, options.formats, "formats of stored rows: " + examples::all_of(format_names));
    add_choices<Eviction>(app, "--eviction", eviction_names, options.evictions, "policies of the cache: " + examples::all_of(eviction_names));
    add_choices<Optimizer>(app, "--optimizer", optimizer_names, options.optimizers, "optimizers: " + examples::all_of(optimizer_names));
}

void add_sizes(CLI::App& app, Options& options) {
    app.add_option("--table-rows", options.sizes.table_rows, "rows of each table")->delimiter(',')->capture_default_str();
    add_value(app, "--cache", options.sizes.cache, "lines over rows (0: no cache)");
    add_value(app, "--max-lookups", options.sizes.max_lookups, "lookups of the largest batch, for which a plan needs room");
    add_value(app, "--in-flight", options.sizes.in_flight, "plans at a time");
    add_value(app, "--budget", options.budget, "memory, in GB of 10^9 bytes, for the column of what fits");
}

void validate(Options const& options) {
    for (int const dim : options.dims) check("--dim", dim, std::find(dims.begin(), dims.end(), dim) != dims.end(), "16, 32, 64, 128 or 256");
    for (auto const rows : options.sizes.table_rows) check("--table-rows", rows, rows >= 1, "at least 1");
    check("--cache", options.sizes.cache, options.sizes.cache >= 0 && options.sizes.cache <= 1, "from 0 to 1");
    constexpr std::int64_t most_lookups = 2'000'000'000;
    check("--max-lookups", options.sizes.max_lookups, options.sizes.max_lookups >= 0 && options.sizes.max_lookups <= most_lookups, "from 0 to 2000000000");
    check("--in-flight", options.sizes.in_flight, options.sizes.in_flight >= 1 && options.sizes.in_flight <= 8, "from 1 to 8");
    check("--budget", options.budget, options.budget > 0 && options.budget <= 1e6, "above 0 and at most 1e6");
}

}  // namespace

CommandLine parse_command_line(int argc, char const* const* argv) {
    CommandLine result;
    CLI::App app("Bytes that embeddings allocate, by component, and how many rows fit in a memory. Lists are separated "
                 "by commas.",
                 "footprint");
    add_group(app, "Policies", add_policies, result.options);
    add_group(app, "Sizes", add_sizes, result.options);
    result.text = examples::parse(app, argc, argv);
    if (!result.text) validate(result.options);
    return result;
}

}  // namespace footprint
