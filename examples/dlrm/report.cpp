// SPDX-License-Identifier: Apache-2.0
#include "report.hpp"

#include <functional>
#include <nlohmann/json.hpp>

#include "examples/support/text.hpp"

namespace dlrm {
namespace {

using examples::format;
using examples::with_commas;
using Json = nlohmann::ordered_json;

std::int64_t component(Result const& result, std::string const& wanted) {
    for (auto const& [its_name, value] : result.bytes.components) {
        if (its_name == wanted) return value;
    }
    return 0;
}

Json to_json(Figures const& figures) {
    Json json = Json::object();
    for (auto const& [its_name, value] : figures) json[its_name] = value;
    return json;
}

Json to_json(Options const& options) {
    Json json;
    json["data"] = options.data.string();
    json["samples"] = options.samples;
    json["test_rows"] = options.test_rows;
    json["max_rows"] = options.max_rows;
    json["skip_bad_lines"] = options.skip_bad_lines;
    json["rows"] = name(options.rows);
    json["quantizer"] = name(options.quantizer);
    json["cache"] = options.cache;
    json["eviction"] = name(options.eviction);
    json["rounding"] = name(options.rounding);
    json["optimizer"] = name(options.optimizer);
    json["dim"] = options.dim;
    json["lr"] = options.embedding_learning_rate();
    json["initial_range"] = options.initial_range ? Json(*options.initial_range) : Json(nullptr);
    json["epochs"] = options.epochs;
    json["batch"] = options.batch;
    json["dense_lr"] = options.dense_learning_rate;
    json["seed"] = options.seed;
    json["backend"] = name(options.backend);
    json["dense"] = name(options.dense_backend());
    json["threads"] = options.threads;
    json["compare"] = options.compare;
    return json;
}

void add(Json& json, Result const& result) {
    json["auc"] = result.auc;  // null if the test rows have only one class
    json["log_loss"] = result.log_loss;
    json["stored_auc"] = result.stored_auc;
    json["stored_log_loss"] = result.stored_log_loss;
    json["progressive_log_loss"] = result.progressive_log_loss;
    json["embedding_bytes"] = result.bytes.embedding;
    json["fp32_bytes"] = result.fp32_bytes;
    json["memory_ratio"] = result.memory_ratio();
    json["optimizer_bytes"] = result.bytes.optimizer_state;
    json["bytes"] = to_json(result.bytes.components);
    json["hit_rate"] = result.statistics.hit_rate;
    json["statistics"] = to_json(result.statistics.counts);
    json["samples_per_second"] = result.samples_per_second;
    json["seconds"] = result.seconds;
    json["test_seconds"] = result.test_seconds;
}

}  // namespace

std::string describe(Dataset const& dataset) {
    std::string text = dataset.name + ": " + with_commas(dataset.train_rows) + " rows to train on, " + with_commas(dataset.test_rows) + " to test on\n";
    if (dataset.bad_lines > 0) text += with_commas(dataset.bad_lines) + " bad lines skipped\n";
    return text;
}

std::string table(Result const& result, std::optional<Result> const& fp32) {
    std::string text;
    auto const line = [&](std::string const& what, std::function<std::string(Result const&)> const& value) {
        text += format("%-26s%22s", what.c_str(), value(result).c_str());
        if (fp32) text += format("%22s", value(*fp32).c_str());
        text += '\n';
    };
    auto const bytes = [&](std::string const& what, std::string const& its_name) {
        line(what, [&](Result const& r) { return with_commas(component(r, its_name)); });
    };
    line("", [](Result const& r) { return r.label; });
    line("AUC", [](Result const& r) { return format("%.4f", r.auc); });
    line("log loss", [](Result const& r) { return format("%.4f", r.log_loss); });
    line("progressive log loss", [](Result const& r) { return format("%.4f", r.progressive_log_loss); });
    line("AUC from stored rows", [](Result const& r) { return format("%.4f", r.stored_auc); });
    line("log loss from stored rows", [](Result const& r) { return format("%.4f", r.stored_log_loss); });
    line("embedding bytes", [](Result const& r) { return with_commas(r.bytes.embedding); });
    bytes("  stored rows", "stored_rows");
    bytes("  lines", "lines");
    bytes("  tags", "tags");
    bytes("  scores", "scores");
    bytes("  line flags", "flags");
    bytes("  ghosts", "ghosts");
    line("memory ratio", [](Result const& r) { return format("%.2f x", r.memory_ratio()); });
    bytes("optimizer bytes", "optimizer_state");
    line("hit rate", [](Result const& r) { return component(r, "lines") > 0 ? format("%.1f %%", 100 * r.statistics.hit_rate) : std::string("no cache"); });
    line("seconds", [](Result const& r) { return format("%.2f", r.seconds); });
    line("samples/s", [](Result const& r) { return with_commas(static_cast<std::int64_t>(r.samples_per_second)); });
    return text;
}

std::string to_json(Options const& options, Dataset const& dataset, Result const& result, std::optional<Result> const& fp32) {
    Json json;
    add(json, result);
    json["backend"] = name(options.backend);
    json["train_rows"] = dataset.train_rows;
    json["test_rows"] = dataset.test_rows;
    json["bad_lines"] = dataset.bad_lines;
    json["table_rows"] = dataset.vocabulary.table_rows();
    json["options"] = to_json(options);
    if (fp32) add(json["fp32"], *fp32);
    return json.dump(2) + "\n";
}

}  // namespace dlrm
