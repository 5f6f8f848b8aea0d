// SPDX-License-Identifier: Apache-2.0
// Which rows a training run looks up, sample by sample.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

namespace hit_rate {

/// Thrown for files that cannot be read or do not hold what they should.
struct TraceError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct Trace {
    std::string name;
    std::vector<std::int64_t> table_rows;   ///< rows of each table
    std::vector<std::uint32_t> lookups;     ///< rows in order of access, numbered through all tables
    std::vector<std::size_t> sample_begin;  ///< [samples + 1] first lookup of each sample

    std::uint32_t rows() const;
    std::size_t samples() const { return sample_begin.size() - 1; }
    /// [tables + 1] first row of each table.
    std::vector<std::uint32_t> table_begin() const;
};

/// Criteo's click data: label, 13 integers and 26 categorical values a line, separated by tabs. Each categorical column
/// is a table, whose rows are numbered in the order in which their values first occur; the empty value is one of them.
/// A line is a sample.
Trace read_criteo(const std::filesystem::path& file);

/// The words of a text in one table, numbered in the order in which they first occur. A word is a longest stretch of
/// letters; upper case counts as lower, and all bytes from 128 on (UTF-8) as letters. A line with words is a sample.
Trace read_text(const std::filesystem::path& file);

/// Independent draws from one table, where the i-th most frequent row has probability proportional to i^-exponent. Row
/// numbers say nothing of frequency. 26 draws are a sample.
Trace make_zipf(double exponent, std::uint32_t rows, std::size_t lookups, std::uint64_t seed = 1);

/// Where the batches of `samples` samples begin: [batches + 1] numbers of lookups. A batch of 1 is one lookup rather
/// than one sample, as in simulations of caches that know no batches.
std::vector<std::size_t> batch_begins(const Trace& trace, std::size_t samples);

}  // namespace hit_rate
