// SPDX-License-Identifier: Apache-2.0
#include "sweep.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "error.hpp"
#include "experiment.hpp"
#include "support/catch.hpp"
#include "sweep_table.hpp"

using namespace dlrm;

namespace {

class SweepFixture {
public:
    SweepFixture() {
        options.samples = 800;
        options.quiet = true;
        options.threads = 2;
        options.sweep.file = std::filesystem::temp_directory_path() / ("hotrow_sweep_" + std::to_string(reinterpret_cast<std::uintptr_t>(this)) + ".csv");
        options.sweep.seeds = 2;
        options.sweep.rows = {Rows::int8, Rows::int2};
        options.sweep.caches = {0, 0.05};
        options.sweep.roundings = {Rounding::stochastic};
        options.sweep.dims = {16};
        remove();
    }
    ~SweepFixture() { remove(); }

    Dataset data() const {
        auto dataset = make_dataset(options);
        dataset.load();
        return dataset;
    }
    std::vector<std::string> lines() const {
        std::ifstream file(options.sweep.file);
        std::vector<std::string> all;
        for (std::string line; std::getline(file, line);) all.push_back(line);
        return all;
    }
    void write(std::string const& text) const { std::ofstream(options.sweep.file, std::ios::binary) << text; }

    Options options;

private:
    void remove() const { std::filesystem::remove(options.sweep.file); }
};

std::string text_of(std::vector<std::string> const& lines, std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += lines[i] + "\n";
    return text;
}

}  // namespace

TEST_CASE("a sweep runs each combination with each seed, as single runs do", "[dlrm]") {
    SweepFixture const fixture;
    auto const dataset = fixture.data();
    auto const runs = sweep(fixture.options, dataset);
    CHECK(runs.size() == 2 * (1 + 4));
    CHECK(fixture.lines().size() == 1 + runs.size());

    Options single = fixture.options;
    single.rows = Rows::int2;
    single.cache = 0.05;
    single.dim = 16;
    single.seed = 2;
    single.rounding = Rounding::stochastic;
    auto const result = train(single, dataset);
    auto const same = std::find_if(runs.begin(), runs.end(), [](SweepRun const& run) {
        return run.settings.at("rows") == "int2" && run.settings.at("cache") == "0.05" && run.seed() == 2;
    });
    REQUIRE(same != runs.end());
    CHECK(same->figures.at("log_loss") == Approx(result.log_loss).epsilon(1e-9));
    CHECK(same->figures.at("stored_log_loss") == Approx(result.stored_log_loss).epsilon(1e-9));
    CHECK(same->figures.at("embedding_bytes") == static_cast<double>(result.bytes.embedding));
}

TEST_CASE("a sweep that was stopped goes on where it was", "[dlrm]") {
    SweepFixture const fixture;
    auto const dataset = fixture.data();
    auto const whole = sweep(fixture.options, dataset);
    auto const lines = fixture.lines();

    // Three runs and a half. What is there stays as it is: a mark shows that it was not run again.
    auto kept = text_of(lines, 4);
    auto const at = kept.rfind(",");
    kept.replace(at, std::string::npos, ",123456789\n");
    fixture.write(kept + lines[4].substr(0, lines[4].size() / 2));
    auto const again = sweep(fixture.options, dataset);
    REQUIRE(again.size() == whole.size());
    int marks = 0;
    for (std::size_t i = 0; i < whole.size(); ++i) {
        CHECK(again[i].settings == whole[i].settings);
        if (again[i].figures.at("write_backs") == 123456789) {
            ++marks;
        } else {
            for (auto const& [figure, value] : whole[i].figures) CHECK(again[i].figures.at(figure) == Approx(value).epsilon(1e-9));
        }
    }
    CHECK(marks == 1);
    CHECK(fixture.lines().size() == lines.size());

    // All there: nothing is added.
    sweep(fixture.options, dataset);
    CHECK(fixture.lines().size() == lines.size());
}

TEST_CASE("a sweep refuses what it cannot do before it runs anything", "[dlrm]") {
    SweepFixture fixture;
    auto const dataset = fixture.data();
    SECTION("another file") {
        fixture.write("a,b,c\n1,2,3\n");
        CHECK_THROWS_AS(sweep(fixture.options, dataset), DataError);
        CHECK(fixture.lines().size() == 2);
    }
    SECTION("a damaged line") {
        sweep(fixture.options, dataset);
        auto lines = fixture.lines();
        lines[2].replace(lines[2].rfind(",") + 1, std::string::npos, "many");
        fixture.write(text_of(lines, lines.size()));
        CHECK_THROWS_AS(sweep(fixture.options, dataset), DataError);
    }
    SECTION("no such folder") {
        fixture.options.sweep.file = "/no/such/folder/a.csv";
        CHECK_THROWS_AS(sweep(fixture.options, dataset), DataError);
    }
    SECTION("a combination that is not built") {
        fixture.options.sweep.quantizers = {Quantizer::plain, Quantizer::learned};
        CHECK_THROWS_AS(sweep(fixture.options, dataset), UsageError);
        CHECK(fixture.lines().empty());
    }
}

TEST_CASE("the table sets each combination beside FP32, seed by seed", "[dlrm]") {
    std::vector<SweepRun> runs;
    auto const add = [&](std::string const& rows, int seed, double loss) {
        SweepRun run;
        run.settings = {{"dim", "64"}, {"rows", rows}, {"quantizer", "plain"}, {"rounding", "nearest"}, {"cache", "0"}, {"seed", std::to_string(seed)}};
        for (char const* figure : {"auc", "log_loss", "progressive_log_loss", "stored_log_loss"}) run.figures[figure] = loss;
        run.figures["fp32_bytes"] = 1000;
        run.figures["embedding_bytes"] = rows == "fp32" ? 1000 : 250;
        run.figures["hit_rate"] = run.figures["write_backs"] = 0;
        run.figures["steps"] = 1;
        runs.push_back(run);
    };
    for (int seed = 1; seed <= 20; ++seed) {
        double const of_seed = 0.4 + 0.01 * seed;  // far more than the differences
        add("fp32", seed, of_seed);
        add("int8", seed, of_seed + (seed % 2 == 0 ? 0.0001 : -0.0001));
        add("int2", seed, of_seed + 0.002 + (seed % 2 == 0 ? 0.0001 : -0.0001));
    }
    auto const text = table(runs, 0.001);
    INFO(text);
    CHECK(text.find("| 64 | int8 | nearest | 0 | 20 | 0.50500 (1323) | 0.50500 (1323) | +0 (2) = |") != std::string::npos);
    CHECK(text.find("| +200 (2) |") != std::string::npos);
    CHECK(text.find("| 4.00 |") != std::string::npos);
}
