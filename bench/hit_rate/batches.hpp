// SPDX-License-Identifier: Apache-2.0
// A trace in the batches that an embedding takes.
#pragma once

#include "trace.hpp"

#include <hotrow/batch/batch.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace hit_rate {

/// Sum pooling, one bag for each table and sample. Batches of one lookup have one table of all rows: an embedding
/// decides by the number of a row among all tables, so the cuts make no difference to what hits.
class Batches {
public:
    /// `samples` as for `batch_begins`.
    Batches(const Trace& trace, std::size_t samples);

    const std::vector<std::int64_t>& table_rows() const { return table_rows_; }
    std::size_t size() const { return bags_.size(); }
    hotrow::Batch<std::int32_t> operator[](std::size_t i) const;
    /// The rows that batch `i` looks up, numbered through all tables, in the order of its indices.
    std::span<const std::uint32_t> rows(std::size_t i) const;

    std::size_t most_lookups() const { return most_lookups_; }
    std::size_t most_bags() const { return most_bags_; }

private:
    struct Bags {
        std::size_t first_index;
        std::size_t first_offset;
        std::int32_t samples;
    };

    void add(std::span<const std::uint32_t> lookups, std::span<const std::size_t> sample_begin, const std::vector<std::uint32_t>& table_begin);

    std::vector<std::int64_t> table_rows_;
    std::vector<std::int32_t> indices_;
    std::vector<std::int32_t> offsets_;
    std::vector<std::uint32_t> rows_;
    std::vector<Bags> bags_;
    std::size_t most_lookups_ = 0;
    std::size_t most_bags_ = 0;
};

}  // namespace hit_rate
