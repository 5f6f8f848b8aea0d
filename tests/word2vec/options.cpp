// SPDX-License-Identifier: Apache-2.0
// The command line: what it means, and what it says when it cannot be.
#include "options.hpp"

#include <string>
#include <vector>

#include "examples/support/error.hpp"
#include "experiment.hpp"
#include "support/catch.hpp"

using namespace word2vec;

namespace {

CommandLine parse(std::vector<char const*> arguments) {
    arguments.insert(arguments.begin(), "word2vec");
    return parse_command_line(static_cast<int>(arguments.size()), arguments.data());
}

std::string error_of(std::vector<char const*> arguments) {
    arguments.insert(arguments.begin(), {"--data", "a.txt"});
    try {
        parse(arguments);
    } catch (examples::UsageError const& error) { return error.what(); }
    return "no error";
}

std::vector<std::string> labels(std::vector<char const*> arguments) {
    arguments.insert(arguments.begin(), {"--data", "a.txt"});
    std::vector<std::string> labels;
    for (auto const& setting : settings_of(parse(arguments).options)) labels.push_back(setting.label());
    return labels;
}

bool contains(std::string const& text, std::string const& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("every option arrives", "[word2vec]") {
    auto const options = parse({"--data",      "a.txt",   "--min-count",  "3",         "--hold-out", "20",     "--window", "4",           "--negatives", "7",
                                "--subsample", "0.001",   "--rows",       "int4,fp32", "--cache",    "0.01",   "--dim",    "128",         "--lr",        "0.5",
                                "--epochs",    "2",       "--batch",      "100",       "--seed",     "9",      "--seeds",  "3",           "--threads",   "2",
                                "--words",     "sea,sky", "--neighbours", "8",         "--quiet",    "--json", "out.json", "--no-compare"})
                             .options;
    CHECK(options.corpus.file == "a.txt");
    CHECK(options.corpus.min_count == 3);
    CHECK(options.corpus.hold_out == 20);
    CHECK(options.pairs.window == 4);
    CHECK(options.pairs.negatives == 7);
    CHECK(options.pairs.subsample == 0.001);
    CHECK(options.rows == std::vector<Rows>{Rows::int4, Rows::fp32});
    CHECK(options.cache == 0.01);
    CHECK(options.dim == 128);
    CHECK(options.learning_rate == 0.5);
    CHECK(options.epochs == 2);
    CHECK(options.batch == 100);
    CHECK(options.seed == 9);
    CHECK(options.seeds == 3);
    CHECK(options.threads == 2);
    CHECK(options.words == std::vector<std::string>{"sea", "sky"});
    CHECK(options.neighbours == 8);
    CHECK(options.quiet);
    CHECK(options.json == "out.json");
    CHECK_FALSE(options.compare);
}

TEST_CASE("the settings that are compared", "[word2vec]") {
    using Labels = std::vector<std::string>;
    CHECK(labels({}) == Labels{"FP32", "FP16", "INT8 + 5 % cache"});
    CHECK(labels({"--rows", "int4", "--cache", "0.01"}) == Labels{"FP32", "INT4 + 1 % cache"});
    CHECK(labels({"--rows", "int8,fp32,int8", "--cache", "0"}) == Labels{"FP32", "INT8"});
    CHECK(labels({"--rows", "int8", "--no-compare"}) == Labels{"INT8 + 5 % cache"});
}

TEST_CASE("the help explains every option", "[word2vec]") {
    auto const text = parse({"--help"}).text.value();
    for (char const* option :
         {"--data",   "--min-count", "--hold-out", "--window", "--negatives", "--subsample", "--rows",  "--cache",      "--dim",   "--lr",
          "--epochs", "--batch",     "--seed",     "--seeds",  "--threads",   "--compare",   "--words", "--neighbours", "--quiet", "--json"}) {
        CHECK(contains(text, option));
    }
}

TEST_CASE("errors name the option, its value, and the limit", "[word2vec]") {
    CHECK_THROWS_AS(parse({}), examples::UsageError);  // no data
    CHECK(error_of({"--rows", "fp32,int9"}) == "--rows int9: must be one of fp32, fp16, int8, int4");
    CHECK(error_of({"--cache", "1.5"}) == "--cache 1.5: must be from 0 to 1");
    CHECK(error_of({"--cache", "nan"}) == "--cache nan: must be from 0 to 1");
    CHECK(error_of({"--dim", "65"}) == "--dim 65: must be 64 or 128");
    CHECK(error_of({"--lr", "0"}) == "--lr 0: must be above 0 and at most 1e6");
    CHECK(error_of({"--min-count", "0"}) == "--min-count 0: must be at least 1");
    CHECK(error_of({"--hold-out", "1"}) == "--hold-out 1: must be at least 2");
    CHECK(error_of({"--window", "0"}) == "--window 0: must be from 1 to 1000");
    CHECK(error_of({"--negatives", "0"}) == "--negatives 0: must be from 1 to 1000");
    CHECK(error_of({"--subsample", "-1"}) == "--subsample -1: must be from 0 (none) to 1");
    CHECK(error_of({"--epochs", "0"}) == "--epochs 0: must be at least 1");
    CHECK(error_of({"--batch", "0"}) == "--batch 0: must be from 1 to 1048576");
    CHECK(error_of({"--seed", "-1"}) == "--seed -1: must be at least 0");
    CHECK(error_of({"--seeds", "0"}) == "--seeds 0: must be from 1 to 1000");
    CHECK(error_of({"--threads", "65"}) == "--threads 65: must be from 0 to 64");
    CHECK(error_of({"--neighbours", "0"}) == "--neighbours 0: must be at least 1");
    CHECK(contains(error_of({"--no-such-option"}), "--no-such-option"));
}
