// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../error.hpp"
#include "../execution/arithmetic.hpp"
#include "../storage/small_float.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

/// Weights in and out as safetensors (huggingface/safetensors, format of 2023): 8 bytes with the length of a JSON header, the header, the tensors' bytes,
/// all little endian. What Python reads with `safetensors.numpy.load_file`.
namespace hotrow {

namespace detail {

static_assert(std::endian::native == std::endian::little, "safetensors are little endian; so are all machines that CUDA runs on");

/// One tensor of a file.
struct TensorEntry {
    std::string dtype;
    std::vector<std::uint64_t> shape;
    std::uint64_t begin = 0, end = 0;  ///< bytes, from where the tensors begin
};

/// The header of a safetensors file: the part of JSON that it may have, and nothing else.
class SafetensorsHeader {
public:
    SafetensorsHeader(std::string path, std::string_view json) : path_(std::move(path)), json_(json) {
        expect('{');
        if (!next_is('}')) read_tensors();
        skip_spaces();
        if (at_ != json_.size()) refuse("something follows the header's end, at byte " + std::to_string(at_));
    }

    const std::map<std::string, TensorEntry>& tensors() const { return tensors_; }

private:
    void read_tensors() {
        do {
            const std::string name = string();
            expect(':');
            if (name == "__metadata__") {
                skip_metadata();
            } else if (!tensors_.try_emplace(name, tensor(name)).second) {
                refuse("tensor \"" + name + "\" stands twice in the header");
            }
        } while (next_is(','));
        expect('}');
    }
    [[noreturn]] void refuse(const std::string& why) const { throw StorageError("hotrow: " + path_ + ": " + why + "; give a file that safetensors wrote"); }
    void skip_spaces() {
        while (at_ < json_.size() && (json_[at_] == ' ' || json_[at_] == '\n' || json_[at_] == '\t' || json_[at_] == '\r')) ++at_;
    }
    bool next_is(char c) {
        skip_spaces();
        if (at_ >= json_.size() || json_[at_] != c) return false;
        ++at_;
        return true;
    }
    void expect(char c) {
        if (!next_is(c)) refuse(std::string("the header is no JSON as it should be: '") + c + "' is missing at byte " + std::to_string(at_));
    }
    std::string string() {
        expect('"');
        std::string text;
        while (at_ < json_.size() && json_[at_] != '"') {
            char c = json_[at_++];
            if (c == '\\') {
                if (at_ >= json_.size()) break;
                c = json_[at_++];
                if (c == 'u') {
                    append_utf8(text, code_point());
                    continue;
                }
                constexpr std::string_view escapes = "\"\\/bfnrt", meanings = "\"\\/\b\f\n\r\t";
                const std::size_t which = escapes.find(c);
                if (which == std::string_view::npos) refuse("a string has an escape that JSON does not know, at byte " + std::to_string(at_));
                c = meanings[which];
            }
            text += c;
        }
        expect('"');
        return text;
    }
    /// Four hexadecimal digits.
    std::uint32_t code_unit() {
        std::uint32_t unit = 0;
        const char* const first = json_.data() + at_;
        const char* const last = first + std::min<std::size_t>(4, json_.size() - at_);
        const auto [end, failure] = std::from_chars(first, last, unit, 16);
        if (failure != std::errc{} || end != first + 4) refuse("\\u is not followed by four hexadecimal digits, at byte " + std::to_string(at_));
        at_ += 4;
        return unit;
    }
    /// What follows \u: one unit of UTF-16, or a pair.
    std::uint32_t code_point() {
        const std::uint32_t unit = code_unit();
        if (unit < 0xd800u || unit > 0xdfffu) return unit;
        if (unit < 0xdc00u && json_.substr(at_, 2) == "\\u") {
            at_ += 2;
            const std::uint32_t low = code_unit();
            if (low >= 0xdc00u && low <= 0xdfffu) return 0x10000u + ((unit - 0xd800u) << 10) + (low - 0xdc00u);
        }
        refuse("a string has half a surrogate pair, at byte " + std::to_string(at_));
    }
    static void append_utf8(std::string& text, std::uint32_t point) {
        const auto tail = [&](int shift) { text += static_cast<char>(0x80u | ((point >> shift) & 0x3fu)); };
        if (point < 0x80u) {
            text += static_cast<char>(point);
        } else if (point < 0x800u) {
            text += static_cast<char>(0xc0u | (point >> 6));
            tail(0);
        } else if (point < 0x10000u) {
            text += static_cast<char>(0xe0u | (point >> 12));
            tail(6);
            tail(0);
        } else {
            text += static_cast<char>(0xf0u | (point >> 18));
            tail(12);
            tail(6);
            tail(0);
        }
    }
    std::uint64_t number() {
        skip_spaces();
        std::uint64_t value = 0;
        const std::size_t first = at_;
        for (; at_ < json_.size() && std::isdigit(static_cast<unsigned char>(json_[at_])) != 0; ++at_) {
            const std::uint64_t digit = static_cast<std::uint64_t>(json_[at_] - '0');
            if (value > (~std::uint64_t{0} - digit) / 10u) refuse("a number is larger than 64 bits, at byte " + std::to_string(at_));
            value = 10u * value + digit;
        }
        if (at_ == first) refuse("a number is missing at byte " + std::to_string(at_));
        return value;
    }
    std::vector<std::uint64_t> numbers() {
        std::vector<std::uint64_t> all;
        expect('[');
        if (next_is(']')) return all;
        do all.push_back(number());
        while (next_is(','));
        expect(']');
        return all;
    }
    TensorEntry tensor(const std::string& name) {
        TensorEntry entry;
        bool has_dtype = false, has_shape = false, has_offsets = false;
        expect('{');
        do {
            const std::string key = string();
            expect(':');
            if (key == "dtype") {
                entry.dtype = string();
                has_dtype = true;
            } else if (key == "shape") {
                entry.shape = numbers();
                has_shape = true;
            } else if (key == "data_offsets") {
                const std::vector<std::uint64_t> offsets = numbers();
                if (offsets.size() != 2 || offsets[0] > offsets[1]) refuse("tensor \"" + name + "\" has no two ascending data_offsets");
                entry.begin = offsets[0];
                entry.end = offsets[1];
                has_offsets = true;
            } else {
                refuse("tensor \"" + name + "\" has an unknown property \"" + key + "\"");
            }
        } while (next_is(','));
        expect('}');
        if (!has_dtype || !has_shape || !has_offsets) refuse("tensor \"" + name + "\" lacks dtype, shape or data_offsets");
        return entry;
    }
    void skip_metadata() {
        expect('{');
        if (next_is('}')) return;
        do {
            (void)string();
            expect(':');
            (void)string();
        } while (next_is(','));
        expect('}');
    }

    std::string path_;
    std::string_view json_;
    std::size_t at_ = 0;
    std::map<std::string, TensorEntry> tensors_;
};

inline std::uint64_t bytes_of_dtype(std::string_view dtype) { return dtype == "F32" ? 4u : dtype == "F16" || dtype == "BF16" ? 2u : 0u; }

/// A safetensors file, open for reading.
class SafetensorsFile {
public:
    explicit SafetensorsFile(const std::filesystem::path& path) : path_(path.string()), file_(path, std::ios::binary) {
        if (!file_) refuse("it cannot be opened: " + std::string(std::strerror(errno)), "give the path of a file that may be read");
        std::error_code failure;  // a folder or a device opens, and has no size
        const std::uint64_t size = std::filesystem::file_size(path, failure);
        if (failure) refuse("it has no size: " + failure.message(), "give the path of a regular file");
        std::uint64_t header_bytes = 0;
        if (size < sizeof(header_bytes))
            refuse("it has " + std::to_string(size) + " bytes, fewer than the 8 of a length", "give a file that safetensors wrote");
        file_.read(reinterpret_cast<char*>(&header_bytes), sizeof(header_bytes));
        constexpr std::uint64_t most = 100u << 20;  // the format's own limit
        if (header_bytes > most || header_bytes > size - sizeof(header_bytes)) {
            refuse("its header should have " + std::to_string(header_bytes) + " bytes, and the file has " + std::to_string(size),
                   "it was truncated, or is no safetensors file");
        }
        std::string json(static_cast<std::size_t>(header_bytes), '\0');
        file_.read(json.data(), static_cast<std::streamsize>(json.size()));
        tensors_ = SafetensorsHeader(path_, json).tensors();
        begin_ = sizeof(header_bytes) + header_bytes;
        check_offsets(size - begin_);
    }

    /// The tensor of this name, which must be [rows][dim] of F32, F16 or BF16.
    const TensorEntry& matrix(const std::string& name, std::uint64_t rows, std::uint64_t dim) const {
        const auto found = tensors_.find(name);
        if (found == tensors_.end()) {
            std::string names;
            for (const auto& [other, entry] : tensors_) names += (names.empty() ? "" : ", ") + other;
            refuse("it has no tensor \"" + name + "\", only: " + names, "name the one to read");
        }
        const TensorEntry& entry = found->second;
        if (bytes_of_dtype(entry.dtype) == 0) refuse("tensor \"" + name + "\" is of " + entry.dtype, "F32, F16 and BF16 can be read");
        if (entry.shape != std::vector<std::uint64_t>{rows, dim}) {
            std::string shape;
            for (const std::uint64_t extent : entry.shape) shape += (shape.empty() ? "" : " x ") + std::to_string(extent);
            refuse("tensor \"" + name + "\" is " + shape + ", and the table " + std::to_string(rows) + " x " + std::to_string(dim),
                   "give the tensor of this table");
        }
        return entry;
    }

    /// `values.size()` elements of a tensor from `first` on, as floats.
    void read(const TensorEntry& entry, std::uint64_t first, std::span<float> values) {
        const std::uint64_t width = bytes_of_dtype(entry.dtype);
        file_.seekg(static_cast<std::streamoff>(begin_ + entry.begin + first * width));
        if (width == 4u) {
            file_.read(reinterpret_cast<char*>(values.data()), static_cast<std::streamsize>(values.size_bytes()));
        } else {
            halves_.resize(values.size());
            file_.read(reinterpret_cast<char*>(halves_.data()), static_cast<std::streamsize>(values.size() * width));
            const bool is_half = entry.dtype == "F16";
            for (std::size_t i = 0; i < values.size(); ++i) {
                values[i] = is_half ? ScalarCast<Float16>::to_float({halves_[i]}) : ScalarCast<BFloat16>::to_float({halves_[i]});
            }
        }
        if (!file_) refuse("it ends within a tensor", "it was truncated while it was read");
    }

private:
    [[noreturn]] void refuse(const std::string& why, const std::string& remedy) const { throw StorageError("hotrow: " + path_ + ": " + why + "; " + remedy); }

    /// Sizes fit shapes; tensors share no bytes and leave none over, as the format wants it.
    void check_offsets(std::uint64_t bytes) const {
        std::vector<std::pair<std::uint64_t, std::uint64_t>> parts;
        for (const auto& [name, entry] : tensors_) {
            if (entry.end > bytes) {
                refuse("tensor \"" + name + "\" ends at byte " + std::to_string(entry.end) + " of " + std::to_string(bytes),
                       "the file was truncated; write it again");
            }
            std::uint64_t expected = bytes_of_dtype(entry.dtype);
            for (const std::uint64_t extent : entry.shape) {
                if (extent != 0 && expected > ~std::uint64_t{0} / extent) refuse("the shape of tensor \"" + name + "\" is too large", "write the file again");
                expected *= extent;
            }
            if (expected != 0 && entry.end - entry.begin != expected) {
                refuse("tensor \"" + name + "\" has " + std::to_string(entry.end - entry.begin) + " bytes where its shape needs " + std::to_string(expected),
                       "write the file again");
            }
            parts.emplace_back(entry.begin, entry.end);
        }
        std::sort(parts.begin(), parts.end());
        std::uint64_t end = 0;
        for (const auto& part : parts) {
            if (part.first < end) refuse("two tensors share bytes from " + std::to_string(part.first) + " on", "write the file again");
            if (part.first > end) refuse_rest(end, part.first);
            end = part.second;
        }
        if (end != bytes) refuse_rest(end, bytes);
    }

    [[noreturn]] void refuse_rest(std::uint64_t begin, std::uint64_t end) const {
        refuse("bytes " + std::to_string(begin) + " to " + std::to_string(end) + " are of no tensor", "write the file again");
    }

    std::string path_;
    std::ifstream file_;
    std::uint64_t begin_ = 0;
    std::map<std::string, TensorEntry> tensors_;
    std::vector<std::uint16_t> halves_;
};

inline std::string escaped(const std::string& name) {
    std::string text;
    for (const char c : name) {
        if (static_cast<unsigned char>(c) < 0x20)
            throw StorageError("hotrow: the name of a tensor has the control character " + std::to_string(static_cast<int>(c)) +
                               "; give names of printing characters");
        if (c == '"' || c == '\\') text += '\\';
        text += c;
    }
    return text;
}

/// Rows that are converted at a time.
inline constexpr std::int64_t rows_a_piece = 1 << 14;

}  // namespace detail

/// Writes the current values of all tables to a safetensors file: tensor `names[t]` is [rows of table t][Dim] of F32. Rows in lines, and rows that are stored in few
/// bits, are written as what they are worth; optimizer state is not. The file appears whole under its name or not at all: it is written beside, at `path` + ".part".
/// Waits for the stream. Throws `ShapeError` if there is not one name a table, `StorageError` if the file cannot be written, or two
/// tables have one name.
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

    const std::filesystem::path part = path.string() + ".part";
    bool is_ours = false;  // what could not be opened is not this call's to remove
    try {
        std::ofstream file(part, std::ios::binary | std::ios::trunc);
        is_ours = file.is_open();
        file.exceptions(std::ios::failbit | std::ios::badbit);
        const std::uint64_t length = header.size();
        file.write(reinterpret_cast<const char*>(&length), sizeof(length));
        file.write(header.data(), static_cast<std::streamsize>(header.size()));
        std::vector<float> values;
        for (std::size_t t = 0; t < names.size(); ++t) {
            for (std::int64_t row = 0; row < table_rows[t]; row += detail::rows_a_piece) {
                values.resize(static_cast<std::size_t>(std::min(detail::rows_a_piece, table_rows[t] - row)) * Embedding::dim);
                embedding.read_rows(static_cast<int>(t), row, values, stream);
                file.write(reinterpret_cast<const char*>(values.data()), static_cast<std::streamsize>(values.size() * sizeof(float)));
            }
        }
        file.close();
        std::filesystem::rename(part, path);
    } catch (const std::ios::failure&) {
        const int error = errno;
        std::error_code ignored;
        if (is_ours) std::filesystem::remove(part, ignored);
        throw StorageError("hotrow: " + part.string() + ": " + std::to_string(offset) + " bytes of weights cannot be written: " + std::strerror(error) +
                           "; give a path in a folder that may be written, with room");
    } catch (const std::filesystem::filesystem_error& error) {
        std::error_code ignored;
        std::filesystem::remove(part, ignored);
        throw StorageError("hotrow: " + std::string(error.what()) + "; give a path that may be replaced");
    } catch (...) {  // reading rows failed
        std::error_code ignored;
        std::filesystem::remove(part, ignored);
        throw;
    }
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
