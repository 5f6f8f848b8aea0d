// SPDX-License-Identifier: Apache-2.0
#include "word_table_hotrow.hpp"

namespace word2vec {

std::unique_ptr<WordTable> make_fp32_table(WordTableSpec const& spec) {
    return make_table_with<hotrow::RowFormat<hotrow::Fp32, hotrow::Cast, hotrow::NearestEven>>(spec);
}

}  // namespace word2vec
