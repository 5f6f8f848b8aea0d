// SPDX-License-Identifier: Apache-2.0
// Trains many combinations over many seeds, and keeps what each run found in a CSV file.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "dataset.hpp"
#include "options.hpp"

namespace dlrm {

// A line of the file: what was asked for, then what was found.
struct SweepRun {
    std::map<std::string, std::string> settings;  // by column
    std::map<std::string, double> figures;

    std::uint64_t seed() const { return std::stoull(settings.at("seed")); }
};

// Runs what the file does not hold yet, side by side on all threads, one thread a run, and adds it to the file as soon as it is
// done. Returns the runs that the options ask for. Every combination is made once before anything is run, so that none is
// refused later. Throws DataError for a file that is no such file or that cannot be written.
std::vector<SweepRun> sweep(Options const& options, Dataset const& dataset);

}  // namespace dlrm
