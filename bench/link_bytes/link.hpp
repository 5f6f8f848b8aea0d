// SPDX-License-Identifier: Apache-2.0
// What a link makes of the records that a step moves: a model, no measurement.
#pragma once

#include <array>
#include <cstdint>

namespace link_bytes {

/// What kernels move over the link, in pieces. Records lie `record_bytes` apart, and begin with a row. Of a record `used_bytes` are touched.
struct Pieces {
    int row_bytes = 0, used_bytes = 0, record_bytes = 0;
    double rows_read = 0;        ///< stored rows alone: lookups served in place, by a forward
    double records_read = 0;     ///< rows that enter the cache, and rows updated in place
    double records_written = 0;  ///< write-backs, and rows updated in place
};

/// A link between host and device. It works in both directions at once.
///
/// Rates are what large copies reach, in bytes a second: read (host to device) and written (device to host).
/// * PCIe 4.0 x16: 25 GB/s of 31.5 (16 GT/s, 128b/130b). Copies on an RTX 4090: 24 to 26 and 26 to 27 (NVIDIA/nvbandwidth, issue 15).
/// * PCIe 5.0 x16: 50 GB/s of 63, the same share. On H100s kernels wrote 52.8 but read 35 (issue 24), so reads may be slower.
/// * NVLink-C2C: 340 and 300 GB/s of 450. Kernels on a GH200 read 342, about 15 % faster than writing (issue 23).
///
/// Small pieces go slower. A warp's accesses make one request for each line that they touch, for the sectors of it that they
/// touch. A request costs its sectors and a packet's `overhead`, and copies at full rate are made of requests of whole lines.
/// * PCIe: lines of 128 bytes, sectors of 32; 24 bytes a packet are a 4-dword header and 2 dwords of framing, sequence number
///   and checksum (Intel's AN 708 gives 5 to 7 dwords).
/// * NVLink-C2C: whole cache lines of the CPU, 64 bytes, no overhead beyond the rate's.
/// Not modelled: latency, i.e. enough accesses are in flight; packets of requests beside the data of the other direction; the host's
/// memory; processor caches (a row that is read twice crosses twice).
struct Link {
    const char* name;
    double read_rate, write_rate;
    int line, sector, overhead;

    /// Bytes of copies at full rate that take as long as a piece of `bytes`, on average over all places that pieces `stride` apart have.
    double cost(int bytes, int stride) const;
    double read_seconds(const Pieces& pieces) const;
    double write_seconds(const Pieces& pieces) const;
    /// Both directions at once: evictions leave while admissions enter, and each update in place does both.
    double overlapped_seconds(const Pieces& pieces) const;
    /// One direction after the other.
    double serial_seconds(const Pieces& pieces) const;
};

inline constexpr std::array<Link, 3> links{{
    {"pcie4", 25e9, 25e9, 128, 32, 24},
    {"pcie5", 50e9, 50e9, 128, 32, 24},
    {"c2c", 340e9, 300e9, 64, 64, 0},
}};

}  // namespace link_bytes
