// SPDX-License-Identifier: Apache-2.0
// The program itself: what it prints, writes, and exits with.
#include <sys/wait.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>

#include "planted_text.hpp"
#include "support/catch.hpp"
#include "support/temporary_file.hpp"

using hotrow::test::TemporaryFile;
using word2vec::test::PlantedText;

namespace {

std::string content(TemporaryFile const& file) {
    std::ifstream input(file.path());
    return {std::istreambuf_iterator<char>(input), {}};
}

struct Outcome {
    int code = -1;
    std::string output, errors;
};

Outcome run(std::string const& arguments) {
    TemporaryFile const output, errors;
    std::string const command = "'" WORD2VEC_PROGRAM "' " + arguments + " > '" + output.path().string() + "' 2> '" + errors.path().string() + "'";
    int const status = std::system(command.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, content(output), content(errors)};
}

bool contains(std::string const& text, std::string const& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("a comparison from the command line", "[word2vec]") {
    TemporaryFile const text(PlantedText{.topics = 10, .sentences = 500}.text()), report;
    auto const [code, output, errors] = run("--data '" + text.path().string() + "' --epochs 1 --words topicaaleft --json '" + report.path().string() + "'");
    INFO(output << errors);
    CHECK(code == 0);
    CHECK(contains(output, "INT8 + 5 % cache"));
    CHECK(contains(output, "topicaaleft"));
    CHECK(contains(errors, "training FP32"));
    CHECK(contains(errors, "words/s"));
    CHECK(nlohmann::json::parse(content(report))["settings"].size() == 3);

    auto const quiet = run("--data '" + text.path().string() + "' --epochs 1 --rows int4 --no-compare --quiet");
    CHECK(quiet.code == 0);
    CHECK(quiet.errors.empty());
    CHECK_FALSE(contains(quiet.output, "FP32"));
}

TEST_CASE("errors say what is wrong, and whose fault it is by the exit code", "[word2vec]") {
    TemporaryFile const text("a b c\n"), empty;
    auto const with = [](TemporaryFile const& file) { return "--data '" + file.path().string() + "' "; };
    CHECK(run("--help").code == 0);
    CHECK(run("").code == 2);
    CHECK(contains(run("").errors, "--data"));
    CHECK(run(with(text) + "--dim 3").code == 2);
    CHECK(run(with(text) + "--min-count 1 --words king").code == 2);
    CHECK(run("--data /no/such/file").code == 1);
    CHECK(contains(run("--data /no/such/file").errors, "/no/such/file: cannot be opened"));
    CHECK(run(with(empty)).code == 1);
    CHECK(contains(run(with(text)).errors, "--min-count"));
    CHECK(run(with(text) + "--json /no/such/folder/out.json").code == 1);
}
