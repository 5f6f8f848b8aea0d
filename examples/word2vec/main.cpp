// SPDX-License-Identifier: Apache-2.0
// Learns word vectors from plain text, with rows in full and in low precision, and sets them side by side.
#include <cstdio>
#include <exception>
#include <string>

#include "examples/support/error.hpp"
#include "examples/support/files.hpp"
#include "experiment.hpp"
#include "options.hpp"
#include "report.hpp"

namespace {

void say(std::string const& text) {
    std::fputs(text.c_str(), stdout);
    std::fflush(stdout);
}

void run(int argc, char const* const* argv) {
    auto const [options, help] = word2vec::parse_command_line(argc, argv);
    if (help) return say(*help);
    if (!options.json.empty()) examples::require_writable(options.json);

    auto const corpus = word2vec::read_corpus(options.corpus);
    say(word2vec::describe(corpus));

    auto const outcome = word2vec::run_experiment(options, corpus);
    say("\n" + word2vec::table(corpus, outcome));
    if (!options.json.empty()) examples::write_file(options.json, word2vec::to_json(options, corpus, outcome));
}

}  // namespace

int main(int argc, char** argv) {
    try {
        run(argc, argv);
        return 0;
    } catch (examples::UsageError const& error) {
        std::fprintf(stderr, "word2vec: %s\nTry word2vec --help.\n", error.what());
        return 2;
    } catch (std::exception const& error) {
        std::fprintf(stderr, "word2vec: %s\n", error.what());
        return 1;
    }
}
