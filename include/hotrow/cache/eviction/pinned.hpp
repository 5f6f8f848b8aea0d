// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../admission.hpp"
#include "eviction.hpp"

#include <cstdint>

namespace hotrow {

/// Only rows that `CachedEmbedding::pin_rows` chose are cached. (Any other policy honours pins too, and fills the ways that
/// are not pinned.) Keeps nothing.
struct Pinned {
    using Score = NoScore;
    using DefaultAdmission = Never;
    static constexpr const char* name = "pinned";
    HOTROW_HD static Score admitted(const CacheClock&, std::uint32_t) { return {}; }
    HOTROW_HD static Score hit(Score, const CacheClock&, std::uint32_t) { return {}; }
    HOTROW_HD static std::uint32_t priority(Score, std::uint64_t, const CacheClock&) { return 0u; }
};

}  // namespace hotrow
