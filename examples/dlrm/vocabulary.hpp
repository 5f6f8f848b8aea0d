// SPDX-License-Identifier: Apache-2.0
// Which row of its table a categorical field uses.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <unordered_map>
#include <vector>

#include "error.hpp"
#include "examples/support/random.hpp"
#include "sample.hpp"

namespace dlrm {

// Rows are given out per field: by first appearance (`learn`, in a first pass over the data), or, where
// `max_rows` is given, by hashing, with row 0 kept for the empty field. Then nothing is learned or remembered.
class Vocabulary {
public:
    using Row = std::int32_t;

    explicit Vocabulary(std::int64_t max_rows = 0) : max_rows_(max_rows) {
        if (max_rows < 0 || max_rows == 1 || max_rows > std::numeric_limits<Row>::max()) {
            throw UsageError("--max-rows " + std::to_string(max_rows) + ": must be 0 (no hashing) or from 2 to " +
                             std::to_string(std::numeric_limits<Row>::max()));
        }
    }

    bool hashes() const { return max_rows_ > 0; }

    void learn(Sample const& sample) {
        if (hashes()) return;
        for (int field = 0; field < categorical_fields; ++field) {
            auto& rows = rows_[field];
            rows.try_emplace(sample.keys[field], static_cast<Row>(rows.size()));
        }
    }

    Row row(int field, Key key) const {
        if (!hashes()) {
            auto const found = rows_[field].find(key);
            if (found != rows_[field].end()) return found->second;
            throw DataError("categorical field " + std::to_string(field + 1) + " has an id that it did not have in the first pass: did the data change?");
        }
        if (key == missing_key) return 0;
        return static_cast<Row>(1 + examples::mix(field, key) % static_cast<std::uint64_t>(max_rows_ - 1));
    }

    std::vector<std::int64_t> table_rows() const {
        std::vector<std::int64_t> rows(categorical_fields, max_rows_);
        for (int field = 0; !hashes() && field < categorical_fields; ++field) { rows[field] = static_cast<std::int64_t>(rows_[field].size()); }
        return rows;
    }

private:
    std::int64_t max_rows_;
    std::array<std::unordered_map<Key, Row>, categorical_fields> rows_;
};

}  // namespace dlrm
