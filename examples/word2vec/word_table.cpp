// SPDX-License-Identifier: Apache-2.0
#include "word_table.hpp"

#include "examples/support/error.hpp"

namespace word2vec {

std::unique_ptr<WordTable> make_fp32_table(WordTableSpec const& spec);
std::unique_ptr<WordTable> make_fp16_table(WordTableSpec const& spec);
std::unique_ptr<WordTable> make_int8_table(WordTableSpec const& spec);
std::unique_ptr<WordTable> make_int4_table(WordTableSpec const& spec);

std::unique_ptr<WordTable> make_word_table(WordTableSpec const& spec) {
    switch (spec.rows) {
    case Rows::fp32: return make_fp32_table(spec);
    case Rows::fp16: return make_fp16_table(spec);
    case Rows::int8: return make_int8_table(spec);
    case Rows::int4: return make_int4_table(spec);
    }
    throw examples::UsageError("--rows: this build does not have them");
}

}  // namespace word2vec
