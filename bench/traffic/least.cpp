// SPDX-License-Identifier: Apache-2.0
#include "least.hpp"

#include <hotrow/cache/cache_view.hpp>

#include <algorithm>

namespace traffic {

std::set<std::int64_t> unique_rows(const std::vector<std::int64_t>& lookups) { return {lookups.begin(), lookups.end()}; }

namespace {

/// Sectors of an array that is used whole.
std::int64_t sectors_of(std::int64_t bytes) { return (bytes + sector - 1) / sector; }

/// Sectors of some records of `bytes` bytes in an array of them; neighbours may share one.
std::int64_t sectors_of(const std::set<std::int64_t>& records, std::int64_t bytes) {
    std::int64_t count = 0, last = -1;
    for (const std::int64_t record : records) {
        const std::int64_t first = std::max(record * bytes / sector, last + 1);
        const std::int64_t end = ((record + 1) * bytes - 1) / sector;
        if (end < first) continue;
        count += end - first + 1;
        last = end;
    }
    return count;
}

}  // namespace

std::vector<Term> least(const Shape& shape, const std::vector<std::int64_t>& lookups, const std::vector<std::uint32_t>& before,
                        const std::vector<std::uint8_t>& flags, const std::vector<std::uint32_t>& after) {
    const std::set<std::int64_t> unique = unique_rows(lookups);
    std::set<std::int64_t> lines, stored, entered, admitted, written_back, left;
    std::vector<std::int64_t> slot_of(static_cast<std::size_t>(shape.rows), -1);
    for (std::size_t slot = 0; slot < after.size(); ++slot) {
        if (after[slot] < shape.rows) slot_of[after[slot]] = static_cast<std::int64_t>(slot);
        if (after[slot] == before[slot]) continue;
        entered.insert(static_cast<std::int64_t>(slot));
        admitted.insert(after[slot]);
        if (before[slot] >= shape.rows || (flags[slot] & hotrow::LineFlag::dirty) == 0) continue;
        left.insert(static_cast<std::int64_t>(slot));
        written_back.insert(before[slot]);
    }
    for (const std::int64_t row : unique) {
        const std::int64_t slot = slot_of[static_cast<std::size_t>(row)];
        slot >= 0 ? lines.insert(slot) : stored.insert(row);
    }
    const std::int64_t n = shape.lookups, runs = static_cast<std::int64_t>(unique.size());
    const std::int64_t line_bytes = 4 * ((shape.dim + 3) / 4 * 4);
    const std::int64_t outputs = sectors_of(shape.bags * shape.dim * 4);
    const std::int64_t offsets = sectors_of((shape.bags + 1) * 8);
    const std::int64_t a_word_each = sectors_of(4 * n), a_word_a_run = sectors_of(4 * runs);
    const std::int64_t used_lines = sectors_of(lines, line_bytes), used_rows = sectors_of(stored, shape.row_bytes);
    const std::int64_t states = sectors_of(unique, shape.state_bytes);

    std::vector<Term> terms;
    const auto add = [&](const char* phase, const char* name, std::int64_t read, std::int64_t written) { terms.push_back({phase, name, read, written}); };

    const std::int64_t passes = (shape.key_bits + 7) / 8;
    add("plan", "indices to keys", sectors_of(8 * n) + offsets, a_word_each);
    // A digit of 8 bits a pass. The first need not read positions, and instead the keys are read once more to count all digits.
    add("plan", "radix sort", passes * 2 * a_word_each, passes * 2 * a_word_each);
    add("plan", "runs", a_word_each, a_word_a_run);
    if (!after.empty()) {
        std::set<std::int64_t> sets;
        for (const std::int64_t slot : lines) sets.insert(slot / shape.ways);
        add("plan", "tags of sets with hits", sectors_of(sets, 4 * shape.ways), 0);
        add("plan", "tags of admitted rows", 0, sectors_of(entered, 4));
    }
    add("plan", "locations of runs", a_word_a_run, a_word_a_run);
    add("plan", "locations of lookups", 2 * a_word_each, a_word_each);

    if (!after.empty()) {
        // For every run whether it moves; for those that do their slot, their first key's place, and the key.
        add("moves", "decisions", a_word_a_run + sectors_of(12 * static_cast<std::int64_t>(admitted.size())), 0);
        add("moves", "admitted rows", sectors_of(admitted, shape.row_bytes), sectors_of(entered, line_bytes));
        add("moves", "rows written back", sectors_of(left, line_bytes), sectors_of(written_back, shape.row_bytes));
    }

    add("forward", "locations, offsets", a_word_each + offsets, 0);
    add("forward", "lines", used_lines, 0);
    add("forward", "stored rows", used_rows, 0);
    add("forward", "outputs", 0, outputs);

    add("backward", "runs, positions, bags", 2 * a_word_each + 2 * a_word_a_run, 0);
    add("backward", "gradients", outputs, 0);
    add("backward", "lines", used_lines, used_lines);
    add("backward", "stored rows", used_rows, used_rows);
    add("backward", "optimizer state", states, states);
    return terms;
}

}  // namespace traffic
