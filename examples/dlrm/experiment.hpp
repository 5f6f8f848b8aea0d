// SPDX-License-Identifier: Apache-2.0
// The comparison that this program is for.
#pragma once

#include <optional>

#include "dataset.hpp"
#include "options.hpp"
#include "trainer.hpp"

namespace dlrm {

// The same options, but plain FP32 rows without a cache.
Options with_fp32_rows(Options options);

struct Outcome {
    Result result;               // as the options ask
    std::optional<Result> fp32;  // the same, but plain FP32 rows without a cache
};

Result train(Options const& options, Dataset const& dataset);
Outcome train_as_asked_and_in_fp32(Options const& options, Dataset const& dataset);

}  // namespace dlrm
