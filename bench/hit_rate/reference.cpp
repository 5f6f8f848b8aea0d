// SPDX-License-Identifier: Apache-2.0
#include "reference.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace hit_rate {
namespace {

/// A number that orders lines: the least leaves first.
using Priority = std::int64_t;

/// What a reference policy thinks of a run when it comes: the priority of its row from now on, and whether the row must
/// be worth more than its victim to enter.
class Policy {
public:
    Policy(Reference reference, std::uint32_t rows)
        : reference_(reference), counts_(reference == Reference::lru || reference == Reference::belady ? 0 : rows) {}

    bool compares() const { return reference_ == Reference::perfect_lfu_admission || reference_ == Reference::belady; }

    /// `time`: grows from batch to batch. `next_time`: that of the row's next use, if there is one.
    Priority see(const Run& run, std::int64_t time, std::optional<std::int64_t> next_time) {
        switch (reference_) {
        case Reference::lru: return time;
        case Reference::belady: return next_time ? -*next_time : useless;
        default: return counts_[run.row] += run.lookups;
        }
    }

    static constexpr Priority useless = std::numeric_limits<Priority>::min();

private:
    Reference reference_;
    std::vector<std::int64_t> counts_;
};

struct Line {
    std::optional<std::uint32_t> row;
    Priority priority = 0;
    bool in_use = false;  ///< by the batch at hand
};

/// The line to give up: an empty one, else the first of least priority; null if the batch uses all.
Line* victim_of(std::vector<Line>& set) {
    Line* victim = nullptr;
    for (Line& line : set) {
        if (line.in_use) continue;
        if (!line.row) return &line;
        if (victim == nullptr || line.priority < victim->priority) victim = &line;
    }
    return victim;
}

struct Miss {
    std::uint32_t row;
    Priority priority;
};

std::uint64_t hits_of_set(Policy& policy, bool by_need, std::span<const Run> runs, std::vector<Line>& set) {
    std::uint64_t hits = 0;
    const std::vector<std::size_t> next = next_uses(runs);
    std::vector<Miss> misses;
    for (std::size_t i = 0; i < runs.size();) {
        const std::uint32_t batch = runs[i].batch;
        for (Line& line : set) line.in_use = false;
        misses.clear();
        for (; i < runs.size() && runs[i].batch == batch; ++i) {
            const std::optional<std::int64_t> next_time = next[i] == never ? std::nullopt : std::optional<std::int64_t>(runs[next[i]].batch);
            const Priority priority = policy.see(runs[i], batch, next_time);
            const auto line = std::find_if(set.begin(), set.end(), [&](const Line& l) { return l.row == runs[i].row; });
            if (line == set.end()) {
                misses.push_back({runs[i].row, priority});
            } else {
                hits += runs[i].lookups;
                line->priority = priority;
                line->in_use = true;
            }
        }
        if (by_need) {
            std::stable_sort(misses.begin(), misses.end(), [](const Miss& a, const Miss& b) { return a.priority > b.priority; });
        }
        for (const Miss& miss : misses) {
            Line* const victim = victim_of(set);
            if (victim == nullptr) break;
            if (miss.priority == Policy::useless) continue;
            if (victim->row && policy.compares() && miss.priority <= victim->priority) continue;
            *victim = {miss.row, miss.priority, true};
        }
    }
    return hits;
}

}  // namespace

std::string_view name_of(Reference reference) {
    constexpr std::array<std::string_view, 4> names{"lru", "perfect_lfu", "perfect_lfu_admission", "belady"};
    return names[static_cast<std::size_t>(reference)];
}

std::uint64_t reference_hits(Reference reference, const SetRuns& runs, int ways) {
    Policy policy(reference, runs.rows);
    std::uint64_t hits = 0;
    for (std::size_t set = 0; set < runs.sets(); ++set) {
        std::vector<Line> lines(static_cast<std::size_t>(ways));
        hits += hits_of_set(policy, reference == Reference::belady, runs.of_set(set), lines);
    }
    return hits;
}

std::uint64_t fully_associative_hits(Reference reference, const Trace& trace, std::size_t lines) {
    const SetRuns runs = cut(trace, 1, 1);
    const std::vector<std::size_t> next = next_uses(runs.runs);
    Policy policy(reference, runs.rows);
    std::set<std::pair<Priority, std::uint32_t>> cached;  // the first leaves first
    std::vector<std::optional<Priority>> priority_of(runs.rows);
    std::uint64_t hits = 0;
    for (std::size_t i = 0; i < runs.runs.size(); ++i) {
        const std::uint32_t row = runs.runs[i].row;
        const Priority priority =
            policy.see(runs.runs[i], static_cast<std::int64_t>(i), next[i] == never ? std::nullopt : std::optional<std::int64_t>(next[i]));
        if (priority_of[row]) {
            ++hits;
            cached.erase({*priority_of[row], row});
        } else {
            if (priority == Policy::useless) continue;
            if (cached.size() == lines) {
                const auto victim = cached.begin();
                if (policy.compares() && priority <= victim->first) continue;
                priority_of[victim->second].reset();
                cached.erase(victim);
            }
        }
        cached.insert({priority, row});
        priority_of[row] = priority;
    }
    return hits;
}

}  // namespace hit_rate
