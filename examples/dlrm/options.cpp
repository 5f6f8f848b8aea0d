// SPDX-License-Identifier: Apache-2.0
#include "options.hpp"

#include <limits>

#include "error.hpp"
#include "examples/support/command_line.hpp"

namespace dlrm {
namespace {

using examples::add_group;
using examples::add_value;
using examples::check;

template <class Enum, class Target>
CLI::Option* add_choice(CLI::App& app, std::string const& option, Target& target, std::string const& help) {
    return examples::add_choice<Enum>(app, option, names_of<Enum>, target, help);
}

template <class Enum>
CLI::Option* add_choices(CLI::App& app, std::string const& option, std::vector<Enum>& targets, std::string const& help) {
    return examples::add_choices(app, option, names_of<Enum>, targets, help);
}

void add_data_options(CLI::App& app, Options& options) {
    app.add_option("--data", options.data, "Criteo text file; without it, click data are made up")->type_name("FILE");
    add_value(app, "--samples", options.samples, "how many samples to make up without --data");
    add_value(app, "--test-rows", options.test_rows, "how many of the last rows to test on (0: the last eighth)");
    add_value(app, "--max-rows", options.max_rows, "hash ids to so many rows per field (0: every id has its own)");
    app.add_flag("--skip-bad-lines", options.skip_bad_lines, "count malformed lines instead of stopping at the first");
}

void add_embedding_options(CLI::App& app, Options& options) {
    add_choice<Rows>(app, "--rows", options.rows, "precision of stored rows");
    add_choice<Quantizer>(app, "--quantizer", options.quantizer, "how codes map to values, for int4 and int2");
    add_value(app, "--cache", options.cache, "share of all rows that the full-precision cache holds (0: no cache)");
    add_choice<Eviction>(app, "--eviction", options.eviction, "which row leaves a full set");
    add_choice<Rounding>(app, "--rounding", options.rounding, "how values become codes (fp32 needs none)");
    add_choice<Optimizer>(app, "--optimizer", options.optimizer, "of the embedding (adagrad: row-wise)");
    add_value(app, "--dim", options.dim, "values per row: 16, 64, 128");
    app.add_option("--lr", options.learning_rate, "learning rate of the embedding (default: by optimizer and dim)");
    app.add_option("--initial-range", options.initial_range, "rows start uniform in +- this (default: sqrt(1 / rows of the table))");
}

void add_training_options(CLI::App& app, Options& options) {
    add_value(app, "--epochs", options.epochs, "passes over the training rows");
    add_value(app, "--batch", options.batch, "samples a step");
    add_value(app, "--dense-lr", options.dense_learning_rate, "learning rate of the MLPs (Adagrad)");
    examples::add_seed(app, options.seed);
}

void add_machine_options(CLI::App& app, Options& options) {
    add_choice<Backend>(app, "--backend", options.backend, "where the embedding lives");
    add_choice<Backend>(app, "--dense", options.dense, "where the MLPs run (default: as --backend)");
    add_value(app, "--threads", options.threads, "threads on the host (0: one per core)");
}

void add_report_options(CLI::App& app, Options& options) {
    app.add_flag("--compare,!--no-compare", options.compare, "train plain FP32 rows too, and set both side by side (the default; --no-compare: do not)");
    app.add_flag("--quiet", options.quiet, "show no progress");
    app.add_option("--json", options.json, "write the figures to this file")->type_name("FILE");
}

void add_sweep_options(CLI::App& app, Options& options) {
    Sweep& sweep = options.sweep;
    app.add_option("--sweep", sweep.file,
                   "train every combination of the lists below, and FP32; a line a run in this CSV file, where runs "
                   "that it already holds are not repeated")
        ->type_name("FILE");
    add_value(app, "--seeds", sweep.seeds, "runs of each combination: seeds --seed and those after it");
    add_value(app, "--margin", sweep.margin, "of log loss: closer than this to FP32 counts as equal");
    add_choices(app, "--sweep-rows", sweep.rows, "precisions");
    add_choices(app, "--sweep-quantizers", sweep.quantizers, "quantizers");
    add_choices(app, "--sweep-roundings", sweep.roundings, "roundings");
    app.add_option("--sweep-caches", sweep.caches, "shares of rows")->delimiter(',')->default_str("0,0.001,0.01,0.05,0.1");
    app.add_option("--sweep-dims", sweep.dims, "values per row")->delimiter(',')->default_str("16,64,128");
}

}  // namespace

double Options::embedding_learning_rate() const {
    if (learning_rate) return *learning_rate;
    if (optimizer == Optimizer::sgd) return 0.03;
    return dim <= 16 ? 0.08 : dim <= 64 ? 0.04 : 0.03;
}

void validate(Options const& options) {
    constexpr int most_batch = 1 << 20;
    constexpr int most_threads = 64;
    check("--samples", options.samples, options.samples >= 2, "at least 2");
    check("--test-rows", options.test_rows, options.test_rows >= 0, "at least 0");
    check("--max-rows", options.max_rows, options.max_rows == 0 || (options.max_rows >= 2 && options.max_rows <= std::numeric_limits<int>::max()),
          "0 (no hashing) or from 2 to " + std::to_string(std::numeric_limits<int>::max()));
    check("--cache", options.cache, options.cache >= 0 && options.cache <= 1, "from 0 to 1");
    check("--dim", options.dim, options.dim == 16 || options.dim == 64 || options.dim == 128, "16, 64 or 128");
    check("--lr", options.embedding_learning_rate(), options.embedding_learning_rate() > 0 && options.embedding_learning_rate() <= 1e6,
          "above 0 and at most 1e6");
    check("--initial-range", options.initial_range.value_or(0), options.initial_range.value_or(0) >= 0 && options.initial_range.value_or(0) <= 1e4,
          "from 0 to 1e4");
    check("--epochs", options.epochs, options.epochs >= 1, "at least 1");
    check("--batch", options.batch, options.batch >= 1 && options.batch <= most_batch, "from 1 to " + std::to_string(most_batch));
    check("--dense-lr", options.dense_learning_rate, options.dense_learning_rate > 0 && options.dense_learning_rate <= 1e6, "above 0 and at most 1e6");
    check("--threads", options.threads, options.threads >= 0 && options.threads <= most_threads, "from 0 to " + std::to_string(most_threads));
    Sweep const& sweep = options.sweep;
    check("--seeds", sweep.seeds, sweep.seeds >= 2 && sweep.seeds <= 100'000, "from 2, which an error needs, to 100000");
    check("--margin", sweep.margin, sweep.margin > 0, "above 0");
    for (double cache : sweep.caches) check("--sweep-caches", cache, cache >= 0 && cache <= 1, "from 0 to 1");
    for (int dim : sweep.dims) check("--sweep-dims", dim, dim == 16 || dim == 64 || dim == 128, "16, 64 or 128");
    if (options.backend == Backend::host && options.dense_backend() == Backend::cuda) { throw UsageError("--dense cuda: needs --backend cuda"); }
}

CommandLine parse_command_line(int argc, char const* const* argv) {
    CommandLine result;
    CLI::App app("Trains a DLRM on click data, with embedding rows in low precision behind a full-precision cache,\n"
                 "and sets it beside the same model with FP32 rows.",
                 "dlrm");
    add_group(app, "Data", add_data_options, result.options);
    add_group(app, "Embedding", add_embedding_options, result.options);
    add_group(app, "Training", add_training_options, result.options);
    add_group(app, "Machine", add_machine_options, result.options);
    add_group(app, "Report", add_report_options, result.options);
    add_group(app, "Sweep", add_sweep_options, result.options);
    result.text = examples::parse(app, argc, argv);
    if (result.text) return result;
    validate(result.options);
    return result;
}

}  // namespace dlrm
