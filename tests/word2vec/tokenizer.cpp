// SPDX-License-Identifier: Apache-2.0
// Lines become words.
#include "tokenizer.hpp"

#include <string>
#include <vector>

#include "support/catch.hpp"

using word2vec::tokenize;
using Words = std::vector<std::string>;

TEST_CASE("words are letters, in lower case", "[word2vec]") {
    CHECK(tokenize("The cat sat; THE END.") == Words{"the", "cat", "sat", "the", "end"});
    CHECK(tokenize("  spaced\tout  ") == Words{"spaced", "out"});
    CHECK(tokenize("one-two_three/four") == Words{"one", "two", "three", "four"});
    CHECK(tokenize("in 1842, and x2y") == Words{"in", "and", "x", "y"});
    CHECK(tokenize("ends\r") == Words{"ends"});
    CHECK(tokenize("").empty());
    CHECK(tokenize("12 - 34 ...").empty());
}

TEST_CASE("apostrophes stay inside of words only", "[word2vec]") {
    CHECK(tokenize("don't 'tis dogs' 'quoted' o'clock") == Words{"don't", "tis", "dogs", "quoted", "o'clock"});
    CHECK(tokenize("a''b x'3 'n' '") == Words{"a", "b", "x", "n"});
    CHECK(tokenize("fo'c's'le") == Words{"fo'c's'le"});
}

TEST_CASE("curly quotes, dashes and spaces of UTF-8", "[word2vec]") {
    CHECK(tokenize("don\u2019t \u2018quoted\u2019") == Words{"don't", "quoted"});
    CHECK(tokenize("\u201chello\u201d\u2014she\u2013said\u2026") == Words{"hello", "she", "said"});
    CHECK(tokenize("no\u00a0break \u00abguillemets\u00bb 3\u00d74") == Words{"no", "break", "guillemets"});
    CHECK(tokenize("\ufeffBook") == Words{"book"});
    CHECK(tokenize("\u3000wide\u3002") == Words{"wide"});
}

TEST_CASE("letters beyond ASCII are kept as they are", "[word2vec]") {
    CHECK(tokenize("Caf\u00e9 na\u00efve") == Words{"caf\u00e9", "na\u00efve"});
    CHECK(tokenize("\u0152uvre") == Words{"\u0152uvre"});
    CHECK(tokenize("l\u2019\u00e9t\u00e9") == Words{"l'\u00e9t\u00e9"});
    CHECK(tokenize("\u0434\u043e\u043c \u4e2d\u6587 \U00020000") == Words{"\u0434\u043e\u043c", "\u4e2d\u6587", "\U00020000"});
}

TEST_CASE("bytes that are no UTF-8 separate", "[word2vec]") {
    CHECK(tokenize("a\xff"
                   "b") == Words{"a", "b"});
    CHECK(tokenize("a\x80"
                   "b") == Words{"a", "b"});     // continues nothing
    CHECK(tokenize("caf\xe9") == Words{"caf"});  // Latin-1
    CHECK(tokenize("a\xc3") == Words{"a"});      // cut off
    CHECK(tokenize("a\xe2\x80") == Words{"a"});
    CHECK(tokenize("a\xe2\x80"
                   "b") == Words{"a", "b"});
    CHECK(tokenize("a\xc0\xaf"
                   "b") == Words{"a", "b"});  // longer than needed
    CHECK(tokenize("a\xf5\x80\x80\x80"
                   "b") == Words{"a", "b"});  // beyond Unicode
}
