// SPDX-License-Identifier: Apache-2.0
// What a run found, for people and for programs.
#pragma once

#include <optional>
#include <string>

#include "dataset.hpp"
#include "options.hpp"
#include "trainer.hpp"

namespace dlrm {

// The data, in a line or two.
std::string describe(Dataset const& dataset);

// A small table: this run, and beside it, if there is one, the FP32 table.
std::string table(Result const& result, std::optional<Result> const& fp32);

std::string to_json(Options const& options, Dataset const& dataset, Result const& result, std::optional<Result> const& fp32);

}  // namespace dlrm
