// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "batch/plan.hpp"
#include "batch/shape.hpp"
#include "cache/eviction/eviction.hpp"
#include "cache/foresight.hpp"
#include "cache/geometry.hpp"
#include "embedding_view.hpp"
#include "error.hpp"
#include "execution/arithmetic.hpp"
#include "footprint.hpp"
#include "memory/record_store.hpp"
#include "optimizer/hyperparameters.hpp"
#include "options.hpp"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>

namespace hotrow::detail {

/// What options mean in rows, sets and bytes, and whether they can be honoured.
template <class View>
struct Sizing {
    using RowId = typename View::RowId;
    using Options = EmbeddingOptions<typename View::Optimizer, typename View::Placement>;
    static constexpr int ways = View::Cache::ways;
    static constexpr bool looks_ahead = hotrow::looks_ahead<typename View::Cache::Eviction>;

    static const Options& checked(const Options& options) {
        if (options.table_rows.empty()) throw OptionError("hotrow: table_rows is empty; give the rows of at least one table");
        std::uint64_t rows = 0;
        for (std::size_t t = 0; t < options.table_rows.size(); ++t) {
            const std::int64_t n = options.table_rows[t];
            if (n < 1) throw OptionError("hotrow: table_rows[" + std::to_string(t) + "] is " + std::to_string(n) + "; a table has at least 1 row");
            rows += static_cast<std::uint64_t>(n);  // both below 2^63
            if (rows > place_limit) throw_too_many("rows", rows, place_limit);
        }
        if (!(options.cache_fraction >= 0.0 && options.cache_fraction <= 1.0)) {
            throw OptionError("hotrow: cache_fraction is " + std::to_string(options.cache_fraction) + "; give 0 (no cache) to 1 (as many lines as rows)");
        }
        if (options.cache_sets && *options.cache_sets < 0) {
            throw OptionError("hotrow: cache_sets is " + std::to_string(*options.cache_sets) + "; give 0 (no cache) or more");
        }
        if (options.initial_range && !(*options.initial_range >= 0.0f && arithmetic::is_finite(*options.initial_range))) {
            throw OptionError("hotrow: initial_range is " + std::to_string(*options.initial_range) + "; give a finite number of at least 0");
        }
        check_hyperparameters(options.optimizer);
        check_lookups(options.max_lookups, "max_lookups");
        if (options.in_flight < 1 || options.in_flight > max_in_flight) {
            throw OptionError("hotrow: in_flight is " + std::to_string(options.in_flight) + "; give 1 to " + std::to_string(max_in_flight));
        }
        const std::uint64_t sets = set_count(options, rows);
        if (sets > set_limit) throw_too_many("sets of the cache", sets, set_limit);
        const std::uint64_t places = rows + sets * static_cast<std::uint64_t>(ways);
        if (places > place_limit) throw_too_many("rows and lines", places, place_limit);
        return options;
    }

    /// Rows and lines that a `RowId` can tell apart; with 64 bits as many as leave all sizes in bytes below 2^63.
    static constexpr std::uint64_t place_limit = sizeof(RowId) == 4 ? std::numeric_limits<RowId>::max() - 2u : std::uint64_t{1} << 48;
    /// `Geometry` multiplies sets by 32 bits of a key.
    static constexpr std::uint64_t set_limit = std::uint64_t{1} << 32;

    [[noreturn]] static void throw_too_many(const char* what, std::uint64_t count, std::uint64_t limit) {
        throw OptionError("hotrow: " + std::string(what) + " are " + std::to_string(count) + ", and the limit is " + std::to_string(limit) +
                          (sizeof(RowId) == 4 ? "; CachedEmbedding<..., std::uint64_t> serves more" : "; use several embeddings"));
    }

    static std::uint64_t set_count(const Options& options, std::uint64_t rows) {
        if (options.cache_sets) return static_cast<std::uint64_t>(*options.cache_sets);
        if (options.cache_fraction == 0.0) return 0;
        const double sets = options.cache_fraction * static_cast<double>(rows) / ways;
        return sets < 1.0 ? 1u : static_cast<std::uint64_t>(std::floor(sets + 0.5));
    }

    static Geometry<RowId> geometry_of(const Options& options) {
        std::uint64_t rows = 0;
        for (const std::int64_t n : options.table_rows) rows += static_cast<std::uint64_t>(n);
        return {rows, set_count(options, rows)};
    }

    /// Different rows that the batches of a generation can look up.
    static std::uint64_t foresight_places(const Options& options, std::int64_t max_lookups) {
        if (!looks_ahead) return 0;
        const std::uint64_t rows = geometry_of(options).rows;
        const std::uint64_t lookups = ForesightView<RowId>::generation_length * static_cast<std::uint64_t>(max_lookups);
        return ForesightView<RowId>::places_for(rows < lookups ? rows : lookups);
    }

    static Footprint footprint(const Options& options, std::int64_t max_lookups) {
        const Geometry<RowId> geometry = geometry_of(options);
        const std::int64_t rows = static_cast<std::int64_t>(geometry.rows);
        const std::int64_t slots = static_cast<std::int64_t>(geometry.sets) * ways;
        const std::int64_t tables = static_cast<std::int64_t>(options.table_rows.size());
        Footprint f;
        f.stored_rows = rows * View::Layout::stride;
        f.lines = slots * View::line_stride * static_cast<std::int64_t>(sizeof(float));
        f.tags = slots * static_cast<std::int64_t>(sizeof(RowId));
        f.scores = View::has_score ? slots * static_cast<std::int64_t>(sizeof(typename View::Score)) : 0;
        f.flags = slots;
        f.ghosts = static_cast<std::int64_t>(geometry.sets) * View::ghosts_per_set * static_cast<std::int64_t>(sizeof(Ghost));
        f.foresight = static_cast<std::int64_t>(ForesightView<RowId>::bytes_of(foresight_places(options, max_lookups)));
        const std::int64_t state_bytes = (View::keeps_row_states ? static_cast<std::int64_t>(sizeof(typename View::RowState)) : 0) + View::element_bytes;
        if constexpr (View::Records::are_joint) {
            f.optimizer_state = rows * (View::stored_stride - View::Layout::stride) + (View::are_in_lines ? slots * state_bytes : 0);
            f.apart = rows * View::stored_stride;
            if constexpr (View::Presence::is_lazy) {
                const std::int64_t whole =
                    static_cast<std::int64_t>(RowFile::bytes_of(geometry.rows, View::stored_stride, describe_table<View>(options).size()));
                f.stored_rows += whole - f.apart;
                f.apart = whole;
            }
        } else {
            f.optimizer_state = rows * state_bytes;
        }
        f.control = static_cast<std::int64_t>(sizeof(DeviceState<typename View::Optimizer>)) + (tables + 1) * static_cast<std::int64_t>(sizeof(std::uint64_t)) +
                    tables * static_cast<std::int64_t>(sizeof(float));
        return f;
    }
};

}  // namespace hotrow::detail
