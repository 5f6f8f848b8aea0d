// SPDX-License-Identifier: Apache-2.0
#include <hotrow/hotrow.hpp>

#include <span>
#include <vector>

int main() {
    using Format = hotrow::RowFormat<hotrow::Int8, hotrow::RowAffine<hotrow::Fp32>, hotrow::NearestEven>;
    using Embedding = hotrow::CachedEmbedding<8, Format, hotrow::Cache<hotrow::DirectMapped, hotrow::Lru>, hotrow::Sgd, hotrow::Host>;
    Embedding embedding({.table_rows = {10}});
    std::vector<float> written(8, 0.5f), read(8);
    embedding.write_rows(0, 3, std::span<const float>(written));
    embedding.read_rows(0, 3, std::span(read));
    return read == written ? 0 : 1;
}
