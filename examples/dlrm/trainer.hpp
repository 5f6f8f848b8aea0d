// SPDX-License-Identifier: Apache-2.0
// Trains a model on the first part of the data, and tests it on the rest.
#pragma once

#include <cstdint>
#include <string>

#include "dataset.hpp"
#include "dense_model.hpp"
#include "embedding_model.hpp"

namespace dlrm {

struct Result {
    std::string label;
    double auc = 0, log_loss = 0;                // on the test rows
    double stored_auc = 0, stored_log_loss = 0;  // the same from stored rows alone, as a saved model would
    double progressive_log_loss = 0;             // of each training row before it was trained on; first epoch, without the
                                                 // first 2/7 of the rows
    double seconds = 0;                          // of training
    double samples_per_second = 0;               // of training
    double test_seconds = 0;
    EmbeddingStatistics statistics;  // of training
    EmbeddingBytes bytes;
    std::int64_t fp32_bytes = 0;  // what the rows would take in full precision

    double memory_ratio() const { return static_cast<double>(fp32_bytes) / static_cast<double>(bytes.embedding); }
};

Result train_and_test(std::string const& label, Dataset const& dataset, Options const& options, EmbeddingModel& embedding, DenseModel& dense);

}  // namespace dlrm
