// SPDX-License-Identifier: Apache-2.0
#include "tokenizer.hpp"

#include <cstddef>
#include <cstdint>

namespace word2vec {
namespace {

enum class Kind { letter, apostrophe, separator };

struct Character {
    Kind kind = Kind::separator;
    std::size_t bytes = 1;
};

bool continues(std::string_view text, std::size_t i) { return i < text.size() && (static_cast<unsigned char>(text[i]) & 0xc0) == 0x80; }

bool is_punctuation(std::uint32_t code) {
    return code < 0xc0 || code == 0xd7 || code == 0xf7  // Latin-1's controls, signs, times and division
           || (code >= 0x2000 && code <= 0x206f)        // general punctuation: quotes, dashes, spaces, ...
           || (code >= 0x3000 && code <= 0x303f)        // of Chinese and Japanese
           || code == 0xfeff;                           // byte order mark
}

// The character beyond ASCII at the start of `text`.
Character beyond_ascii(std::string_view text) {
    constexpr std::uint32_t left_quote = 0x2018, right_quote = 0x2019;
    auto const first = static_cast<unsigned char>(text[0]);
    if (first < 0xc2 || first > 0xf4) return {};  // starts no character
    std::size_t const bytes = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    std::uint32_t code = first & (0x7fu >> bytes);
    for (std::size_t i = 1; i < bytes; ++i) {
        if (!continues(text, i)) return {};
        code = (code << 6) | (static_cast<unsigned char>(text[i]) & 0x3fu);
    }
    if (code == left_quote || code == right_quote) return {Kind::apostrophe, bytes};
    return {is_punctuation(code) ? Kind::separator : Kind::letter, bytes};
}

Character character(std::string_view text) {
    char const c = text[0];
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) return {Kind::letter, 1};
    if (c == '\'') return {Kind::apostrophe, 1};
    return static_cast<unsigned char>(c) < 0x80 ? Character{} : beyond_ascii(text);
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

std::vector<std::string> tokenize(std::string_view line) {
    std::vector<std::string> words;
    std::string word;
    bool apostrophe = false;  // waits for a letter, to be an inner one
    auto const end_word = [&] {
        if (!word.empty()) words.push_back(std::move(word));
        word.clear();
        apostrophe = false;
    };
    for (std::size_t i = 0; i < line.size();) {
        auto const [kind, bytes] = character(line.substr(i));
        if (kind == Kind::letter) {
            if (apostrophe) word += '\'';
            apostrophe = false;
            for (char c : line.substr(i, bytes)) word += lower(c);
        } else if (kind == Kind::apostrophe && !word.empty() && !apostrophe) {
            apostrophe = true;
        } else {
            end_word();
        }
        i += bytes;
    }
    end_word();
    return words;
}

}  // namespace word2vec
