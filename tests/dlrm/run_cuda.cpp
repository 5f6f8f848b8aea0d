// SPDX-License-Identifier: Apache-2.0
// The whole program with the embedding on a device.
#include <nlohmann/json.hpp>
#include <string>

#include "dataset.hpp"
#include "experiment.hpp"
#include "report.hpp"
#include "support/catch.hpp"

using namespace dlrm;
using nlohmann::json;

namespace {

json run(Options const& options) {
    auto const dataset = make_dataset(options);
    auto const outcome = train_as_asked_and_in_fp32(options, dataset);
    auto figures = json::parse(to_json(options, dataset, outcome.result, outcome.fp32));
    // What may differ: times, the options themselves, and workspace, whose size is a matter of the backend.
    for (char const* key : {"seconds", "test_seconds", "samples_per_second", "backend", "options"}) figures.erase(key);
    figures["bytes"].erase("workspace");
    figures["bytes"].erase("control");
    return figures;
}

Options small_run() {
    Options options;
    options.samples = 300;
    options.batch = 32;
    options.compare = false;
    options.threads = 1;
    options.quiet = true;
    return options;
}

}  // namespace

TEST_CASE("with the dense model on the host, the device's embedding gives the host's figures to the bit", "[dlrm][cuda]") {
    for (Rows rows : {Rows::fp32, Rows::int8, Rows::int4}) {
        auto options = small_run();
        options.rows = rows;
        auto const host = run(options);
        options.backend = Backend::cuda;
        options.dense = Backend::host;
        INFO(name(rows));
        CHECK(run(options) == host);
    }
}

TEST_CASE("with the dense model on the device too, it learns as well", "[dlrm][cuda]") {
    auto options = small_run();
    auto const host = run(options);
    options.backend = Backend::cuda;
    json device;
    try {
        device = run(options);
    } catch (std::exception const& error) {
        if (std::string(error.what()).find("cublas") == std::string::npos) throw;
        WARN("no cuBLAS here, as under an emulator: " << error.what());
        return;
    }
    CHECK(device["log_loss"].get<double>() == Approx(host["log_loss"].get<double>()).margin(0.05));
}
