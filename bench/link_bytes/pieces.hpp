// SPDX-License-Identifier: Apache-2.0
// From what an embedding counts to what crosses the link.
#pragma once

#include "embedding.hpp"
#include "link.hpp"

namespace link_bytes {

/// The pieces that a run moved: its bytes, taken apart. Rows that enter or leave the cache are records; of a row used in place a
/// forward reads the stored row once a lookup, and a backward reads and writes the record once.
Pieces pieces_of(const Embedding& embedding, const hotrow::Statistics& statistics);

}  // namespace link_bytes
