// SPDX-License-Identifier: Apache-2.0
// An embedding with one wrong part, chosen by a macro; without any it compiles.
#include <hotrow/hotrow.hpp>

#include <concepts>
#include <cstdint>
#include <vector>

using namespace hotrow;

#ifndef DIM
#define DIM 4
#endif
#ifndef ASSOCIATIVITY
#define ASSOCIATIVITY SetAssociative<4>
#endif
#ifndef LINE
#define LINE float
#endif
#ifndef ROW_ID
#define ROW_ID std::uint32_t
#endif
#ifndef INDEX
#define INDEX std::int32_t
#endif
#ifndef BACKEND
#define BACKEND Host
#endif

struct MyEviction {
#ifndef WITHOUT_SCORE
    using Score = std::uint32_t;
#else
    using Points = std::uint32_t;
#endif
#ifndef WITHOUT_ADMITTED
    static std::uint32_t admitted(const CacheClock&, std::uint32_t) { return 0; }
#endif
#ifndef WITHOUT_HIT
    static std::uint32_t hit(std::uint32_t score, const CacheClock&, std::uint32_t) { return score; }
#endif
#ifndef WITHOUT_PRIORITY
    static std::uint32_t priority(std::uint32_t score, std::uint64_t, const CacheClock&) { return score; }
#endif
};

struct MyAdmission {
#ifndef WITHOUT_FILLS
    static constexpr bool fills = true;
#endif
#ifndef WITHOUT_COMPETES
    static constexpr bool competes = false;
#endif
#ifndef WITHOUT_ADMITS
    static bool admits(std::uint32_t, std::uint32_t) { return true; }
#endif
};

struct MyOptimizer {
#ifndef WITHOUT_ROWSTATE
#ifndef ROW_STATE
#define ROW_STATE NoState
#endif
    using RowState = ROW_STATE;
#ifndef WITHOUT_INITIAL_STATE
    RowState initial_state() const { return {}; }
#endif
#endif
#ifdef ELEMENTS
    using Elements = ELEMENTS;
#endif
#ifndef WITHOUT_UPDATE
    template <int Dim, Tile TileType, class State>
    bool update(const TileType&, float*, const float*, State&) const {
        return true;
    }
#endif
};

using Embedding = CachedEmbedding<DIM, RowFormat<Int8, RowAffine<Fp16>>, Cache<ASSOCIATIVITY, MyEviction, LINE, MyAdmission>, MyOptimizer, BACKEND, ROW_ID>;

int main() {
    Embedding embedding({.table_rows = {10}});
    const Batch<INDEX> batch{};
    embedding.release(embedding.plan(batch));
}
