// SPDX-License-Identifier: Apache-2.0
// Cache policies as the naive model sees them: the classic ones in words of its own, the others by the scores of the library, whose
// formulas have tests of their own. What is done with the scores is written apart.
#pragma once

#include <hotrow/hotrow.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <type_traits>
#include <utility>
#include <vector>

namespace hotrow::test {

enum class NaiveEviction { lru, lfu, fifo, scored };

struct NaivePolicy {
    NaiveEviction eviction = NaiveEviction::lru;
    const char* name = "";
    bool fills = true;            ///< rows may enter
    bool only_if_better = false;  ///< and only those that are better than their victim
    std::size_t ghosts = 0;       ///< per set
    bool looks_ahead = false;
    int score_bytes = 4;

    // For `scored`
    std::uint64_t (*admitted)(const CacheClock&, std::uint32_t lookups) = nullptr;
    std::uint64_t (*hit)(std::uint64_t score, const CacheClock&, std::uint32_t lookups) = nullptr;
    std::uint32_t (*priority)(std::uint64_t score, std::uint64_t slot, const CacheClock&, const NextUse&) = nullptr;
    std::uint64_t (*passed)(std::uint64_t score, std::uint64_t evicted, const CacheClock&) = nullptr;
    std::uint16_t (*remember)(std::uint64_t score, const CacheClock&) = nullptr;
    std::uint64_t (*recall)(std::uint16_t kept, const CacheClock&) = nullptr;
    std::uint32_t (*time)(std::uint64_t lookups, std::uint64_t slots) = nullptr;
};

template <class CacheType>
NaivePolicy naive_policy() {
    using E = typename CacheType::Eviction_t;
    using A = typename CacheType::Admission_t;
    NaivePolicy p;
    p.name = E::name;
    p.fills = A::fills;
    p.only_if_better = std::is_same_v<A, IfMoreFrequent>;
    p.ghosts = static_cast<std::size_t>(CacheType::ghosts_per_set);
    p.looks_ahead = hotrow::looks_ahead<E>;
    if constexpr (std::is_same_v<E, Lru>) {
        p.eviction = NaiveEviction::lru;
    } else if constexpr (std::is_same_v<E, Fifo>) {
        p.eviction = NaiveEviction::fifo;
    } else if constexpr (std::is_same_v<E, Lfu> && CacheType::ghosts_per_set == 0) {
        p.eviction = NaiveEviction::lfu;
    } else {
        using Score = typename E::Score;
        constexpr bool keeps = !std::is_empty_v<Score>;
        static constexpr auto in = [](std::uint64_t score) {
            if constexpr (keeps) {
                return static_cast<Score>(score);
            } else {
                (void)score;
                return Score{};
            }
        };
        static constexpr auto out = [](Score score) {
            if constexpr (keeps) {
                return static_cast<std::uint64_t>(score);
            } else {
                (void)score;
                return std::uint64_t{0};
            }
        };
        p.eviction = NaiveEviction::scored;
        p.score_bytes = keeps ? static_cast<int>(sizeof(Score)) : 0;
        p.admitted = [](const CacheClock& clock, std::uint32_t n) { return out(E::admitted(clock, n)); };
        p.hit = [](std::uint64_t score, const CacheClock& clock, std::uint32_t n) { return out(E::hit(in(score), clock, n)); };
        p.priority = [](std::uint64_t score, std::uint64_t slot, const CacheClock& clock, const NextUse& next) {
            if constexpr (hotrow::looks_ahead<E>) {
                return E::priority(in(score), slot, clock, next);
            } else {
                (void)next;
                return E::priority(in(score), slot, clock);
            }
        };
        if constexpr (requires(Score s, CacheClock c) { E::passed(s, s, c); }) {
            p.passed = [](std::uint64_t score, std::uint64_t evicted, const CacheClock& clock) { return out(E::passed(in(score), in(evicted), clock)); };
        }
        if constexpr (remembers<E>) {
            p.remember = [](std::uint64_t score, const CacheClock& clock) { return E::remember(in(score), clock); };
            p.recall = [](std::uint16_t kept, const CacheClock& clock) { return out(E::recall(kept, clock)); };
        }
        if constexpr (requires(std::uint64_t n) { E::time(n, n); }) {
            p.time = [](std::uint64_t lookups, std::uint64_t slots) { return E::time(lookups, slots); };
        }
    }
    return p;
}

/// The ghosts of one set: (tag, score), both 0 for none.
class NaiveGhosts {
public:
    using Ghost = std::pair<std::uint16_t, std::uint16_t>;
    explicit NaiveGhosts(std::size_t count) : ghosts_(count) {}

    /// The ghost of a tag, the last if there are several; null if there is none.
    Ghost* find(std::uint16_t tag) {
        Ghost* found = nullptr;
        for (Ghost& ghost : ghosts_) {
            if (ghost != Ghost{} && ghost.first == tag) found = &ghost;
        }
        return found;
    }
    /// The place for a ghost that has none: an empty one, else that of the least priority; null if all are better than the new one.
    template <class Priority>
    Ghost* place_for(std::uint16_t score, const Priority& priority) {
        Ghost* least = nullptr;
        for (Ghost& ghost : ghosts_) {
            if (ghost == Ghost{}) return &ghost;
            if (least == nullptr || priority(ghost.second) < priority(least->second)) least = &ghost;
        }
        return least == nullptr || priority(score) < priority(least->second) ? nullptr : least;
    }
    const std::vector<Ghost>& all() const { return ghosts_; }

private:
    std::vector<Ghost> ghosts_;
};

/// What announced batches need.
class NaiveForesight {
public:
    void announce(std::uint64_t row, std::uint64_t step) {
        Uses& uses = generations_[step / 64][row];
        uses.steps.insert(step);
        ++uses.lookups;
    }
    NextUse next(std::uint64_t row, std::uint64_t step) const {
        for (std::uint64_t g = step / 64; g <= step / 64 + 1; ++g) {
            const auto generation = generations_.find(g);
            if (generation == generations_.end()) continue;
            const auto uses = generation->second.find(row);
            if (uses == generation->second.end()) continue;
            const auto first = uses->second.steps.upper_bound(step);
            if (first == uses->second.steps.end()) continue;
            return {static_cast<std::uint32_t>(*first - step), uses->second.lookups, static_cast<std::uint32_t>(uses->second.steps.size())};
        }
        return {};
    }

private:
    struct Uses {
        std::set<std::uint64_t> steps;
        std::uint32_t lookups = 0;
    };
    std::map<std::uint64_t, std::map<std::uint64_t, Uses>> generations_;
};

}  // namespace hotrow::test
