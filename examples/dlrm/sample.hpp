// SPDX-License-Identifier: Apache-2.0
// One sample of click data, and where samples come from.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>

namespace dlrm {

inline constexpr int dense_fields = 13;
inline constexpr int categorical_fields = 26;

// What stands in a categorical field, as a number: equal fields have equal keys.
using Key = std::uint64_t;
inline constexpr Key missing_key = 0;

struct Sample {
    float label = 0;                          // 1: clicked
    std::array<float, dense_fields> dense{};  // already transformed: log(1 + max(x, 0)), missing: 0
    std::array<Key, categorical_fields> keys{};
};

// Samples one after the other; nothing needs the whole data in memory.
class SampleStream {
public:
    virtual ~SampleStream() = default;
    virtual bool next(Sample& sample) = 0;                // false: no more
    virtual std::int64_t bad_lines() const { return 0; }  // skipped so far
};

// Opens the stream anew, from the first sample.
using OpenStream = std::function<std::unique_ptr<SampleStream>()>;

}  // namespace dlrm
