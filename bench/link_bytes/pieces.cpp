// SPDX-License-Identifier: Apache-2.0
#include "pieces.hpp"

#include <cstdint>

namespace link_bytes {

Pieces pieces_of(const Embedding& embedding, const hotrow::Statistics& statistics) {
    const auto row = static_cast<std::uint64_t>(embedding.row_bytes);
    const auto record = static_cast<std::uint64_t>(embedding.record_bytes);
    const std::uint64_t written = statistics.bytes_written / record;
    const std::uint64_t in_place = written - statistics.write_backs;
    const std::uint64_t read = statistics.admissions + in_place;
    return {.row_bytes = embedding.row_bytes,
            .used_bytes = embedding.used_bytes,
            .record_bytes = embedding.record_bytes,
            .rows_read = static_cast<double>((statistics.bytes_read - read * record) / row),
            .records_read = static_cast<double>(read),
            .records_written = static_cast<double>(written)};
}

}  // namespace link_bytes
