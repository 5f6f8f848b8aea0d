// SPDX-License-Identifier: Apache-2.0
// Makes click data that looks like Criteo's: ids with a Zipf distribution, most of them rare, counts with long
// tails, missing fields; and a click that really depends on them, so that what a model scores on it was learned.
#pragma once

#include <cstdint>

#include "sample.hpp"

namespace dlrm {

class SyntheticStream final : public SampleStream {
public:
    SyntheticStream(std::int64_t samples, std::uint64_t seed) : samples_(samples), seed_(seed) {}

    bool next(Sample& sample) override;

private:
    std::int64_t samples_;
    std::uint64_t seed_;
    std::int64_t position_ = 0;
};

}  // namespace dlrm
