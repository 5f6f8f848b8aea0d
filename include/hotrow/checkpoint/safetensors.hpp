// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../error.hpp"
#include "../execution/arithmetic.hpp"
#include "../memory/whole_file.hpp"
#include "safetensors_file.hpp"
#include "safetensors_header.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

/// Weights in and out as safetensors (huggingface/safetensors, format of 2023): 8 bytes with the length of a JSON header, the header, the tensors' bytes,
/// all little endian. What Python reads with `safetensors.numpy.load_file`.
namespace hotrow {

namespace detail {

/// Rows that are converted at a time.
inline constexpr std::int64_t rows_a_piece = 1 << 14;

}  // namespace detail

/// Writes the current values of all tables to a safetensors file: tensor `names[t]` is [rows of table t][Dim] of F32. Rows in lines, and rows that are stored in few
/// bits, are written as what they are worth; optimizer state is not. The file appears whole under its name, and is on the disk when the call returns; or, if it throws, what was
/// there stays: it is written beside, under a name of its own. Waits for the stream. Throws `ShapeError` if there is not one name a table, `StorageError` if the file cannot be written, or two
/// tables have one name, or a name is not UTF-8.
template <class Embedding>
void save_safetensors(Embedding& embedding, const std::filesystem::path& path, std::span<const std::string> names,
                      typename Embedding::Stream stream = typename Embedding::Stream{}) {
    const std::vector<std::int64_t>& table_rows = embedding.options().table_rows;
    if (names.size() != table_rows.size()) {
        throw ShapeError("hotrow: save_safetensors was given " + std::to_string(names.size()) + " names for " + std::to_string(table_rows.size()) +
                         " tables; give one each");
    }
    for (std::size_t t = 0; t < names.size(); ++t) {
        if (names[t] == "__metadata__")
            throw StorageError("hotrow: a tensor cannot be named __metadata__, which the format keeps for itself; give another name");
        const auto first = std::find(names.begin(), names.end(), names[t]);
        if (first != names.begin() + static_cast<std::ptrdiff_t>(t)) {
            throw StorageError("hotrow: tables " + std::to_string(first - names.begin()) + " and " + std::to_string(t) + " are both named \"" + names[t] +
                               "\"; give each a name of its own");
        }
    }
    constexpr std::uint64_t row_bytes = Embedding::dim * sizeof(float);
    std::string header = "{";
    std::uint64_t offset = 0;
    for (std::size_t t = 0; t < names.size(); ++t) {
        const std::uint64_t bytes = static_cast<std::uint64_t>(table_rows[t]) * row_bytes;
        header += (t > 0 ? ",\"" : "\"") + detail::escaped(names[t]) + "\":{\"dtype\":\"F32\",\"shape\":[" + std::to_string(table_rows[t]) + "," +
                  std::to_string(Embedding::dim) + "],\"data_offsets\":[" + std::to_string(offset) + "," + std::to_string(offset + bytes) + "]}";
        offset += bytes;
    }
    header += "}";
    header.resize((header.size() + 7u) / 8u * 8u, ' ');  // so that tensors are aligned

    detail::WholeFile file(path);
    const std::uint64_t length = header.size();
    file.write(std::as_bytes(std::span(&length, 1)));
    file.write(std::as_bytes(std::span(header)));
    std::vector<float> values;
    for (std::size_t t = 0; t < names.size(); ++t) {
        for (std::int64_t row = 0; row < table_rows[t]; row += detail::rows_a_piece) {
            values.resize(static_cast<std::size_t>(std::min(detail::rows_a_piece, table_rows[t] - row)) * Embedding::dim);
            embedding.read_rows(static_cast<int>(t), row, values, stream);
            file.write(std::as_bytes(std::span(values)));
        }
    }
    file.appear();
}

/// Sets all rows of a table to a tensor of a safetensors file, [rows][Dim] of F32, F16 or BF16, as `write_rows` does: rounded as the row format says. The file is checked
/// before anything changes; throws `StorageError` for one that is malformed, or lacks the tensor, or has it in another shape or type, `NonFiniteError` for a value that is not finite.
/// Waits for the stream.
template <class Embedding>
void load_safetensors(Embedding& embedding, const std::filesystem::path& path, int table, const std::string& name,
                      typename Embedding::Stream stream = typename Embedding::Stream{}) {
    const std::vector<std::int64_t>& table_rows = embedding.options().table_rows;
    if (table < 0 || static_cast<std::size_t>(table) >= table_rows.size()) {
        throw IndexError("hotrow: table " + std::to_string(table) + " was asked for; there are " + std::to_string(table_rows.size()));
    }
    const std::int64_t rows = table_rows[static_cast<std::size_t>(table)];
    detail::SafetensorsFile file(path);
    const detail::TensorEntry& tensor = file.matrix(name, static_cast<std::uint64_t>(rows), Embedding::dim);
    std::vector<float> values;
    const auto each_piece = [&](const auto& use) {
        for (std::int64_t row = 0; row < rows; row += detail::rows_a_piece) {
            values.resize(static_cast<std::size_t>(std::min(detail::rows_a_piece, rows - row)) * Embedding::dim);
            file.read(tensor, static_cast<std::uint64_t>(row) * Embedding::dim, values);
            use(row);
        }
    };
    each_piece([&](std::int64_t row) {
        const auto bad = std::find_if_not(values.begin(), values.end(), [](float value) { return arithmetic::is_finite(value); });
        if (bad == values.end()) return;
        const std::int64_t at = bad - values.begin();
        throw NonFiniteError("hotrow: " + path.string() + ": value " + std::to_string(at % Embedding::dim) + " of row " +
                             std::to_string(row + at / Embedding::dim) + " of tensor \"" + name + "\" is " + std::to_string(*bad) + "; rows must be finite");
    });
    each_piece([&](std::int64_t row) { embedding.write_rows(table, row, values, stream); });
}

}  // namespace hotrow
