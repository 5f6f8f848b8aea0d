// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../error.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace hotrow::detail {

/// One tensor of a file.
struct TensorEntry {
    std::string dtype;
    std::vector<std::uint64_t> shape;
    std::uint64_t begin = 0, end = 0;  ///< bytes, from where the tensors begin
};

/// Whether a text is UTF-8, without overlong forms and halves of surrogate pairs.
inline bool is_utf8(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i])); };
    for (std::size_t i = 0; i < text.size();) {
        const std::uint32_t first = byte(i++);
        if (first < 0x80u) continue;
        const int tail = first >= 0xc2u && first < 0xe0u ? 1 : (first & 0xf0u) == 0xe0u ? 2 : first >= 0xf0u && first < 0xf5u ? 3 : 0;
        std::uint32_t point = first & (0x3fu >> tail);
        for (int k = 0; k < tail; ++k, ++i) {
            if (i == text.size() || (byte(i) & 0xc0u) != 0x80u) return false;
            point = point << 6 | (byte(i) & 0x3fu);
        }
        constexpr std::uint32_t least[] = {0, 0x80u, 0x800u, 0x10000u};
        if (tail == 0 || point < least[tail] || point > 0x10ffffu || (point >= 0xd800u && point < 0xe000u)) return false;
    }
    return true;
}

/// The header of a safetensors file: the part of JSON that it may have, and nothing else.
class SafetensorsHeader {
public:
    SafetensorsHeader(std::string path, std::string_view json) : path_(std::move(path)), json_(json) {
        if (json_.empty() || json_[0] != '{') refuse("the header does not begin with '{'");
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
                if (has_metadata_) refuse("__metadata__ stands twice in the header");
                has_metadata_ = true;
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
            if (static_cast<unsigned char>(c) < 0x20u) refuse("a string has a control character at byte " + std::to_string(at_ - 1));
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
        if (!is_utf8(text)) refuse("the string that ends at byte " + std::to_string(at_) + " is not UTF-8");
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
        if (json_[first] == '0' && at_ - first > 1) refuse("a number begins with 0, at byte " + std::to_string(first));
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
            if ((key == "dtype" && has_dtype) || (key == "shape" && has_shape) || (key == "data_offsets" && has_offsets))
                refuse("tensor \"" + name + "\" has " + key + " twice");
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
    bool has_metadata_ = false;
    std::map<std::string, TensorEntry> tensors_;
};

/// A name as it stands in the header.
inline std::string escaped(const std::string& name) {
    if (!is_utf8(name)) throw StorageError("hotrow: the name of a tensor, \"" + name + "\", is not UTF-8; give names in UTF-8");
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

}  // namespace hotrow::detail
