// SPDX-License-Identifier: Apache-2.0
// Figures as people read them.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>

namespace examples {

// printf into a string; for patterns of a line at most.
template <class... Values>
std::string format(char const* pattern, Values... values) {
    char text[256];
    std::snprintf(text, sizeof text, pattern, values...);
    return text;
}

// 12345678 as "12,345,678".
inline std::string with_commas(std::int64_t value) {
    std::string const digits = std::to_string(value);
    std::string text;
    for (std::size_t i = 0; i < digits.size(); ++i) {
        if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
        text += digits[i];
    }
    return text;
}

}  // namespace examples
