// SPDX-License-Identifier: Apache-2.0
// The whole program on a small made-up trace: what its JSON says is consistent.
#include "results.hpp"

#include <cstdlib>
#include <map>
#include <string>

using hotrow::test::value;
using nlohmann::json;

namespace {

std::map<std::string, json> run(const std::string& flags) { return hotrow::test::results_of(BENCH_HIT_RATE, flags); }

}  // namespace

TEST_CASE("a default run reports policies, ways, precisions and budgets", "[bench]") {
    const auto results = run("--zipf=1 --rows=4000 --lookups=30000 --batch=64");
    const std::string scene = "trace:zipf_1/batch:64";
    for (const char* policy : {"lfu_aged", "lru", "lfu", "lfu_ghosts", "fifo", "random", "sieve", "lookahead", "pinned"}) {
        for (const char* share : {"0.01", "0.05", "0.1"}) {
            const auto found = results.find("hit_rate/" + scene + "/policy:" + policy + "/ways:32/share:" + share + "/precision:int8");
            INFO(policy);
            REQUIRE(found != results.end());
            CHECK(value(found->second, "hit_rate") > 0.01);
            CHECK(value(found->second, "hit_rate") < 1);
            CHECK(value(found->second, "ns_per_lookup") > 0);
            CHECK(value(found->second, "stored_bytes") > 0);
            if (policy == std::string("pinned")) continue;  // pins are there before the first lookup
            CHECK(value(found->second, "of_optimum") <= 1);
            CHECK(value(found->second, "of_optimum") == Approx(value(found->second, "hit_rate") / value(found->second, "optimum")));
        }
    }
    const std::string middle = "hit_rate/" + scene + "/policy:lfu_aged/ways:";
    const json& int8 = results.at(middle + "32/share:0.05/precision:int8");
    const json& fp32 = results.at(middle + "32/share:0.05/precision:fp32");
    CHECK(results.count(middle + "1/share:0.05/precision:int8") == 1);
    CHECK(value(fp32, "hit_rate") == value(int8, "hit_rate"));
    CHECK(value(fp32, "row_error") == 0);
    CHECK(value(fp32, "stored_bytes") / value(int8, "stored_bytes") == Approx(256.0 / 68));
    CHECK(value(fp32, "bytes") - value(int8, "bytes") == 4000 * (256 - 68));
    // Lookups read a row each, and an update reads and writes one.
    CHECK(value(int8, "stored_bytes") / 68 + value(int8, "line_bytes") / 256 > 1);

    for (const auto& [name, result] : results) {
        if (name.rfind("budget/", 0) != 0) continue;
        INFO(name);
        const double budget = std::stod(name.substr(name.find("budget:") + 7));
        CHECK(value(result, "bytes_of_fp32") <= budget + 1e-4);
        const double set = 32 * (256 + 4 + 4 + 1) + 32 * 4;
        CHECK(value(result, "bytes_of_fp32") > budget - 1e-4 - set / (4000 * 256));
    }
    CHECK(results.count("budget/" + scene + "/budget:0.25/precision:int4") == 1);
    CHECK(results.count("budget/" + scene + "/budget:0.25/precision:int8") == 0);  // its rows alone take more
}

TEST_CASE("with batches of one lookup the library's LRU is that of the reference", "[bench]") {
    const auto results = run("--zipf=1 --rows=4000 --lookups=20000 --batch=1 --policy=lru --share=0.05");
    const std::string end = "/trace:zipf_1/batch:1/policy:lru/ways:32/share:0.05";
    CHECK(value(results.at("hit_rate" + end + "/precision:int8"), "hit_rate") == value(results.at("reference" + end), "hit_rate"));
    CHECK(results.count("reference/trace:zipf_1/batch:1/policy:belady/ways:all/share:0.05") == 1);
}

TEST_CASE("wrong options end the program", "[bench]") {
    for (const char* flags : {"--policy=none", "--ways=3", "--criteo=/no/such/file", "--policy=lru --precision=int4"}) {
        CHECK(std::system((std::string(BENCH_HIT_RATE) + " " + flags + " > /dev/null 2>&1").c_str()) != 0);
    }
}
