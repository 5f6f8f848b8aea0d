// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sizes.hpp"

namespace footprint {

struct Options {
    std::vector<int> dims = {64};
    std::vector<Format> formats = {Format::fp32, Format::fp16, Format::fp8, Format::int8, Format::int4, Format::int2};
    std::vector<Eviction> evictions = {Eviction::lfu_aged};
    std::vector<Optimizer> optimizers = {Optimizer::rowwise_adagrad};
    Sizes sizes;
    double budget = 80;  // GB
};

struct CommandLine {
    Options options;
    std::optional<std::string> text;  // the help, if it was asked for
};

/// Throws UsageError for what cannot be honoured.
CommandLine parse_command_line(int argc, char const* const* argv);

}  // namespace footprint
