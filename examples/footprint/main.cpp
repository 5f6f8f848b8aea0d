// SPDX-License-Identifier: Apache-2.0
// What an embedding takes before it is made: bytes by component for formats, caches and optimizers, and the rows that fit in a memory.
//
//     footprint --table-rows 10000000,200000 --dim 64,128 --cache 0.05 --budget 80
#include <cstdio>
#include <exception>

#include "examples/support/error.hpp"
#include "options.hpp"
#include "report.hpp"

int main(int argc, char** argv) {
    try {
        auto const [options, help] = footprint::parse_command_line(argc, argv);
        std::fputs(help ? help->c_str() : footprint::table(options).c_str(), stdout);
        return 0;
    } catch (examples::UsageError const& error) {
        std::fprintf(stderr, "footprint: %s\nTry footprint --help.\n", error.what());
        return 2;
    } catch (std::exception const& error) {
        std::fprintf(stderr, "footprint: %s\n", error.what());
        return 1;
    }
}
