// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../batch/plan.hpp"
#include "../cache/geometry.hpp"
#include "../execution/tile.hpp"
#include "../options.hpp"
#include "../storage/generator.hpp"
#include "buffer.hpp"
#include "placement.hpp"
#include "row_file.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace hotrow::detail {

/// What of an embedding a lasting placement keeps beside its records.
struct LastingState {
    std::uint64_t step = 0;
    std::uint64_t lookups = 0;
};

/// The memory behind the cache: stored rows, or records, of all rows, where the placement wants them. `View` is the embedding's.
template <class View, class Backend, bool InFile = View::Presence::is_lazy>
class RecordStore {
public:
    using RowId = typename View::RowId;
    using Options = EmbeddingOptions<typename View::Optimizer, typename View::Placement>;

    RecordStore() = default;
    RecordStore(Backend& backend, const Options&, std::uint64_t rows)
        : memory_(backend, static_cast<std::int64_t>(rows) * View::stored_stride, memory_kind<typename View::Placement>) {}

    /// Fills in where records are.
    void describe(View& view) const { view.stored = memory_.data(); }
    /// Whether first values have still to be written.
    static constexpr bool is_blank = true;
    LastingState lasting() const { return {}; }
    /// Before a plan, or rows `first .. first + count`, may change records.
    void make_room(const Geometry<RowId>&, const PlanView<RowId>&, std::uint64_t) {}
    void make_room_for(std::uint64_t, std::uint64_t) {}
    void make_room_for_lines(std::uint64_t) {}
    void commit(const LastingState&) {}

private:
    Buffer<std::byte, Backend> memory_;
};

/// What tells one table's file from another's, as text: sizes, seed, and what a probe row becomes in the row format.
template <class View, class Options>
std::string describe_table(const Options& options) {
    using Format = typename View::RowFormat;
    using Optimizer = typename View::Optimizer;
    const auto hash = [](std::uint64_t seed, const void* bytes, std::size_t size) {  // FNV-1a
        for (std::size_t i = 0; i < size; ++i) seed = (seed ^ static_cast<const unsigned char*>(bytes)[i]) * 0x100000001B3u;
        return seed;
    };
    const auto hex = [](std::uint64_t value) {
        std::string text(16, '0');
        for (std::size_t i = 16; i-- > 0; value >>= 4) text[i] = "0123456789abcdef"[value & 15u];
        return text;
    };
    constexpr std::uint64_t start = 0xCBF29CE484222325u;
    float probe[RowShape<View::dim, 1>::local] = {};
    for (int i = 0; i < View::dim; ++i) probe[i] = 0.37f * static_cast<float>(i % 17) - 1.0f;
    alignas(64) std::byte row[static_cast<std::size_t>(View::Layout::stride)];
    Format::template initialise<View::dim>(SingleLane{}, probe, row, RandomKey{1u, 2u, 3u});
    std::string text = "dim " + std::to_string(View::dim) + ", rows of " + std::to_string(View::Layout::stride) + " bytes (" + Format::Precision_t::name +
                       ", " + hex(hash(start, row, sizeof(row))) + "), optimizer ";
    if constexpr (requires { std::string(Optimizer::name); }) {
        text += Optimizer::name;
    } else {
        text += "of the user's";
    }
    std::uint64_t first = start;
    if constexpr (View::keeps_row_states) {
        const auto state = options.optimizer.initial_state();
        first = hash(first, &state, sizeof(state));
    }
    if constexpr (requires { options.optimizer.initial_element(0); }) {
        for (int k = 0; k < View::Elements::count; ++k) {
            const float element = options.optimizer.initial_element(k);
            first = hash(first, &element, sizeof(element));
        }
    }
    text += " with " + std::to_string(View::stored_stride - View::Layout::stride) + " bytes a row (" + hex(first) + "), seed " + std::to_string(options.seed) +
            ", first values in +-" + (options.initial_range ? std::to_string(*options.initial_range) : std::string("sqrt(1 / rows)")) + ", tables of";
    constexpr std::size_t shown = 32;
    for (std::size_t t = 0; t < options.table_rows.size() && t < shown; ++t) text += " " + std::to_string(options.table_rows[t]);
    if (options.table_rows.size() > shown) {
        text += " ... (" + std::to_string(options.table_rows.size()) + " tables, " +
                hex(hash(start, options.table_rows.data(), options.table_rows.size() * sizeof(std::int64_t))) + ")";
    }
    return text + " rows";
}

/// Records in a memory-mapped file.
template <class View, class Backend>
class RecordStore<View, Backend, true> {
public:
    using RowId = typename View::RowId;
    using Options = EmbeddingOptions<typename View::Optimizer, typename View::Placement>;

    RecordStore() = default;
    RecordStore(Backend&, const Options& options, std::uint64_t rows)
        : file_(std::make_unique<RowFile>(options.placement.path,
                                          RowFile::Shape{rows, static_cast<std::uint32_t>(View::stored_stride), describe_table<View>(options),
                                                         static_cast<std::uint32_t>(sizeof(LastingState))},
                                          options.placement.resident_bytes)) {
        if (!file_->is_new()) std::memcpy(&lasting_, file_->state().data(), sizeof(lasting_));
    }

    void describe(View& view) const {
        view.file = file_->view();
        view.stored = view.file.record(0);
    }
    static constexpr bool is_blank = false;
    LastingState lasting() const { return lasting_; }

    /// For the unique rows of a batch, and with all that plans in flight, of `lookups` lookups together, may write: each updates its rows, and evicts no more.
    void make_room(const Geometry<RowId>& geometry, const PlanView<RowId>& plan, std::uint64_t lookups) {
        file_->trim();
        file_->reserve(2 * lookups);
        for (std::uint32_t run = 0; run < plan.runs(); ++run) {
            const std::uint64_t row = geometry.row(plan.keys[plan.run_begin[run]]);
            if (row < geometry.rows) file_->allocate(row, 1);
        }
    }
    void make_room_for(std::uint64_t first, std::uint64_t count) {
        file_->reserve(count);
        file_->allocate(first, count);
    }
    /// For a flush. The rows of lines were planned once, and so have their place.
    void make_room_for_lines(std::uint64_t lines) { file_->reserve(lines); }
    void commit(const LastingState& state) {
        file_->commit(std::as_bytes(std::span(&state, 1)));
        lasting_ = state;
    }

private:
    std::unique_ptr<RowFile> file_;
    LastingState lasting_;
};

}  // namespace hotrow::detail
