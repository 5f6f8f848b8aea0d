// SPDX-License-Identifier: Apache-2.0
// The optimum against all decisions that a cache could take, and reference policies against naive ones.
#include "optimum.hpp"

#include "reference.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <cstdint>
#include <list>
#include <map>
#include <random>
#include <set>
#include <vector>

using namespace hit_rate;

namespace {

/// One set of a few rows, looked up at random: a trace of batches, in runs.
SetRuns random_set(std::uint32_t seed, std::uint32_t rows, std::uint32_t batches, std::uint32_t most_runs, std::uint32_t most_lookups) {
    std::mt19937 random(seed);
    const auto below = [&](std::uint32_t end) { return static_cast<std::uint32_t>(random() % end); };
    SetRuns made;
    made.rows = rows;
    for (std::uint32_t batch = 0; batch < batches; ++batch) {
        std::set<std::uint32_t> used;
        const std::uint32_t runs = 1 + below(most_runs);
        while (used.size() < runs) used.insert(below(rows));
        for (const std::uint32_t row : used) made.runs.push_back({row, batch, 1 + below(most_lookups)});
    }
    for (const Run& run : made.runs) made.lookups += run.lookups;
    made.set_begin = {0, made.runs.size()};
    return made;
}

/// Tries every content that the cache could have after each batch.
std::uint64_t most_hits_by_trying(const SetRuns& runs, int ways) {
    std::map<std::set<std::uint32_t>, std::uint64_t> best{{{}, 0}};  // of all ways to get to a content
    for (std::size_t i = 0; i < runs.runs.size();) {
        std::size_t end = i;
        while (end < runs.runs.size() && runs.runs[end].batch == runs.runs[i].batch) ++end;
        std::map<std::set<std::uint32_t>, std::uint64_t> after;
        for (const auto& [content, hits] : best) {
            std::uint64_t gain = 0;
            std::set<std::uint32_t> kept;  // what the batch uses may not leave
            std::vector<std::uint32_t> choices;
            for (std::size_t r = i; r < end; ++r) {
                if (content.count(runs.runs[r].row) > 0) {
                    gain += runs.runs[r].lookups;
                    kept.insert(runs.runs[r].row);
                } else {
                    choices.push_back(runs.runs[r].row);
                }
            }
            for (const std::uint32_t row : content) {
                if (kept.count(row) == 0) choices.push_back(row);
            }
            for (std::uint32_t mask = 0; mask < 1u << choices.size(); ++mask) {
                std::set<std::uint32_t> next = kept;
                for (std::size_t c = 0; c < choices.size(); ++c) {
                    if ((mask >> c & 1u) != 0) next.insert(choices[c]);
                }
                if (next.size() > static_cast<std::size_t>(ways)) continue;
                std::uint64_t& most = after[next];
                most = std::max(most, hits + gain);
            }
        }
        best = std::move(after);
        i = end;
    }
    std::uint64_t most = 0;
    for (const auto& [content, hits] : best) most = std::max(most, hits);
    return most;
}

/// The batches of `random_set`, one lookup each.
SetRuns single_lookups(std::uint32_t seed, std::uint32_t rows, std::uint32_t lookups) { return random_set(seed, rows, lookups, 1, 1); }

std::uint64_t naive_lru(const SetRuns& runs, std::size_t ways) {
    std::list<std::uint32_t> lines;
    std::uint64_t hits = 0;
    for (const Run& run : runs.runs) {
        const auto found = std::find(lines.begin(), lines.end(), run.row);
        if (found != lines.end()) {
            ++hits;
            lines.erase(found);
        } else if (lines.size() == ways) {
            lines.pop_back();
        }
        lines.push_front(run.row);
    }
    return hits;
}

std::uint64_t naive_lfu(const SetRuns& runs, std::size_t ways, bool admission) {
    std::map<std::uint32_t, int> count;
    std::vector<std::uint32_t> lines;  // in order of ways
    std::uint64_t hits = 0;
    for (const Run& run : runs.runs) {
        ++count[run.row];
        if (std::find(lines.begin(), lines.end(), run.row) != lines.end()) {
            ++hits;
        } else if (lines.size() < ways) {
            lines.push_back(run.row);
        } else {
            const auto victim = std::min_element(lines.begin(), lines.end(), [&](auto a, auto b) { return count[a] < count[b]; });
            if (!admission || count[run.row] > count[*victim]) *victim = run.row;
        }
    }
    return hits;
}

}  // namespace

TEST_CASE("the optimum is the best of all decisions", "[bench]") {
    for (std::uint32_t seed = 0; seed < 60; ++seed) {
        const int ways = 1 + static_cast<int>(seed % 3);
        const SetRuns runs = random_set(seed, 6, 9, 4, 5);
        CAPTURE(seed, ways);
        CHECK(most_hits(runs, ways) == most_hits_by_trying(runs, ways));
        CHECK(belady_hits(runs, ways) <= most_hits(runs, ways));
    }
}

TEST_CASE("Belady's rule is optimal where each batch is one lookup", "[bench]") {
    for (std::uint32_t seed = 0; seed < 60; ++seed) {
        const int ways = 1 + static_cast<int>(seed % 3);
        const SetRuns runs = single_lookups(seed, 6, 25);
        CAPTURE(seed, ways);
        const std::uint64_t best = most_hits_by_trying(runs, ways);
        CHECK(belady_hits(runs, ways) == best);
        CHECK(most_hits(runs, ways) == best);
    }
}

TEST_CASE("a way is free only after the batch of a row's last use", "[bench]") {
    // One way; rows 0 and 1 are in both batches: one of them can hit, and row 2 gets the way in neither batch.
    SetRuns runs;
    runs.rows = 3;
    runs.runs = {{0, 0, 1}, {1, 0, 1}, {0, 1, 5}, {1, 1, 3}, {2, 1, 1}, {2, 2, 9}};
    runs.set_begin = {0, runs.runs.size()};
    runs.lookups = 20;
    CHECK(most_hits(runs, 1) == 9);  // either 5 by row 0, or 9 by row 2: it holds the way from batch 1 on
    CHECK(most_hits(runs, 2) == 14);
    CHECK(most_hits(runs, 3) == 17);
    CHECK(most_hits_by_trying(runs, 2) == 14);
}

TEST_CASE("reference policies do what naive ones do", "[bench]") {
    for (std::uint32_t seed = 0; seed < 40; ++seed) {
        const int ways = 1 + static_cast<int>(seed % 5);
        const auto lines = static_cast<std::size_t>(ways);
        const SetRuns runs = single_lookups(seed, 12, 400);
        CAPTURE(seed, ways);
        CHECK(reference_hits(Reference::lru, runs, ways) == naive_lru(runs, lines));
        CHECK(reference_hits(Reference::perfect_lfu, runs, ways) == naive_lfu(runs, lines, false));
        CHECK(reference_hits(Reference::perfect_lfu_admission, runs, ways) == naive_lfu(runs, lines, true));
    }
}

TEST_CASE("a cache of one set is fully associative", "[bench]") {
    const Trace trace = make_zipf(0.7, 60, 3000);
    const SetRuns runs = cut(trace, 1, 1);
    // LFU breaks ties by way in a set and by row in the ordered one, so only the others agree to the lookup.
    for (const Reference reference : {Reference::lru, Reference::belady}) {
        CHECK(fully_associative_hits(reference, trace, 16) == reference_hits(reference, runs, 16));
    }
    CHECK(fully_associative_hits(Reference::perfect_lfu, trace, 60) == reference_hits(Reference::lru, runs, 60));
    CHECK(best_hit_rate(trace, 1, 16, 1) == Approx(static_cast<double>(belady_hits(runs, 16)) / 3000));
}

TEST_CASE("hits of a batch come before its misses, and its lines stay", "[bench]") {
    SetRuns runs;
    runs.rows = 3;
    runs.runs = {{0, 0, 1}, {1, 1, 1}, {0, 2, 2}, {1, 2, 1}, {2, 3, 1}, {0, 3, 1}};
    runs.set_begin = {0, runs.runs.size()};
    runs.lookups = 7;
    // One way: 0 enters, 1 takes it, 1 hits in batch 2 and stays though 0 comes first in key order, 2 takes it in batch
    // 3.
    CHECK(reference_hits(Reference::lru, runs, 1) == 1);
    // Two ways: 0 and 1 hit in batch 2, 0 again in batch 3.
    CHECK(reference_hits(Reference::lru, runs, 2) == 4);
}
