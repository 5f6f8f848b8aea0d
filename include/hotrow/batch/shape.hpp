// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../error.hpp"
#include "batch.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

/// What calls are given, before a kernel sees it: throws `ShapeError` or `IndexError`, and changes nothing.
namespace hotrow::detail {

/// The limit of what one batch may have; `what` names it.
inline void check_lookups(std::int64_t lookups, const char* what) {
    constexpr std::int64_t limit = std::numeric_limits<std::int32_t>::max() - 1024;
    if (lookups < 0 || lookups > limit) {
        throw ShapeError("hotrow: " + std::string(what) + " is " + std::to_string(lookups) + " and the limit is " + std::to_string(limit) +
                         "; split the batch");
    }
}

/// A batch as kernels see it.
template <Index I>
BatchView<I> shaped(const Batch<I>& batch, std::size_t tables) {
    check_lookups(static_cast<std::int64_t>(batch.indices.size()), "the number of lookups");
    if (batch.batch_size < 0) throw ShapeError("hotrow: batch_size is " + std::to_string(batch.batch_size) + "; give 0 or more");
    const std::size_t bags = tables * static_cast<std::size_t>(batch.batch_size);
    check_lookups(static_cast<std::int64_t>(bags), "tables * batch_size");
    if (batch.offsets.size() != bags + 1) {
        throw ShapeError("hotrow: " + std::to_string(batch.offsets.size()) + " offsets were given; tables * batch_size + 1 = " + std::to_string(bags + 1) +
                         " are needed");
    }
    if (!batch.weights.empty() && batch.weights.size() != batch.indices.size()) {
        throw ShapeError("hotrow: " + std::to_string(batch.weights.size()) + " weights were given for " + std::to_string(batch.indices.size()) +
                         " indices; give one each, or none");
    }
    if (bags == 0 && !batch.indices.empty()) {
        throw ShapeError("hotrow: " + std::to_string(batch.indices.size()) +
                         " indices were given with batch_size 0, so they belong to no bag; give none, or the batch_size");
    }
    return {batch.indices.data(),
            batch.offsets.data(),
            batch.weights.empty() ? nullptr : batch.weights.data(),
            static_cast<std::uint32_t>(batch.indices.size()),
            static_cast<std::uint32_t>(bags),
            static_cast<std::uint32_t>(batch.batch_size),
            batch.pooling};
}

/// Rows of output that a batch has, and of its gradient.
template <Index I>
std::uint64_t output_rows(const BatchView<I>& batch) {
    return batch.pooling == Pooling::none ? batch.lookups : batch.bags;
}

/// `size` elements are `rows` rows of `Dim`, aligned for accesses of four.
template <int Dim, class Scalar>
void require_size(const Scalar* data, std::size_t size, std::uint64_t rows, const char* what) {
    if (size != rows * Dim) {
        throw ShapeError("hotrow: the " + std::string(what) + " has " + std::to_string(size) + " elements; " + std::to_string(rows) + " rows of " +
                         std::to_string(Dim) + " are needed");
    }
    if (Dim % 4 == 0 && reinterpret_cast<std::uintptr_t>(data) % (4 * sizeof(Scalar)) != 0) {
        throw ShapeError("hotrow: the " + std::string(what) + " must be aligned to " + std::to_string(4 * sizeof(Scalar)) +
                         " bytes, the width of one access; it lies " + std::to_string(reinterpret_cast<std::uintptr_t>(data) % (4 * sizeof(Scalar))) +
                         " beyond such an address");
    }
}

/// Linear id of row `first_row` of a table, from which on `size` values are whole rows of that table.
inline std::uint64_t checked_range(const std::vector<std::int64_t>& table_rows, int dim, int table, std::int64_t first_row, std::size_t size) {
    const std::size_t tables = table_rows.size();
    if (table < 0 || static_cast<std::size_t>(table) >= tables) {
        throw IndexError("hotrow: table " + std::to_string(table) + " was asked for; there are " + std::to_string(tables) + ", so give 0 to " +
                         std::to_string(tables - 1));
    }
    const std::int64_t rows = table_rows[static_cast<std::size_t>(table)];
    if (size % static_cast<std::size_t>(dim) != 0)
        throw ShapeError("hotrow: " + std::to_string(size) + " values are no whole rows of " + std::to_string(dim) + "; give a multiple");
    const std::int64_t count = static_cast<std::int64_t>(size / static_cast<std::size_t>(dim));
    if (first_row < 0 || first_row > rows || count > rows - first_row) {
        throw IndexError("hotrow: " + std::to_string(count) + " rows from row " + std::to_string(first_row) + " on were asked for; table " +
                         std::to_string(table) + " has " + std::to_string(rows) + "; give a first row and a number of values within it");
    }
    std::uint64_t first = static_cast<std::uint64_t>(first_row);
    for (int t = 0; t < table; ++t) first += static_cast<std::uint64_t>(table_rows[static_cast<std::size_t>(t)]);
    return first;
}

/// Linear ids of rows of one table.
template <class RowId>
std::vector<RowId> row_ids(const std::vector<std::int64_t>& table_rows, int table, std::span<const std::int64_t> rows) {
    const std::uint64_t begin = checked_range(table_rows, 1, table, 0, 0);
    const std::int64_t limit = table_rows[static_cast<std::size_t>(table)];
    std::vector<RowId> ids;
    for (const std::int64_t row : rows) {
        if (row < 0 || row >= limit) {
            throw IndexError("hotrow: row " + std::to_string(row) + " was given; table " + std::to_string(table) + " has " + std::to_string(limit) +
                             " rows; give 0 to " + std::to_string(limit - 1));
        }
        ids.push_back(static_cast<RowId>(begin + static_cast<std::uint64_t>(row)));
    }
    return ids;
}

}  // namespace hotrow::detail
