// SPDX-License-Identifier: Apache-2.0
// The least memory traffic of a training step: every byte that must be read or written once, in sectors of 32 bytes, by term.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace traffic {

inline constexpr std::int64_t sector = 32;

/// Sectors that one part of a phase must read and write.
struct Term {
    std::string phase;
    std::string name;
    std::int64_t read;
    std::int64_t written;
};

struct Shape {
    std::int64_t rows;
    int dim;
    int row_bytes;    ///< of a stored row
    int state_bytes;  ///< of the optimizer, a row
    int ways;
    std::int64_t lookups;
    std::int64_t bags;
    int key_bits;
};

std::set<std::int64_t> unique_rows(const std::vector<std::int64_t>& lookups);

/// The terms of a step. `before` and `after` are the tags of the cache (a slot without a row holds a number that is no row) before and
/// after its plan, `flags` the slots' flags before it.
std::vector<Term> least(const Shape& shape, const std::vector<std::int64_t>& lookups, const std::vector<std::uint32_t>& before,
                        const std::vector<std::uint8_t>& flags, const std::vector<std::uint32_t>& after);

}  // namespace traffic
