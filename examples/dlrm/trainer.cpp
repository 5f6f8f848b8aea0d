// SPDX-License-Identifier: Apache-2.0
#include "trainer.hpp"

#include <chrono>
#include <numeric>
#include <span>
#include <vector>

#include "batch.hpp"
#include "error.hpp"
#include "examples/support/progress.hpp"
#include "metrics.hpp"

namespace dlrm {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

double mean(std::span<float const> values) { return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size()); }

void next_batch(BatchSource& batches, Dataset const& dataset, Options const& options, std::int64_t limit, ClickBatch& batch) {
    if (batches.next(options.batch, limit, batch)) return;
    throw DataError(dataset.name + ": has fewer rows than in the first pass: did the data change?");
}

// Passes over the training rows; leaves their losses, in order, in `losses`.
void train(std::string const& label, Dataset const& dataset, Options const& options, EmbeddingModel& embedding, DenseModel& dense, std::vector<float>& losses) {
    examples::Progress progress("training " + label, dataset.train_rows * options.epochs, options.quiet);
    ClickBatch batch;
    std::int64_t done = 0;
    std::size_t shown = 0;
    for (int epoch = 0; epoch < options.epochs; ++epoch) {
        auto const batches = dataset.batches();
        for (std::int64_t left = dataset.train_rows; left > 0; left -= batch.size) {
            next_batch(*batches, dataset, options, left, batch);
            auto const pooled = embedding.forward(batch);
            auto const gradient = dense.train(batch, pooled);
            embedding.backward(gradient);
            done += batch.size;
            if (progress.due(done)) {
                dense.collect_losses(losses);
                progress.show(done, mean(std::span(losses).subspan(shown)), embedding.statistics().hit_rate);
                shown = losses.size();
            }
        }
    }
    embedding.finish();
    dense.collect_losses(losses);
}

struct Score {
    double auc, log_loss;
};

Score test(Dataset const& dataset, Options const& options, EmbeddingModel& embedding, DenseModel& dense) {
    auto const batches = dataset.batches();
    batches->skip(dataset.train_rows);

    std::vector<float> logits, labels;
    ClickBatch batch;
    for (std::int64_t left = dataset.test_rows; left > 0; left -= batch.size) {
        next_batch(*batches, dataset, options, left, batch);
        dense.predict(batch, embedding.lookup(batch), logits);
        labels.insert(labels.end(), batch.labels.begin(), batch.labels.end());
    }
    return {area_under_curve(logits, labels), mean_log_loss(logits, labels)};
}

}  // namespace

Result train_and_test(std::string const& label, Dataset const& dataset, Options const& options, EmbeddingModel& embedding, DenseModel& dense) {
    Result result;
    result.label = label;

    std::vector<float> losses;
    auto const train_begin = Clock::now();
    train(label, dataset, options, embedding, dense, losses);
    result.seconds = seconds_since(train_begin);
    result.samples_per_second = static_cast<double>(losses.size()) / result.seconds;
    result.statistics = embedding.statistics();

    auto const first_epoch = std::span(losses).first(static_cast<std::size_t>(dataset.train_rows));
    result.progressive_log_loss = mean(first_epoch.subspan(first_epoch.size() * 2 / 7));

    auto const test_begin = Clock::now();
    auto const [auc, log_loss] = test(dataset, options, embedding, dense);
    result.test_seconds = seconds_since(test_begin);
    result.auc = result.stored_auc = auc;
    result.log_loss = result.stored_log_loss = log_loss;
    if (options.cache > 0) {
        embedding.clear_cache();
        auto const stored = test(dataset, options, embedding, dense);
        result.stored_auc = stored.auc;
        result.stored_log_loss = stored.log_loss;
    }

    result.bytes = embedding.bytes();
    auto const table_rows = dataset.vocabulary.table_rows();
    auto const rows = std::accumulate(table_rows.begin(), table_rows.end(), std::int64_t{0});
    result.fp32_bytes = rows * options.dim * static_cast<std::int64_t>(sizeof(float));
    return result;
}

}  // namespace dlrm
