// SPDX-License-Identifier: Apache-2.0
#include "options.hpp"

#include <limits>

#include "examples/support/command_line.hpp"

namespace word2vec {
namespace {

using examples::add_group;
using examples::add_value;
using examples::check;

void add_data_options(CLI::App& app, Options& options) {
    app.add_option("--data", options.corpus.file, "plain text, one sentence a line; needed")->type_name("FILE");
    add_value(app, "--min-count", options.corpus.min_count, "leave out words that are rarer in the training sentences");
    add_value(app, "--hold-out", options.corpus.hold_out, "every so many sentences, one is tested on, not trained on");
}

void add_pair_options(CLI::App& app, Options& options) {
    add_value(app, "--window", options.pairs.window, "a context reaches 1 to so many words to either side, at random");
    add_value(app, "--negatives", options.pairs.negatives, "words drawn against each pair, by frequency^0.75");
    add_value(app, "--subsample", options.pairs.subsample, "thin out words more frequent than this (0: none)");
}

void add_embedding_options(CLI::App& app, Options& options) {
    auto const choose = [&options](std::vector<std::string> const& names) {
        options.rows.clear();
        for (auto const& name : names) options.rows.push_back(examples::chosen<Rows>("--rows", rows_names, name));
    };
    app.add_option_function<std::vector<std::string>>("--rows", choose, "precisions of stored rows, each trained in turn: " + examples::all_of(rows_names))
        ->delimiter(',')
        ->default_str("fp16,int8")
        ->type_name("NAMES");
    add_value(app, "--cache", options.cache, "share of int8 and int4 rows that a full-precision cache holds (0: no cache)");
    add_value(app, "--dim", options.dim, "values per row: 64, 128");
    add_value(app, "--lr", options.learning_rate, "learning rate at the start (row-wise Adagrad)");
}

void add_training_options(CLI::App& app, Options& options) {
    add_value(app, "--epochs", options.epochs, "passes over the training sentences");
    add_value(app, "--batch", options.batch, "pairs a step");
    examples::add_seed(app, options.seed);
    add_value(app, "--seeds", options.seeds, "train with so many seeds, --seed the first, and report means and errors");
}

void add_machine_options(CLI::App& app, Options& options) { add_value(app, "--threads", options.threads, "threads (0: one per core)"); }

void add_report_options(CLI::App& app, Options& options) {
    app.add_flag("--compare,!--no-compare", options.compare, "train plain FP32 rows too, and set all side by side (the default; --no-compare: do not)");
    app.add_option("--words", options.words, "show the nearest neighbours of these (default: a few that a reader can judge)")
        ->delimiter(',')
        ->type_name("WORDS");
    add_value(app, "--neighbours", options.neighbours, "how many of each");
    app.add_flag("--quiet", options.quiet, "show no progress");
    app.add_option("--json", options.json, "write the figures to this file")->type_name("FILE");
}

}  // namespace

void validate(Options const& options) {
    constexpr int most_batch = 1 << 20, most_window = 1000, most_negatives = 1000, most_seeds = 1000, most_threads = 64;
    auto const at_most = [](int low, int high) { return "from " + std::to_string(low) + " to " + std::to_string(high); };
    auto const in = [](int value, int low, int high) { return value >= low && value <= high; };
    if (options.corpus.file.empty()) throw examples::UsageError("--data: is needed; give a text with one sentence a line");
    check("--min-count", options.corpus.min_count, options.corpus.min_count >= 1, "at least 1");
    check("--hold-out", options.corpus.hold_out, options.corpus.hold_out >= 2, "at least 2");
    check("--window", options.pairs.window, in(options.pairs.window, 1, most_window), at_most(1, most_window));
    check("--negatives", options.pairs.negatives, in(options.pairs.negatives, 1, most_negatives), at_most(1, most_negatives));
    check("--subsample", options.pairs.subsample, options.pairs.subsample >= 0 && options.pairs.subsample <= 1, "from 0 (none) to 1");
    check("--rows", "", !options.rows.empty(), "one or more of " + examples::all_of(rows_names));
    check("--cache", options.cache, options.cache >= 0 && options.cache <= 1, "from 0 to 1");
    check("--dim", options.dim, options.dim == 64 || options.dim == 128, "64 or 128");
    check("--lr", options.learning_rate, options.learning_rate > 0 && options.learning_rate <= 1e6, "above 0 and at most 1e6");
    check("--epochs", options.epochs, options.epochs >= 1, "at least 1");
    check("--batch", options.batch, in(options.batch, 1, most_batch), at_most(1, most_batch));
    check("--seeds", options.seeds, in(options.seeds, 1, most_seeds), at_most(1, most_seeds));
    check("--threads", options.threads, in(options.threads, 0, most_threads), at_most(0, most_threads));
    check("--neighbours", options.neighbours, options.neighbours >= 1, "at least 1");
}

CommandLine parse_command_line(int argc, char const* const* argv) {
    CommandLine result;
    CLI::App app("Learns word vectors from plain text (skip-gram with negative sampling), with both embeddings in low\n"
                 "precision, and sets them beside FP32 rows: loss on held-out sentences, bytes, nearest neighbours.",
                 "word2vec");
    add_group(app, "Data", add_data_options, result.options);
    add_group(app, "Pairs", add_pair_options, result.options);
    add_group(app, "Embeddings", add_embedding_options, result.options);
    add_group(app, "Training", add_training_options, result.options);
    add_group(app, "Machine", add_machine_options, result.options);
    add_group(app, "Report", add_report_options, result.options);
    result.text = examples::parse(app, argc, argv);
    if (!result.text) validate(result.options);
    return result;
}

}  // namespace word2vec
