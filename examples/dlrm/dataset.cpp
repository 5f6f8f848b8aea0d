// SPDX-License-Identifier: Apache-2.0
#include "dataset.hpp"

#include <algorithm>
#include <memory>
#include <span>
#include <utility>

#include "criteo_reader.hpp"
#include "error.hpp"
#include "synthetic.hpp"

namespace dlrm {
namespace {

OpenStream opener(Options const& options) {
    if (options.data.empty()) {
        return [samples = options.samples, seed = options.seed] { return std::make_unique<SyntheticStream>(samples, seed); };
    }
    auto const on_bad_line = options.skip_bad_lines ? CriteoReader::OnBadLine::skip : CriteoReader::OnBadLine::fail;
    return [file = options.data, on_bad_line] { return std::make_unique<CriteoReader>(file, on_bad_line); };
}

class StreamedBatches final : public BatchSource {
public:
    explicit StreamedBatches(Dataset const& dataset) : stream_(dataset.open()), vocabulary_(dataset.vocabulary) {}

    void skip(std::int64_t samples) override {
        Sample sample;
        while (samples-- > 0 && stream_->next(sample)) continue;
    }
    bool next(std::int64_t size, std::int64_t limit, ClickBatch& batch) override { return read_batch(*stream_, vocabulary_, size, limit, batch); }

private:
    std::unique_ptr<SampleStream> stream_;
    Vocabulary const& vocabulary_;
};

class LoadedBatches final : public BatchSource {
public:
    explicit LoadedBatches(std::shared_ptr<LoadedSamples const> samples) : samples_(std::move(samples)) {}

    void skip(std::int64_t samples) override { at_ = std::min(at_ + samples, count()); }

    bool next(std::int64_t size, std::int64_t limit, ClickBatch& batch) override {
        size = std::min({size, limit, count() - at_});
        auto const part = [this, size](auto const& values, int each) {
            return std::span(values).subspan(static_cast<std::size_t>(at_ * each), static_cast<std::size_t>(size * each));
        };
        auto const labels = part(samples_->labels, 1), dense = part(samples_->dense, dense_fields);
        auto const rows = part(samples_->rows, categorical_fields);
        batch.labels.assign(labels.begin(), labels.end());
        batch.dense.assign(dense.begin(), dense.end());
        batch.indices.resize(rows.size());
        for (std::int64_t i = 0; i < size; ++i) {
            for (std::int64_t field = 0; field < categorical_fields; ++field) {
                batch.indices[static_cast<std::size_t>(field * size + i)] = rows[static_cast<std::size_t>(i * categorical_fields + field)];
            }
        }
        batch.close(static_cast<int>(size));
        at_ += size;
        return size > 0;
    }

private:
    std::int64_t count() const { return static_cast<std::int64_t>(samples_->labels.size()); }

    std::shared_ptr<LoadedSamples const> samples_;
    std::int64_t at_ = 0;
};

}  // namespace

std::unique_ptr<BatchSource> Dataset::batches() const {
    if (loaded) return std::make_unique<LoadedBatches>(loaded);
    return std::make_unique<StreamedBatches>(*this);
}

void Dataset::load() {
    auto samples = std::make_shared<LoadedSamples>();
    auto const stream = open();
    for (Sample sample; stream->next(sample);) {
        samples->labels.push_back(sample.label);
        samples->dense.insert(samples->dense.end(), sample.dense.begin(), sample.dense.end());
        for (int field = 0; field < categorical_fields; ++field) samples->rows.push_back(vocabulary.row(field, sample.keys[field]));
    }
    if (static_cast<std::int64_t>(samples->labels.size()) != train_rows + test_rows) {
        throw DataError(name + ": has another number of rows than in the first pass: did the data change?");
    }
    loaded = std::move(samples);
}

Dataset make_dataset(Options const& options) {
    Dataset dataset{.open = opener(options),
                    .name = options.data.empty() ? "synthetic click data" : options.data.string(),
                    .vocabulary = Vocabulary(options.max_rows),
                    .loaded = nullptr};
    auto const stream = dataset.open();
    std::int64_t rows = 0;
    for (Sample sample; stream->next(sample); ++rows) dataset.vocabulary.learn(sample);
    dataset.bad_lines = stream->bad_lines();

    if (rows < 2) { throw DataError(dataset.name + ": " + std::to_string(rows) + " good rows; need at least 2, to train and to test"); }
    dataset.test_rows = options.test_rows > 0 ? options.test_rows : std::max<std::int64_t>(rows / 8, 1);
    if (dataset.test_rows >= rows) {
        throw UsageError("--test-rows " + std::to_string(dataset.test_rows) + ": must be below the number of rows, " + std::to_string(rows));
    }
    dataset.train_rows = rows - dataset.test_rows;
    return dataset;
}

}  // namespace dlrm
