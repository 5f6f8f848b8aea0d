// SPDX-License-Identifier: Apache-2.0
#include "sweep.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <exception>
#include <fstream>
#include <mutex>
#include <set>
#include <sstream>
#include <string_view>
#include <thread>

#include "backend.hpp"
#include "error.hpp"
#include "experiment.hpp"

namespace dlrm {
namespace {

constexpr std::array<std::string_view, 16> setting_columns = {"data",     "train_rows", "test_rows", "dim",       "rows", "quantizer",
                                                              "rounding", "cache",      "eviction",  "optimizer", "lr",   "initial_range",
                                                              "dense_lr", "batch",      "epochs",    "seed"};
constexpr std::array<std::string_view, 13> figure_columns = {
    "auc",   "log_loss", "progressive_log_loss", "stored_auc", "stored_log_loss", "embedding_bytes", "fp32_bytes", "optimizer_bytes", "hit_rate",
    "steps", "lookups",  "unique_rows",          "write_backs"};

std::string text_of(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.10g", value);
    return text;
}

std::string header() {
    std::string text;
    for (auto const column : setting_columns) text += (text.empty() ? "" : ",") + std::string(column);
    for (auto const column : figure_columns) text += "," + std::string(column);
    return text;
}

std::map<std::string, std::string> settings_of(Options const& options, Dataset const& dataset) {
    std::string const data = options.data.empty() ? "synthetic" : options.data.filename().string();
    if (data.find_first_of(",\n\"") != std::string::npos)
        throw UsageError("--data " + data + ": a name without commas, quotes and line ends is needed for the CSV file");
    return {{"data", data},
            {"train_rows", std::to_string(dataset.train_rows)},
            {"test_rows", std::to_string(dataset.test_rows)},
            {"dim", std::to_string(options.dim)},
            {"rows", name(options.rows)},
            {"quantizer", name(options.quantizer)},
            {"rounding", name(options.rounding)},
            {"cache", text_of(options.cache)},
            {"eviction", name(options.eviction)},
            {"optimizer", name(options.optimizer)},
            {"lr", text_of(options.embedding_learning_rate())},
            {"initial_range", options.initial_range ? text_of(*options.initial_range) : "default"},
            {"dense_lr", text_of(options.dense_learning_rate)},
            {"batch", std::to_string(options.batch)},
            {"epochs", std::to_string(options.epochs)},
            {"seed", std::to_string(options.seed)}};
}

std::map<std::string, double> figures_of(Result const& result) {
    std::map<std::string, double> figures{{"auc", result.auc},
                                          {"log_loss", result.log_loss},
                                          {"progressive_log_loss", result.progressive_log_loss},
                                          {"stored_auc", result.stored_auc},
                                          {"stored_log_loss", result.stored_log_loss},
                                          {"embedding_bytes", static_cast<double>(result.bytes.embedding)},
                                          {"fp32_bytes", static_cast<double>(result.fp32_bytes)},
                                          {"optimizer_bytes", static_cast<double>(result.bytes.optimizer_state)},
                                          {"hit_rate", result.statistics.hit_rate}};
    for (auto const& [its_name, value] : result.statistics.counts) {
        if (std::find(figure_columns.begin(), figure_columns.end(), its_name) != figure_columns.end()) figures[its_name] = static_cast<double>(value);
    }
    return figures;
}

std::string line_of(SweepRun const& run) {
    std::string text;
    for (auto const column : setting_columns) text += (text.empty() ? "" : ",") + run.settings.at(std::string(column));
    for (auto const column : figure_columns) text += "," + text_of(run.figures.at(std::string(column)));
    return text;
}

SweepRun run_of(std::string const& line, std::string const& where) {
    SweepRun run;
    std::istringstream fields(line);
    std::string field;
    for (auto const column : setting_columns) {
        if (!std::getline(fields, field, ',')) throw DataError(where + ": has no " + std::string(column));
        run.settings[std::string(column)] = field;
    }
    for (auto const column : figure_columns) {
        if (!std::getline(fields, field, ',')) throw DataError(where + ": has no " + std::string(column));
        char* end = nullptr;
        run.figures[std::string(column)] = std::strtod(field.c_str(), &end);
        if (end == field.c_str() || *end != '\0') throw DataError(where + ": " + std::string(column) + " is " + field + ", not a number");
    }
    return run;
}

// The runs of earlier sweeps. What was cut off within a line, by a kill, is taken away, so that its run is done again.
std::vector<SweepRun> read_runs(std::filesystem::path const& file) {
    std::vector<SweepRun> runs;
    if (!std::filesystem::exists(file)) return runs;
    std::ifstream input(file, std::ios::binary);
    std::string const text((std::istreambuf_iterator<char>(input)), {});
    auto const whole = text.rfind('\n') + 1;  // 0: no whole line
    if (whole < text.size()) std::filesystem::resize_file(file, whole);

    std::istringstream lines(text.substr(0, whole));
    std::string line;
    for (int number = 1; std::getline(lines, line); ++number) {
        if (number > 1) {
            runs.push_back(run_of(line, file.string() + ":" + std::to_string(number)));
        } else if (line != header()) {
            throw DataError(file.string() + ": is no file of this sweep, its first line is not\n    " + header() + "\ngive another file");
        }
    }
    return runs;
}

class RunsFile {
public:
    explicit RunsFile(std::filesystem::path const& file) : file_(file), output_(file, std::ios::app | std::ios::binary) {
        if (output_ && output_.tellp() == 0) output_ << header() << std::endl;
        check();
    }
    void add(SweepRun const& run) {
        output_ << line_of(run) << std::endl;
        check();
    }

private:
    void check() const {
        if (!output_) throw DataError(file_.string() + ": cannot be written");
    }
    std::filesystem::path file_;
    std::ofstream output_;
};

// FP32 first, which all others are set beside.
std::vector<Options> combinations(Options const& options) {
    Sweep const& sweep = options.sweep;
    std::vector<Options> all;
    for (int const dim : sweep.dims) {
        Options one = options;
        one.dim = dim;
        one.threads = 1;
        one.quiet = true;
        all.push_back(with_fp32_rows(one));
        for (Rows const rows : sweep.rows) {
            if (rows == Rows::fp32) continue;
            for (Quantizer const quantizer : sweep.quantizers) {
                for (Rounding const rounding : sweep.roundings) {
                    for (double const cache : sweep.caches) {
                        one.rows = rows;
                        one.quantizer = quantizer;
                        one.rounding = rounding;
                        one.cache = cache;
                        all.push_back(one);
                    }
                }
            }
        }
    }
    return all;
}

// Throws UsageError for what this build does not have.
void require_all(std::vector<Options> const& all) {
    for (Options const& options : all) make_model(options, std::vector<std::int64_t>(categorical_fields, 2));
}

}  // namespace

std::vector<SweepRun> sweep(Options const& options, Dataset const& dataset) {
    auto const all = combinations(options);
    require_all(all);

    std::map<std::map<std::string, std::string>, SweepRun> known;
    for (SweepRun& run : read_runs(options.sweep.file)) known.insert_or_assign(run.settings, std::move(run));
    RunsFile file(options.sweep.file);

    // By seeds, so that what is there when it is stopped early has all combinations.
    std::vector<Options> asked;
    std::vector<Options> missing;
    for (int i = 0; i < options.sweep.seeds; ++i) {
        for (Options one : all) {
            one.seed = options.seed + static_cast<std::uint64_t>(i);
            asked.push_back(one);
            if (!known.contains(settings_of(one, dataset))) missing.push_back(one);
        }
    }

    std::mutex mutex;
    std::exception_ptr failure;
    std::atomic<std::size_t> next{0};
    std::size_t done = 0;
    auto const work = [&] {
        for (std::size_t i; (i = next.fetch_add(1)) < missing.size();) {
            try {
                Result const result = train(missing[i], dataset);
                SweepRun run{settings_of(missing[i], dataset), figures_of(result)};
                std::lock_guard const lock(mutex);
                file.add(run);
                if (!options.quiet) {
                    std::fprintf(stderr, "%zu of %zu: dim %d, %s, %s, seed %llu: log loss %.5f\n", ++done, missing.size(), missing[i].dim, result.label.c_str(),
                                 run.settings.at("rounding").c_str(), static_cast<unsigned long long>(missing[i].seed), result.log_loss);
                }
                known.emplace(run.settings, std::move(run));
            } catch (...) {
                std::lock_guard const lock(mutex);
                failure = std::current_exception();
                next = missing.size();
            }
        }
    };
    unsigned const cores = std::max(1u, std::thread::hardware_concurrency());
    {
        std::vector<std::jthread> threads;
        for (unsigned i = 0; i < (options.threads > 0 ? static_cast<unsigned>(options.threads) : cores); ++i) threads.emplace_back(work);
    }
    if (failure) std::rethrow_exception(failure);

    std::vector<SweepRun> runs;
    for (Options const& one : asked) runs.push_back(known.at(settings_of(one, dataset)));
    return runs;
}

}  // namespace dlrm
