// SPDX-License-Identifier: Apache-2.0
#include "word_table_hotrow.hpp"

namespace word2vec {

std::unique_ptr<WordTable> make_int4_table(WordTableSpec const& spec) {
    return make_table_with<hotrow::RowFormat<hotrow::Int4, hotrow::RowAffine<hotrow::Fp16>, hotrow::Stochastic<>>>(spec);
}

}  // namespace word2vec
