// SPDX-License-Identifier: Apache-2.0
#include "criteo_reader.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "error.hpp"
#include "examples/support/files.hpp"

namespace dlrm {
namespace {

constexpr int fields_per_line = 1 + dense_fields + categorical_fields;
constexpr std::size_t most_hex_digits = 15;  // so that a key has room for the number of digits

// Names a field the way people count: "field 4 (integer 3)".
std::string name_of(int field) {
    std::string const position = "field " + std::to_string(field + 1);
    if (field == 0) return position + " (label)";
    if (field <= dense_fields) return position + " (integer " + std::to_string(field) + ")";
    return position + " (categorical " + std::to_string(field - dense_fields) + ")";
}

[[noreturn]] void reject(int field, std::string_view text, std::string const& reason) {
    constexpr std::size_t most_shown = 40;
    std::string shown(text.substr(0, most_shown));
    if (text.size() > most_shown) shown += "...";
    throw DataError(name_of(field) + ": '" + shown + "' " + reason);
}

template <class Integer>
Integer parse_integer(int field, std::string_view text, int base, std::string const& expected) {
    Integer value{};
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (error == std::errc::result_out_of_range) reject(field, text, "is out of range");
    if (error != std::errc{} || end != text.data() + text.size()) reject(field, text, "is not " + expected);
    return value;
}

float parse_label(std::string_view text) {
    if (text != "0" && text != "1") reject(0, text, "is not 0 or 1");
    return text == "1" ? 1.0f : 0.0f;
}

float parse_dense(int field, std::string_view text) {
    if (text.empty()) return 0.0f;
    auto const value = parse_integer<std::int64_t>(field, text, 10, "an integer");
    return std::log1p(static_cast<float>(std::max<std::int64_t>(value, 0)));
}

Key parse_categorical(int field, std::string_view text) {
    if (text.empty()) return missing_key;
    if (text.size() > most_hex_digits) { reject(field, text, "has more than " + std::to_string(most_hex_digits) + " digits"); }
    auto const value = parse_integer<Key>(field, text, 16, "a hexadecimal number");
    return value | (Key{text.size()} << (4 * most_hex_digits));  // "0a" and "a" are different ids
}

}  // namespace

void parse_criteo_line(std::string_view line, Sample& sample) {
    auto const found = std::count(line.begin(), line.end(), '\t') + 1;
    if (found != fields_per_line) {
        throw DataError("expected " + std::to_string(fields_per_line) + " fields separated by tabs, found " + std::to_string(found));
    }
    for (int field = 0; field < fields_per_line; ++field) {
        auto const end = std::min(line.find('\t'), line.size());
        auto const text = line.substr(0, end);
        line.remove_prefix(std::min(end + 1, line.size()));
        if (field == 0) {
            sample.label = parse_label(text);
        } else if (field <= dense_fields) {
            sample.dense[field - 1] = parse_dense(field, text);
        } else {
            sample.keys[field - 1 - dense_fields] = parse_categorical(field, text);
        }
    }
}

CriteoReader::CriteoReader(std::filesystem::path file, OnBadLine on_bad_line)
    : file_(std::move(file)), input_(examples::open_for_reading(file_)), on_bad_line_(on_bad_line) {}

bool CriteoReader::next(Sample& sample) {
    while (std::getline(input_, line_)) {
        ++line_number_;
        if (!line_.empty() && line_.back() == '\r') line_.pop_back();
        try {
            parse_criteo_line(line_, sample);
            return true;
        } catch (DataError const& error) {
            if (on_bad_line_ == OnBadLine::fail) throw BadLine(file_.string(), line_number_, error.what());
            ++bad_lines_;
        }
    }
    if (input_.bad()) { throw DataError(file_.string() + ": reading failed after line " + std::to_string(line_number_)); }
    return false;
}

}  // namespace dlrm
