// SPDX-License-Identifier: Apache-2.0
// main() of every test program: skips it where what it needs is not there.
#ifdef HOTROW_TEST_CATCH2_V2
#define CATCH_CONFIG_RUNNER
#endif
#include "support/catch.hpp"
#include "support/needs.hpp"

#include <cstdio>
#include <string>

int main(int argc, char** argv) {
    if (const std::string missing = hotrow::test::what_is_missing(); !missing.empty()) {
        std::printf("SKIPPED: %s\n", missing.c_str());
        return hotrow::test::skip_exit_code;
    }
    return Catch::Session().run(argc, argv);
}
