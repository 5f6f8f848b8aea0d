// SPDX-License-Identifier: Apache-2.0
// Runs a benchmark program and reads what it reports.
#pragma once

#include "support/catch.hpp"
#include "support/temporary_file.hpp"

#include <nlohmann/json.hpp>

#include <cstdlib>
#include <fstream>
#include <map>
#include <string>

namespace hotrow::test {

/// The results of a run, by name.
inline std::map<std::string, nlohmann::json> results_of(const std::string& program, const std::string& flags) {
    const TemporaryFile output;
    const std::string command = program + " " + flags + " --benchmark_out_format=json --benchmark_out=" + output.path().string() + " > /dev/null 2>&1";
    REQUIRE(std::system(command.c_str()) == 0);
    std::ifstream file(output.path());
    std::map<std::string, nlohmann::json> results;
    const nlohmann::json document = nlohmann::json::parse(file);
    for (const nlohmann::json& result : document["benchmarks"]) {
        const std::string name = result["name"];
        results[name.substr(0, name.find("/iterations"))] = result;
    }
    return results;
}

inline double value(const nlohmann::json& result, const char* counter) {
    INFO(result.dump());
    REQUIRE(result.contains(counter));
    return result[counter].get<double>();
}

}  // namespace hotrow::test
