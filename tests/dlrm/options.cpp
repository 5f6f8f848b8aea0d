// SPDX-License-Identifier: Apache-2.0
// The command line: what it means, and what it says when it cannot be.
#include "options.hpp"

#include <string>
#include <vector>

#include "error.hpp"
#include "support/catch.hpp"

using namespace dlrm;

namespace {

CommandLine parse(std::vector<char const*> arguments) {
    arguments.insert(arguments.begin(), "dlrm");
    return parse_command_line(static_cast<int>(arguments.size()), arguments.data());
}

std::string error_of(std::vector<char const*> const& arguments) {
    try {
        parse(arguments);
    } catch (UsageError const& error) { return error.what(); }
    return "no error";
}

bool contains(std::string const& text, std::string const& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("the command line of the readme", "[dlrm]") {
    auto const options = parse({"--data", "a.tsv", "--rows",   "int4", "--cache", "0.01", "--eviction", "lru",  "--rounding", "nearest",  "--optimizer", "sgd",
                                "--dim",  "16",    "--epochs", "2",    "--seed",  "9",    "--backend",  "host", "--json",     "out.json", "--no-compare"})
                             .options;
    CHECK(options.data == "a.tsv");
    CHECK(options.rows == Rows::int4);
    CHECK(options.cache == 0.01);
    CHECK(options.eviction == Eviction::lru);
    CHECK(options.rounding == Rounding::nearest);
    CHECK(options.optimizer == Optimizer::sgd);
    CHECK(options.dim == 16);
    CHECK(options.epochs == 2);
    CHECK(options.seed == 9);
    CHECK(options.backend == Backend::host);
    CHECK(options.json == "out.json");
    CHECK_FALSE(options.compare);
}

TEST_CASE("defaults", "[dlrm]") {
    auto const options = parse({}).options;
    CHECK(options.rows == Rows::int8);
    CHECK(options.cache == 0.05);
    CHECK(options.compare);
    CHECK(options.embedding_learning_rate() == 0.04);
    CHECK(parse({"--dim", "16"}).options.embedding_learning_rate() == 0.08);
    CHECK(parse({"--lr", "0.5"}).options.embedding_learning_rate() == 0.5);
    CHECK(parse({"--backend", "cuda"}).options.dense_backend() == Backend::cuda);
    CHECK(parse({"--backend", "cuda", "--dense", "host"}).options.dense_backend() == Backend::host);
}

TEST_CASE("what a sweep goes through", "[dlrm]") {
    auto const sweep = parse({"--sweep", "a.csv", "--seeds", "3", "--sweep-rows", "int4,int2", "--sweep-quantizers", "plain,clipped", "--sweep-roundings",
                              "stochastic", "--sweep-caches", "0,0.02", "--sweep-dims", "16,64"})
                           .options.sweep;
    CHECK(sweep.file == "a.csv");
    CHECK(sweep.seeds == 3);
    CHECK(sweep.rows == std::vector{Rows::int4, Rows::int2});
    CHECK(sweep.quantizers == std::vector{Quantizer::plain, Quantizer::clipped});
    CHECK(sweep.roundings == std::vector{Rounding::stochastic});
    CHECK(sweep.caches == std::vector{0.0, 0.02});
    CHECK(sweep.dims == std::vector{16, 64});
    CHECK(parse({}).options.sweep.file.empty());
    CHECK(parse({}).options.sweep.rows.size() == 6);
}

TEST_CASE("the help explains every option", "[dlrm]") {
    auto const text = parse({"--help"}).text.value();
    for (char const* option : {"--data",
                               "--rows",
                               "--cache",
                               "--eviction",
                               "--rounding",
                               "--optimizer",
                               "--dim",
                               "--epochs",
                               "--seed",
                               "--backend",
                               "--json",
                               "--batch",
                               "--test-rows",
                               "--lr",
                               "--dense-lr",
                               "--max-rows",
                               "--skip-bad-lines",
                               "--samples",
                               "--threads",
                               "--compare",
                               "--dense",
                               "--quantizer",
                               "--initial-range",
                               "--sweep",
                               "--seeds",
                               "--margin",
                               "--sweep-rows",
                               "--sweep-quantizers",
                               "--sweep-roundings",
                               "--sweep-caches",
                               "--sweep-dims"}) {
        CHECK(contains(text, option));
    }
}

TEST_CASE("errors name the option, its value, and the limit", "[dlrm]") {
    CHECK(error_of({"--rows", "int9"}) == "--rows int9: must be one of fp32, fp16, bf16, fp8, int8, int4, int2");
    CHECK(error_of({"--eviction", "magic"}) == "--eviction magic: must be one of lru, lfu, lfu_aged");
    CHECK(error_of({"--cache", "1.5"}) == "--cache 1.5: must be from 0 to 1");
    CHECK(error_of({"--cache", "-0.1"}) == "--cache -0.1: must be from 0 to 1");
    CHECK(error_of({"--cache", "nan"}) == "--cache nan: must be from 0 to 1");
    CHECK(error_of({"--dim", "17"}) == "--dim 17: must be 16, 64 or 128");
    CHECK(error_of({"--epochs", "0"}) == "--epochs 0: must be at least 1");
    CHECK(error_of({"--batch", "0"}) == "--batch 0: must be from 1 to 1048576");
    CHECK(error_of({"--lr", "0"}) == "--lr 0: must be above 0 and at most 1e6");
    CHECK(error_of({"--max-rows", "1"}) == "--max-rows 1: must be 0 (no hashing) or from 2 to 2147483647");
    CHECK(error_of({"--samples", "1"}) == "--samples 1: must be at least 2");
    CHECK(contains(error_of({"--cache", "much"}), "much"));
    CHECK(contains(error_of({"--no-such-option"}), "--no-such-option"));
    CHECK(contains(error_of({"--dense", "cuda"}), "--backend cuda"));
    CHECK(error_of({"--sweep-rows", "int4,int9"}) == "--sweep-rows int9: must be one of fp32, fp16, bf16, fp8, int8, int4, int2");
    CHECK(error_of({"--sweep-caches", "0,2"}) == "--sweep-caches 2: must be from 0 to 1");
    CHECK(error_of({"--sweep-dims", "17"}) == "--sweep-dims 17: must be 16, 64 or 128");
    CHECK(error_of({"--seeds", "1"}) == "--seeds 1: must be from 2, which an error needs, to 100000");
    CHECK(error_of({"--margin", "0"}) == "--margin 0: must be above 0");
    CHECK(error_of({"--initial-range", "-1"}) == "--initial-range -1: must be from 0 to 1e4");
    CHECK(error_of({"--seed", "-1"}) == "--seed -1: must be at least 0");
}
