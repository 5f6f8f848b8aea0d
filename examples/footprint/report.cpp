// SPDX-License-Identifier: Apache-2.0
#include "report.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

#include "examples/support/text.hpp"

namespace footprint {
namespace {

using Line = std::vector<std::string>;

std::string megabytes(std::int64_t bytes) { return examples::format("%.1f", static_cast<double>(bytes) * 1e-6); }

template <std::size_t N, class Enum>
std::string name(std::array<std::string_view, N> const& names, Enum value) {
    return std::string(names[static_cast<std::size_t>(value)]);
}

Line line_of(Policies const& policies, Options const& options) {
    hotrow::Footprint const bytes = bytes_of(policies, options.sizes);
    double const rows = std::accumulate(options.sizes.table_rows.begin(), options.sizes.table_rows.end(), 0.0);
    std::int64_t const fit = rows_that_fit(policies, options.sizes, static_cast<std::int64_t>(options.budget * 1e9));
    return {std::to_string(policies.dim),
            name(format_names, policies.format),
            name(eviction_names, policies.eviction),
            name(optimizer_names, policies.optimizer),
            megabytes(bytes.stored_rows),
            megabytes(bytes.lines),
            megabytes(bytes.cache() - bytes.lines),
            megabytes(bytes.optimizer_state),
            megabytes(bytes.control + bytes.workspace),
            megabytes(bytes.total()),
            examples::format("%.2f", rows * 4.0 * policies.dim / static_cast<double>(bytes.embedding())),
            examples::format("%.1f", static_cast<double>(fit) * 1e-6)};
}

std::string aligned(std::vector<Line> const& lines) {
    std::vector<std::size_t> widths(lines.front().size());
    for (auto const& line : lines) {
        for (std::size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], line[i].size());
    }
    std::string text;
    constexpr std::size_t words = 4;  // to the left; numbers to the right
    for (auto const& line : lines) {
        for (std::size_t i = 0; i < line.size(); ++i) {
            std::string const gap(widths[i] - line[i].size(), ' ');
            text += (i == 0 ? "" : "  ") + (i < words ? line[i] + gap : gap + line[i]);
        }
        text += '\n';
    }
    return text;
}

}  // namespace

std::string table(Options const& options) {
    std::vector<Line> lines{
        {"dim", "rows", "eviction", "optimizer", "stored", "lines", "tags etc.", "state", "plans", "total MB", "FP32/rows+cache", "fit, million rows"}};
    for (int const dim : options.dims)
        for (Format const format : options.formats)
            for (Eviction const eviction : options.evictions)
                for (Optimizer const optimizer : options.optimizers) lines.push_back(line_of({dim, format, eviction, optimizer}, options));
    return aligned(lines);
}

}  // namespace footprint
