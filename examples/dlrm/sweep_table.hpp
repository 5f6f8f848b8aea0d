// SPDX-License-Identifier: Apache-2.0
// What a sweep found, for people: each combination beside FP32 rows.
#pragma once

#include <string>
#include <vector>

#include "sweep.hpp"

namespace dlrm {

// Markdown, a line a combination: means over the seeds, and differences from FP32 seed by seed in 1e-5 of log loss with their standard
// errors. `=`: equal to FP32 within the margin, by the 95 % interval of the difference.
std::string table(std::vector<SweepRun> const& runs, double margin);

}  // namespace dlrm
