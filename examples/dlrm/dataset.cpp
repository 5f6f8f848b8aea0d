// SPDX-License-Identifier: Apache-2.0
#include "dataset.hpp"

#include <memory>

#include "criteo_reader.hpp"
#include "error.hpp"
#include "synthetic.hpp"

namespace dlrm {
namespace {

OpenStream opener(Options const& options) {
    if (options.data.empty()) {
        return [samples = options.samples, seed = options.seed] {
            return std::make_unique<SyntheticStream>(samples, seed);
        };
    }
    auto const on_bad_line = options.skip_bad_lines ? CriteoReader::OnBadLine::skip : CriteoReader::OnBadLine::fail;
    return [file = options.data, on_bad_line] { return std::make_unique<CriteoReader>(file, on_bad_line); };
}

}  // namespace

Dataset make_dataset(Options const& options) {
    Dataset dataset{.open = opener(options),
                    .name = options.data.empty() ? "synthetic click data" : options.data.string(),
                    .vocabulary = Vocabulary(options.max_rows)};
    auto const stream = dataset.open();
    std::int64_t rows = 0;
    for (Sample sample; stream->next(sample); ++rows) dataset.vocabulary.learn(sample);
    dataset.bad_lines = stream->bad_lines();

    if (rows < 2) {
        throw DataError(dataset.name + ": " + std::to_string(rows) +
                        " good rows; need at least 2, to train and to test");
    }
    dataset.test_rows = options.test_rows > 0 ? options.test_rows : std::max<std::int64_t>(rows / 8, 1);
    if (dataset.test_rows >= rows) {
        throw UsageError("--test-rows " + std::to_string(dataset.test_rows) + ": must be below the number of rows, " +
                         std::to_string(rows));
    }
    dataset.train_rows = rows - dataset.test_rows;
    return dataset;
}

}  // namespace dlrm
