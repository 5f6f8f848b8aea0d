// SPDX-License-Identifier: Apache-2.0
#include "trace.hpp"

#include "../zipf.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <numeric>
#include <random>
#include <string_view>
#include <unordered_map>

namespace hit_rate {
namespace {

constexpr std::size_t criteo_tables = 26;
constexpr std::size_t criteo_fields = 1 + 13 + criteo_tables;
constexpr std::size_t zipf_lookups_per_sample = 26;

std::string content_of(const std::filesystem::path& file) {
    std::ifstream input(file, std::ios::binary);
    if (!input || std::filesystem::is_directory(file)) throw TraceError(file.string() + ": cannot be opened for reading");
    return {std::istreambuf_iterator<char>(input), {}};
}

/// Numbers texts in the order in which they first occur. The texts must outlive it.
class Dictionary {
public:
    std::uint32_t number_of(std::string_view text) { return numbers_.try_emplace(text, static_cast<std::uint32_t>(numbers_.size())).first->second; }
    std::size_t size() const { return numbers_.size(); }

private:
    std::unordered_map<std::string_view, std::uint32_t> numbers_;
};

/// Calls `f(line)` for each line; a last one without a line feed counts, an empty last one does not.
template <class F>
void for_each_line(std::string_view text, F&& f) {
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        f(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
}

bool is_letter(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 128 || (byte >= 'a' && byte <= 'z');
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

std::uint32_t Trace::rows() const { return static_cast<std::uint32_t>(std::accumulate(table_rows.begin(), table_rows.end(), std::int64_t{0})); }

std::vector<std::uint32_t> Trace::table_begin() const {
    std::vector<std::uint32_t> begin{0};
    for (const std::int64_t rows : table_rows) begin.push_back(begin.back() + static_cast<std::uint32_t>(rows));
    return begin;
}

Trace read_criteo(const std::filesystem::path& file) {
    Trace trace{"criteo", {}, {}, {0}};
    const std::string text = content_of(file);
    std::vector<Dictionary> tables(criteo_tables);
    for_each_line(text, [&](std::string_view line) {
        if (line.ends_with('\r')) line.remove_suffix(1);
        const auto fields = static_cast<std::size_t>(std::count(line.begin(), line.end(), '\t')) + 1;
        if (fields != criteo_fields) {
            throw TraceError(file.string() + ": line " + std::to_string(trace.samples() + 1) + " has " + std::to_string(fields) + " fields instead of " +
                             std::to_string(criteo_fields));
        }
        for (std::size_t field = 0; field < criteo_fields; ++field) {
            const std::size_t end = std::min(line.find('\t'), line.size());
            if (field >= criteo_fields - criteo_tables) {
                Dictionary& table = tables[field - (criteo_fields - criteo_tables)];
                trace.lookups.push_back(table.number_of(line.substr(0, end)));
            }
            line.remove_prefix(std::min(end + 1, line.size()));
        }
        trace.sample_begin.push_back(trace.lookups.size());
    });
    if (trace.lookups.empty()) throw TraceError(file.string() + ": holds no samples");
    for (const Dictionary& table : tables) trace.table_rows.push_back(static_cast<std::int64_t>(table.size()));
    const std::vector<std::uint32_t> begin = trace.table_begin();
    for (std::size_t i = 0; i < trace.lookups.size(); ++i) trace.lookups[i] += begin[i % criteo_tables];
    return trace;
}

Trace read_text(const std::filesystem::path& file) {
    Trace trace{"text", {}, {}, {0}};
    std::string text = content_of(file);
    std::transform(text.begin(), text.end(), text.begin(), lower);
    Dictionary words;
    for_each_line(text, [&](std::string_view line) {
        while (!line.empty()) {
            const auto end = std::find_if_not(line.begin(), line.end(), is_letter);
            const auto length = static_cast<std::size_t>(end - line.begin());
            if (length > 0) trace.lookups.push_back(words.number_of(line.substr(0, length)));
            line.remove_prefix(std::max<std::size_t>(length, 1));
        }
        if (trace.lookups.size() > trace.sample_begin.back()) trace.sample_begin.push_back(trace.lookups.size());
    });
    if (trace.lookups.empty()) throw TraceError(file.string() + ": holds no words");
    trace.table_rows = {static_cast<std::int64_t>(words.size())};
    return trace;
}

Trace make_zipf(double exponent, std::uint32_t rows, std::size_t lookups, std::uint64_t seed) {
    if (rows == 0 || lookups == 0) throw TraceError("a Zipf trace needs at least one row and one lookup");
    Trace trace{"zipf", {rows}, {}, {0}};
    std::mt19937_64 random(seed);
    const bench::Zipf draw(exponent, rows, random);
    for (std::size_t i = 0; i < lookups; ++i) {
        trace.lookups.push_back(static_cast<std::uint32_t>(draw(random)));
        if (trace.lookups.size() % zipf_lookups_per_sample == 0) trace.sample_begin.push_back(trace.lookups.size());
    }
    if (trace.sample_begin.back() != lookups) trace.sample_begin.push_back(lookups);
    return trace;
}

std::vector<std::size_t> batch_begins(const Trace& trace, std::size_t samples) {
    std::vector<std::size_t> begins;
    if (samples <= 1) {
        begins.resize(trace.lookups.size() + 1);
        std::iota(begins.begin(), begins.end(), std::size_t{0});
        return begins;
    }
    for (std::size_t sample = 0; sample < trace.samples(); sample += samples) begins.push_back(trace.sample_begin[sample]);
    begins.push_back(trace.lookups.size());
    return begins;
}

}  // namespace hit_rate
