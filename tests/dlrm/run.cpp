// SPDX-License-Identifier: Apache-2.0
// The whole program on small made-up data.
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "built_dims.hpp"
#include "dataset.hpp"
#include "error.hpp"
#include "examples/support/files.hpp"
#include "experiment.hpp"
#include "report.hpp"
#include "support/catch.hpp"

using namespace dlrm;
using nlohmann::json;

namespace {

Options small_run() {
    Options options;
    options.samples = 16'000;
    options.dim = 16;
    options.threads = 2;
    options.quiet = true;
    return options;
}

json run(Options const& options) {
    auto const dataset = make_dataset(options);
    auto const outcome = train_as_asked_and_in_fp32(options, dataset);
    return json::parse(to_json(options, dataset, outcome.result, outcome.fp32));
}

// Times differ from run to run; nothing else may.
json without_times(json figures) {
    for (char const* key : {"seconds", "test_seconds", "samples_per_second"}) figures.erase(key);
    if (figures.contains("fp32")) figures["fp32"] = without_times(figures["fp32"]);
    return figures;
}

}  // namespace

TEST_CASE("it learns, saves memory, and reports both", "[dlrm]") {
    auto const figures = run(small_run());
    INFO(figures.dump(2));
    CHECK(figures["auc"].get<double>() > 0.6);
    CHECK(figures["fp32"]["auc"].get<double>() > 0.6);
    CHECK(figures["log_loss"].get<double>() < 0.69);
    CHECK(figures["memory_ratio"].get<double>() > 2.0);
    CHECK(figures["fp32"]["memory_ratio"].get<double>() == 1.0);
    CHECK(figures["fp32"]["embedding_bytes"] == figures["fp32_bytes"]);
    CHECK(figures["hit_rate"].get<double>() > 0.5);
    CHECK(figures["statistics"]["lookups"] == 14'000 * 26);
    CHECK(figures["train_rows"] == 14'000);
    CHECK(figures["test_rows"] == 2'000);
    for (char const* key : {"auc", "log_loss", "embedding_bytes", "fp32_bytes", "memory_ratio", "hit_rate", "samples_per_second", "seconds", "backend",
                            "options", "progressive_log_loss", "bytes"}) {
        CHECK(figures.contains(key));
    }
    for (char const* key :
         {"data", "rows", "cache", "eviction", "rounding", "optimizer", "dim", "epochs", "seed", "backend", "batch", "lr", "dense_lr", "max_rows", "threads"}) {
        CHECK(figures["options"].contains(key));
    }
    std::int64_t sum = 0;
    for (char const* key : {"stored_rows", "lines", "tags", "scores", "flags", "ghosts"}) { sum += figures["bytes"][key].get<std::int64_t>(); }
    CHECK(sum == figures["embedding_bytes"].get<std::int64_t>());
}

TEST_CASE("same seed, same figures; also with another number of threads", "[dlrm]") {
    auto options = small_run();
    options.samples = 4'000;
    auto const first = without_times(run(options));
    CHECK(without_times(run(options)) == first);

    options.threads = 1;
    auto const single = without_times(run(options));
    for (char const* key : {"auc", "log_loss", "progressive_log_loss", "statistics", "embedding_bytes"}) {
        CHECK(single[key] == first[key]);
        CHECK(single["fp32"][key] == first["fp32"][key]);
    }

    options.seed = 2;
    CHECK(run(options)["log_loss"] != first["log_loss"]);
}

TEST_CASE("every choice of the command line trains", "[dlrm]") {
    auto options = small_run();
    options.samples = 600;
    options.compare = false;
    auto const trains = [](Options const& asked) {
        auto const figures = run(asked);
        INFO(figures["options"].dump());
        CHECK(figures["log_loss"].get<double>() < 1.0);
        CHECK(figures["statistics"]["rejected_updates"] == 0);
    };
    for (Rows rows : {Rows::fp32, Rows::fp16, Rows::bf16, Rows::fp8, Rows::int8, Rows::int4, Rows::int2}) {
        for (Rounding rounding : {Rounding::nearest, Rounding::stochastic}) {
            for (int dim : {DLRM_DIMS}) {
                options.rows = rows;
                options.rounding = rounding;
                options.dim = dim;
                trains(options);
            }
        }
    }
    options.rounding = Rounding::stochastic;
    options.dim = 64;
    for (auto const& [rows, quantizers] : std::vector<std::pair<Rows, std::vector<Quantizer>>>{
             {Rows::int4, {Quantizer::symmetric, Quantizer::clipped}},
             {Rows::int2, {Quantizer::clipped, Quantizer::learned, Quantizer::block, Quantizer::block_clipped}}}) {
        for (Quantizer quantizer : quantizers) {
            options.rows = rows;
            options.quantizer = quantizer;
            trains(options);
        }
    }
    options.rows = Rows::int8;
    options.quantizer = Quantizer::plain;
    for (Eviction eviction : {Eviction::lru, Eviction::lfu, Eviction::lfu_aged}) {
        for (Optimizer optimizer : {Optimizer::sgd, Optimizer::adagrad}) {
            options.eviction = eviction;
            options.optimizer = optimizer;
            trains(options);
        }
    }
}

TEST_CASE("what is not built is refused, and says what is", "[dlrm]") {
    auto const error_of = [](Options options) -> std::string {
        options.compare = false;
        try {
            run(options);
        } catch (UsageError const& error) { return error.what(); }
        return "no error";
    };
    auto options = small_run();
    options.samples = 100;
    options.quantizer = Quantizer::clipped;
    CHECK(error_of(options) == "--quantizer clipped with --rows int8: must be plain");
    options.rows = Rows::int4;
    CHECK(error_of(options).starts_with("--dim 16 with --rows int4, --quantizer clipped: this build has 64"));
    options.quantizer = Quantizer::plain;
    options.eviction = Eviction::lru;
    CHECK(error_of(options).starts_with("--eviction lru: this build has it for"));
    options.eviction = Eviction::lfu_aged;
    options.optimizer = Optimizer::sgd;
    CHECK(error_of(options).starts_with("--optimizer sgd: this build has it for"));
}

TEST_CASE("stored rows alone score a little worse than rows and lines", "[dlrm]") {
    auto options = small_run();
    options.rows = Rows::int2;
    options.compare = false;
    auto const figures = run(options);
    CHECK(figures["stored_log_loss"].get<double>() != figures["log_loss"].get<double>());
    CHECK(figures["stored_log_loss"].get<double>() < figures["log_loss"].get<double>() + 0.05);
    options.cache = 0;
    auto const uncached = run(options);
    CHECK(uncached["stored_log_loss"] == uncached["log_loss"]);
}

TEST_CASE("loaded samples are the samples of the stream", "[dlrm]") {
    auto options = small_run();
    options.samples = 700;
    auto const streamed = make_dataset(options);
    auto loaded = streamed;
    loaded.load();
    auto const one = streamed.batches(), other = loaded.batches();
    one->skip(33);
    other->skip(33);
    ClickBatch a, b;
    std::int64_t seen = 0;
    for (std::int64_t limit : {64, 64, 17, 64, 64, 64, 64, 64, 64, 64, 64, 64}) {
        bool const more = one->next(64, limit, a);
        REQUIRE(other->next(64, limit, b) == more);
        if (!more) break;
        CHECK(a.size == b.size);
        CHECK(a.labels == b.labels);
        CHECK(a.dense == b.dense);
        CHECK(a.indices == b.indices);
        CHECK(a.offsets == b.offsets);
        seen += a.size;
    }
    CHECK(seen == 700 - 33);
}

TEST_CASE("several epochs and hashed ids", "[dlrm]") {
    auto options = small_run();
    options.samples = 2'000;
    options.epochs = 2;
    options.max_rows = 100;
    options.compare = false;
    auto const figures = run(options);
    CHECK(figures["statistics"]["lookups"] == 2 * 1'750 * 26);
    CHECK(figures["fp32_bytes"] == 26 * 100 * 16 * 4);
    CHECK_FALSE(figures.contains("fp32"));
}

TEST_CASE("the table names what it shows", "[dlrm]") {
    auto options = small_run();
    options.samples = 500;
    auto const dataset = make_dataset(options);
    auto const outcome = train_as_asked_and_in_fp32(options, dataset);
    auto const text = table(outcome.result, outcome.fp32);
    for (char const* part : {"int8, 5 % cache", "fp32, no cache", "AUC", "log loss", "stored rows", "memory ratio", "hit rate", "seconds", "samples/s"}) {
        INFO(text);
        CHECK(text.find(part) != std::string::npos);
    }
}

TEST_CASE("a report that cannot be written is an error", "[dlrm]") {
    CHECK_THROWS_AS(examples::require_writable("/no/such/folder/out.json"), DataError);
    CHECK_THROWS_AS(examples::write_file("/no/such/folder/out.json", "{}"), DataError);
}
