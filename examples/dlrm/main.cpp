// SPDX-License-Identifier: Apache-2.0
// Trains a DLRM on click data twice: with low-precision rows behind a full-precision cache, as the options say, and
// with plain FP32 rows; then sets both side by side.
#include <cstdio>
#include <exception>
#include <string>

#include "backend.hpp"
#include "error.hpp"
#include "examples/support/files.hpp"
#include "experiment.hpp"
#include "options.hpp"
#include "report.hpp"
#include "sweep.hpp"
#include "sweep_table.hpp"

namespace {

void say(std::string const& text) {
    std::fputs(text.c_str(), stdout);
    std::fflush(stdout);
}

void run(int argc, char const* const* argv) {
    auto const [options, help] = dlrm::parse_command_line(argc, argv);
    if (help) return say(*help);

    dlrm::require_backend(options);
    if (!options.json.empty()) examples::require_writable(options.json);

    auto dataset = dlrm::make_dataset(options);
    say(dlrm::describe(dataset));
    if (!options.sweep.file.empty()) {
        dataset.load();
        return say("\n" + dlrm::table(dlrm::sweep(options, dataset), options.sweep.margin));
    }

    auto const outcome = dlrm::train_as_asked_and_in_fp32(options, dataset);
    say("\n" + dlrm::table(outcome.result, outcome.fp32));
    if (!options.json.empty()) examples::write_file(options.json, dlrm::to_json(options, dataset, outcome.result, outcome.fp32));
}

}  // namespace

int main(int argc, char** argv) {
    try {
        run(argc, argv);
        return 0;
    } catch (dlrm::UsageError const& error) {
        std::fprintf(stderr, "dlrm: %s\nTry dlrm --help.\n", error.what());
        return 2;
    } catch (std::exception const& error) {
        std::fprintf(stderr, "dlrm: %s\n", error.what());
        return 1;
    }
}
