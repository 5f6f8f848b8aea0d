// SPDX-License-Identifier: Apache-2.0
#include "sweep_table.hpp"

#include <cstdio>

#include "equivalence.hpp"
#include "error.hpp"

namespace dlrm {
namespace {

template <class... Values>
std::string format(char const* pattern, Values... values) {
    char text[256];
    std::snprintf(text, sizeof text, pattern, values...);
    return text;
}

using Settings = std::map<std::string, std::string>;
using BySeed = std::map<std::uint64_t, SweepRun>;

Settings without_seed(Settings settings) {
    settings.erase("seed");
    return settings;
}

Settings fp32_of(Settings settings) {
    settings["rows"] = "fp32";
    settings["quantizer"] = "plain";
    settings["rounding"] = "nearest";
    settings["cache"] = "0";
    return settings;
}

Mean mean_of_figure(BySeed const& runs, std::string const& figure) {
    std::vector<double> values;
    for (auto const& [seed, run] : runs) values.push_back(run.figures.at(figure));
    return mean_of(values);
}

Mean difference_from(BySeed const& plain, BySeed const& runs, std::string const& figure, std::string const& plain_figure) {
    std::vector<double> values;
    for (auto const& [seed, run] : runs) values.push_back(run.figures.at(figure) - plain.at(seed).figures.at(plain_figure));
    return mean_of(values);
}

std::string cell(Mean const& difference, double margin) {
    return format(" %+.0f (%.0f)%s |", 1e5 * difference.mean, 1e5 * difference.error, is_equivalent(difference, margin) ? " =" : "");
}

}  // namespace

std::string table(std::vector<SweepRun> const& runs, double margin) {
    std::vector<Settings> order;
    std::map<Settings, BySeed> groups;
    for (SweepRun const& run : runs) {
        auto const settings = without_seed(run.settings);
        if (!groups.contains(settings)) order.push_back(settings);
        groups[settings].emplace(run.seed(), run);
    }

    std::string text = "| dim | rows | rounding | cache % | seeds | AUC | log loss | - FP32 | progressive - FP32 | from stored rows - FP32 | bytes: FP32 / "
                       "this | hit rate | write-backs a step |\n"
                       "| ---: | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n";
    for (auto const& settings : order) {
        BySeed const& group = groups.at(settings);
        BySeed const& plain = groups.at(fp32_of(settings));
        auto const mean = [&](char const* figure) { return mean_of_figure(group, figure); };
        auto const auc = mean("auc"), loss = mean("log_loss");
        bool const is_plain = settings.at("rows") == "fp32", cached = settings.at("cache") != "0";
        std::string const quantizer = settings.at("quantizer") == "plain" ? "" : " " + settings.at("quantizer");
        text += format("| %s | %s%s | %s | %g | %zu | %.5f (%.0f) | %.5f (%.0f) |", settings.at("dim").c_str(), settings.at("rows").c_str(), quantizer.c_str(),
                       is_plain ? "" : settings.at("rounding").c_str(), 100 * std::stod(settings.at("cache")), group.size(), auc.mean, 1e5 * auc.error,
                       loss.mean, 1e5 * loss.error);
        if (is_plain) {
            text += " | | |";
        } else {
            text += cell(difference_from(plain, group, "log_loss", "log_loss"), margin);
            text += cell(difference_from(plain, group, "progressive_log_loss", "progressive_log_loss"), margin);
            text += cell(difference_from(plain, group, "stored_log_loss", "log_loss"), margin);
        }
        text += format(" %.2f |", mean("fp32_bytes").mean / mean("embedding_bytes").mean);
        text += cached ? format(" %.3f | %.0f |\n", mean("hit_rate").mean, mean("write_backs").mean / mean("steps").mean) : std::string(" | |\n");
    }
    return text;
}

}  // namespace dlrm
