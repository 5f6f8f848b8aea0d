// SPDX-License-Identifier: Apache-2.0
// An embedding on the host and the same on a device, fed the same, with their types forgotten: one driver, compiled once and not by nvcc, serves
// every combination of policies.
#pragma once

#include "support/naive_batch.hpp"

#include <hotrow/options.hpp>
#include <hotrow/statistics.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace hotrow::test {

/// Factor to level: what a combination of policies is made of.
using Levels = std::map<std::string, std::string>;

/// The same thing from the host and from the device.
template <class T>
struct OnEach {
    T host, device;
};
using Bytes = std::vector<std::byte>;

struct BothOptions {
    std::vector<std::int64_t> table_rows;
    std::int64_t lines;  ///< roughly
    std::uint64_t seed = 0;
    Bounds bounds = Bounds::report;
    std::int64_t max_lookups = 0;
};

struct NamedBytes {
    const char* name;
    OnEach<Bytes> bytes;
};

class Both {
public:
    virtual ~Both() = default;
    virtual int dim() const = 0;
    virtual std::int64_t lines() const = 0;
    virtual bool announces() const = 0;
    /// Plans the batch and returns its output.
    virtual OnEach<Bytes> forward(const NaiveBatch& batch) = 0;
    /// Ends the last plan. A gradient for each element of the output; it is rounded to the gradients' type.
    virtual void backward(const std::vector<float>& gradient) = 0;
    virtual OnEach<Bytes> lookup(const NaiveBatch& batch) = 0;
    virtual void announce(const NaiveBatch& batch) = 0;
    virtual void flush() = 0;
    virtual void write_rows(std::int64_t first, const std::vector<float>& values) = 0;
    virtual OnEach<Bytes> read_rows() = 0;
    virtual void set_learning_rate(float rate) = 0;
    virtual OnEach<std::int64_t> pin_rows(const std::vector<std::int64_t>& rows) = 0;
    virtual void unpin_rows(const std::vector<std::int64_t>& rows) = 0;
    /// Everything that is kept. Lines that hold no row are zeros here.
    virtual std::vector<NamedBytes> kept() = 0;
    /// Totals, and those of the tables.
    virtual OnEach<std::vector<Statistics>> statistics() = 0;
    virtual void check_device() = 0;
};

/// What the driver knows of a combination.
struct Combination {
    std::string name;
    int dim;
    int ways;
    Levels levels;
    std::unique_ptr<Both> (*make)(const BothOptions& options);
};

}  // namespace hotrow::test
