// SPDX-License-Identifier: Apache-2.0
#include "link.hpp"

#include <algorithm>
#include <numeric>

namespace link_bytes {

double Link::cost(int bytes, int stride) const {
    const int places = std::lcm(stride, line) / stride;
    std::int64_t sectors = 0, requests = 0;
    for (int place = 0; place < places; ++place) {
        const int first = place * stride, last = first + bytes - 1;
        sectors += last / sector - first / sector + 1;
        requests += last / line - first / line + 1;
    }
    const double moved = static_cast<double>(sectors) * sector + static_cast<double>(requests) * overhead;
    return moved / places * line / (line + overhead);
}

double Link::read_seconds(const Pieces& pieces) const {
    return (pieces.rows_read * cost(pieces.row_bytes, pieces.record_bytes) + pieces.records_read * cost(pieces.used_bytes, pieces.record_bytes)) / read_rate;
}

double Link::write_seconds(const Pieces& pieces) const { return pieces.records_written * cost(pieces.used_bytes, pieces.record_bytes) / write_rate; }

double Link::overlapped_seconds(const Pieces& pieces) const { return std::max(read_seconds(pieces), write_seconds(pieces)); }

double Link::serial_seconds(const Pieces& pieces) const { return read_seconds(pieces) + write_seconds(pieces); }

}  // namespace link_bytes
