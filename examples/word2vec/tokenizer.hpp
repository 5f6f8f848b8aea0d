// SPDX-License-Identifier: Apache-2.0
// From a line of text to its words.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace word2vec {

// Words in lower case: letters, and apostrophes between letters, curly ones made straight ("don't"). All else
// separates. Of UTF-8, what is beyond Latin-1's punctuation counts as letters, kept byte by byte and not lowered,
// except the general punctuation; bytes that are no UTF-8 separate.
std::vector<std::string> tokenize(std::string_view line);

}  // namespace word2vec
