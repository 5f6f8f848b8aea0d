// SPDX-License-Identifier: Apache-2.0
#include "experiment.hpp"

#include <cstdio>
#include <string>

#include "backend.hpp"

namespace dlrm {
namespace {

std::string label_of(Options const& options) {
    char cache[32] = "no cache";
    if (options.cache > 0) std::snprintf(cache, sizeof cache, "%g %% cache", 100 * options.cache);
    return name(options.rows) + ", " + cache;
}

}  // namespace

Options with_fp32_rows(Options options) {
    options.rows = Rows::fp32;
    options.quantizer = Quantizer::plain;
    options.rounding = Rounding::nearest;  // nothing is rounded
    options.cache = 0;
    return options;
}

Result train(Options const& options, Dataset const& dataset) {
    auto const model = make_model(options, dataset.vocabulary.table_rows());
    return train_and_test(label_of(options), dataset, options, *model.embedding, *model.dense);
}

Outcome train_as_asked_and_in_fp32(Options const& options, Dataset const& dataset) {
    Outcome outcome{.result = train(options, dataset), .fp32 = {}};
    if (options.compare) outcome.fp32 = train(with_fp32_rows(options), dataset);
    return outcome;
}

}  // namespace dlrm
