// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "batch/batch.hpp"
#include "batch/keys.hpp"
#include "batch/plan.hpp"
#include "batch/workspace.hpp"
#include "cache/cache.hpp"
#include "cache/geometry.hpp"
#include "cache/set_walk.hpp"
#include "embedding_view.hpp"
#include "error.hpp"
#include "footprint.hpp"
#include "kernels/backward.hpp"
#include "kernels/bookkeeping.hpp"
#include "kernels/forward.hpp"
#include "kernels/moves.hpp"
#include "kernels/rows.hpp"
#include "memory/buffer.hpp"
#include "optimizer/optimizer.hpp"
#include "options.hpp"
#include "statistics.hpp"
#include "storage/row_format.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <type_traits>

namespace hotrow {

/// A batch of embedding tables of one `Dim`, stored in low precision behind one shared cache of full-precision rows, and
/// trained in place.
///
/// A step is `plan` (dedupe, locate, admit, evict), `forward`, `backward` (gradients summed per row, optimizer,
/// rounding). Every touched row gets exactly one optimizer update a step; the same seed and inputs give the same bits
/// on `Host` and `Cuda`. All memory that spans point to is of the backend, unless said otherwise.
///
/// * `Dim`: 1 to 1024 elements a row.
/// * `RowFormatType`: `RowFormat<Precision, Quantizer, Rounding>`, how rows are stored.
/// * `CacheType`: `Cache<Associativity, Eviction, Line, Admission>`.
/// * `OptimizerType`: `Sgd`, `RowwiseAdagrad`, ...
/// * `Backend`: `Host`, or `Cuda` from hotrow/cuda.hpp.
/// * `RowId`: `std::uint32_t` serves up to 2^32 - 2 rows and lines together, `std::uint64_t` any number.
///
/// Sources: "Mixed-Precision Embedding Using a Cache" (arXiv 2010.11305); "Training with Low-precision Embedding Tables" (2018).
template <int Dim, class RowFormatType, class CacheType, class OptimizerType, class Backend, class RowId = std::uint32_t>
class CachedEmbedding {
    static_assert(Dim >= 1 && Dim <= 1024, "CachedEmbedding: Dim must be 1 to 1024");
    static_assert(Optimizer<OptimizerType>, "CachedEmbedding: the optimizer lacks RowState, initial_state() or update<Dim>(tile, row, gradient, state)");
    static_assert(std::is_same_v<RowId, std::uint32_t> || std::is_same_v<RowId, std::uint64_t>,
                  "CachedEmbedding: RowId must be std::uint32_t or std::uint64_t");

public:
    using Options = EmbeddingOptions<OptimizerType>;
    using View = EmbeddingView<Dim, RowFormatType, CacheType, OptimizerType, RowId>;
    using Stream = typename Backend::Stream;
    static constexpr int dim = Dim;

    /// Allocates and initialises all rows. Throws `OptionError` for options that cannot be honoured.
    explicit CachedEmbedding(const Options& options, Stream stream = Stream{})
        : options_(checked(options)), backend_(std::make_unique<Backend>(options.threads)), geometry_(geometry_of(options)) {
        const Footprint sizes = footprint_without_workspace(options_);
        const std::int64_t rows = static_cast<std::int64_t>(geometry_.rows);
        const std::int64_t slots = static_cast<std::int64_t>(slot_count());
        stored_ = {*backend_, sizes.stored_rows};
        lines_ = {*backend_, slots * View::line_stride};
        tags_ = {*backend_, slots};
        scores_ = {*backend_, slots};
        dirty_ = {*backend_, slots};
        row_states_ = {*backend_, has_row_state ? rows : 1};
        table_begin_ = {*backend_, static_cast<std::int64_t>(options_.table_rows.size()) + 1};
        ranges_ = {*backend_, static_cast<std::int64_t>(options_.table_rows.size())};
        state_ = {*backend_, 1};
        reserve(options_.max_lookups);
        initialise(stream);
    }

    // --- a training step -------------------------------------------------------------------------------------

    /// Plans a batch: finds its unique rows, decides what the cache admits and evicts, and moves those rows. Until
    /// `backward` or `release` ends the plan, its rows stay where they are, and no other batch can be planned.
    /// Throws `ShapeError`, `IndexError` (`Host` with `Bounds::report`) or `PlanError`, before anything changes.
    template <Index I>
    [[nodiscard]] Plan<I> plan(const Batch<I>& batch, Stream stream = Stream{}) {
        if (in_flight_ != 0) {
            throw PlanError("hotrow: plan " + std::to_string(in_flight_) + " is in flight and the limit is 1; end it with backward or release first");
        }
        const BatchView<I> seen = shaped(batch);
        const View v = view();
        reserve(seen.lookups);
        PlanView<RowId>& plan = workspace_.plan;
        plan.lookups = seen.lookups;

        if (seen.lookups > 0) {
            constexpr std::uint32_t block = Backend::key_block;
            check_offsets(seen, stream);
            backend_->template for_each<1>(stream, (seen.lookups + block - 1u) / block, detail::MakeKeys<View, I>{v, seen, plan, block});
            backend_->template for_each<1>(stream, 1, detail::RecordBadIndex<View, I>{v, seen});
            if constexpr (Backend::is_host) check(stream);
        }
        backend_->template for_each<1>(stream, 1, detail::AdvanceStep<View>{v});
        if (seen.lookups > 0) {
            constexpr int set_lanes = Backend::template lanes_of_set<CacheType::ways>;
            backend_->sort(stream, plan.keys, workspace_.other_keys, plan.positions, workspace_.other_positions, seen.lookups, geometry_.mixer.bits,
                           workspace_.scratch, workspace_.scratch_bytes);
            backend_->find_runs(stream, plan.keys, seen.lookups, plan.run_of, plan.run_begin, plan.run_count, workspace_.scratch,
                                workspace_.scratch_bytes);
            backend_->template for_each_run_counting<set_lanes>(stream, seen.lookups, plan.run_count, detail::WalkSets<View>{v, plan},
                                                                &state_.data()->counts);
            if (geometry_.sets > 0) {
                backend_->template for_each_run<row_lanes>(stream, seen.lookups, plan.run_count, detail::MoveRows<View>{v, plan});
            }
            backend_->template for_each<1>(stream, seen.lookups, detail::SpreadLocations<View>{plan});
        }
        in_flight_ = ++sequence_;
        return {state_.data(), in_flight_, seen};
    }

    /// Pooled rows of a planned batch: `output` is [tables * batch_size][Dim] (sum, mean) or [lookups][Dim] (none), of
    /// float, `Float16` or `BFloat16`. Sums are made in FP32, in the shape that `reduction` fixes.
    template <Index I, class Scalar, std::size_t Extent>
    void forward(const Plan<I>& plan, std::span<Scalar, Extent> output, Stream stream = Stream{}) {
        require_current(plan, "forward");
        const BatchView<I>& batch = plan.batch;
        const std::uint64_t rows = output_rows(batch);
        require_size(output.data(), output.size(), rows, "output");
        using Locations = detail::PlannedLocations<View, I>;
        const Locations locations{workspace_.plan.locations, batch.lookups};
        float* partial_sums = nullptr;
        if constexpr (!Backend::is_host) {
            if (batch.pooling != Pooling::none && batch.lookups > reduction::chunk_length) {
                partial_sums = workspace_.plan.partial_sums;
                backend_->template for_each<row_lanes>(stream, batch.lookups / reduction::chunk_length,
                                                       detail::PoolChunks<View, I, Locations>{view(), batch, locations, partial_sums});
            }
        }
        backend_->template for_each<row_lanes>(stream, rows, detail::PoolBags<View, I, Scalar, Locations>{view(), batch, locations, partial_sums, output.data()});
    }

    /// `plan` and `forward` in one; the returned plan is for `backward`.
    template <Index I, class Scalar, std::size_t Extent>
    [[nodiscard]] Plan<I> forward(const Batch<I>& batch, std::span<Scalar, Extent> output, Stream stream = Stream{}) {
        require_size(output.data(), output.size(), output_rows(shaped(batch)), "output");
        const Plan<I> planned = plan(batch, stream);
        forward(planned, output, stream);
        return planned;
    }

    /// Ends a plan with one optimizer update for each of its rows. `gradient` has the shape of the output. The gradients
    /// that a row gets are summed first; the new row goes to its line, or is encoded with the rounding of the row format. Updates
    /// with a NaN or infinite result are rejected and counted.
    template <Index I, class Scalar, std::size_t Extent>
    void backward(const Plan<I>& plan, std::span<Scalar, Extent> gradient, Stream stream = Stream{}) {
        require_current(plan, "backward");
        const BatchView<I>& batch = plan.batch;
        require_size(gradient.data(), gradient.size(), output_rows(batch), "output gradient");
        const PlanView<RowId>& planned = workspace_.plan;
        const detail::RunGradients<View, I, std::remove_const_t<Scalar>> source{batch, planned, gradient.data()};
        if (batch.lookups > reduction::chunk_length) {
            backend_->template for_each<row_lanes>(stream, batch.lookups / reduction::chunk_length,
                                                   detail::SumGradientChunks<View, I, std::remove_const_t<Scalar>>{source});
        }
        if (batch.lookups > 0) {
            backend_->template for_each_run_counting<row_lanes>(stream, batch.lookups, planned.run_count,
                                                                detail::UpdateRows<View, I, std::remove_const_t<Scalar>>{view(), source},
                                                                &state_.data()->counts);
        }
        in_flight_ = 0;
    }

    /// Ends a plan that gets no backward.
    template <Index I>
    void release(const Plan<I>& plan) {
        require_current(plan, "release");
        in_flight_ = 0;
    }

    // --- reading, writing, counting ---------------------------------------------------------------------------

    /// Pooled rows without a plan: probes the tags, admits nothing, counts nothing. For evaluation and serving.
    template <Index I, class Scalar, std::size_t Extent>
    void lookup(const Batch<I>& batch, std::span<Scalar, Extent> output, Stream stream = Stream{}) {
        const BatchView<I> seen = shaped(batch);
        const std::uint64_t rows = output_rows(seen);
        require_size(output.data(), output.size(), rows, "output");
        if (seen.lookups > 0) {
            check_offsets(seen, stream);
            backend_->template for_each<1>(stream, seen.bags, detail::CheckIndices<View, I>{view(), seen});
            backend_->template for_each<1>(stream, 1, detail::RecordBadIndex<View, I>{view(), seen});
            if constexpr (Backend::is_host) check(stream);
        }
        using Locations = detail::ProbedLocations<View, I>;
        backend_->template for_each<row_lanes>(stream, rows, detail::PoolBags<View, I, Scalar, Locations>{view(), seen, {}, nullptr, output.data()});
    }

    /// Encodes every dirty line to its stored row. Lines stay cached, now clean.
    void flush(Stream stream = Stream{}) {
        backend_->template for_each<row_lanes>(stream, slot_count(), detail::FlushLines<View>{view()});
    }

    /// Current values of rows `first_row ..` of a table, as many as fit `values` ([rows][Dim], host memory). Waits for the stream.
    void read_rows(int table, std::int64_t first_row, std::span<float> values, Stream stream = Stream{}) {
        const std::uint64_t first = checked_range(table, first_row, values.size());
        in_pieces(values.size(), [&](std::size_t done, std::size_t size, float* staging) {
            backend_->template for_each<row_lanes>(stream, size / Dim, detail::ReadRows<View>{view(), first + done / Dim, staging});
            Backend::to_host(values.data() + done, staging, size * sizeof(float), stream);
        });
    }

    /// Sets rows `first_row ..` of a table to finite `values` ([rows][Dim], host memory): the line of a cached row, else
    /// the stored row, encoded. Optimizer state stays. Throws `NonFiniteError` before anything changes. Waits for the stream.
    void write_rows(int table, std::int64_t first_row, std::span<const float> values, Stream stream = Stream{}) {
        const std::uint64_t first = checked_range(table, first_row, values.size());
        for (std::size_t i = 0; i < values.size(); ++i) {
            if (!arithmetic::is_finite(values[i])) {
                throw NonFiniteError("hotrow: write_rows: value " + std::to_string(i % Dim) + " of row " + std::to_string(first_row + static_cast<std::int64_t>(i / Dim)) + " is " +
                                     std::to_string(values[i]) + "; rows must be finite");
            }
        }
        in_pieces(values.size(), [&](std::size_t done, std::size_t size, float* staging) {
            Backend::from_host(staging, values.data() + done, size * sizeof(float), stream);
            backend_->template for_each<row_lanes>(stream, size / Dim, detail::WriteRows<View>{view(), first + done / Dim, staging});
            Backend::synchronise(stream);
        });
    }

    /// New hyperparameters (the learning rate, say), from the next `backward` in stream order on.
    void set_optimizer(const OptimizerType& optimizer, Stream stream = Stream{}) {
        backend_->template for_each<1>(stream, 1, detail::SetOptimizer<View>{view(), optimizer});
    }

    /// What happened so far. Waits for the stream.
    Statistics statistics(Stream stream = Stream{}) const {
        const DeviceState<OptimizerType> state = fetched_state(stream);
        const std::uint64_t* value = state.counts.value;
        Statistics s;
        s.steps = state.step - steps_at_reset_;
        s.lookups = value[detail::lookups];
        s.unique_rows = value[detail::unique_rows];
        s.hits = value[detail::hits];
        s.misses = value[detail::misses];
        s.conflict_misses = value[detail::conflict_misses];
        s.admissions = value[detail::admissions];
        s.evictions = value[detail::evictions];
        s.write_backs = value[detail::write_backs];
        s.clean_evictions = value[detail::clean_evictions];
        s.rejected_updates = value[detail::rejected_updates];
        s.bad_indices = value[detail::bad_indices];
        return s;
    }

    /// Waits for the stream.
    void reset_statistics(Stream stream = Stream{}) {
        steps_at_reset_ = fetched_state(stream).step;
        backend_->template for_each<1>(stream, 1, detail::ResetCounts<View>{view()});
    }

    /// Throws what kernels reported since the last call: `ShapeError` for offsets, `IndexError` for an index (with
    /// `Bounds::report`). On `Host`, `plan` and `lookup` call it themselves. Waits for the stream.
    void check(Stream stream = Stream{}) {
        const detail::BadInput bad = fetched_state(stream).bad_input;
        if (bad.position == detail::BadInput::none && bad.bag == detail::BadInput::none) return;
        backend_->template for_each<1>(stream, 1, detail::ResetReports<View>{view()});
        if (bad.bag != detail::BadInput::none) {
            throw ShapeError("hotrow: the offsets of bag " + std::to_string(bad.bag) +
                             " decrease, do not start at 0 or do not end at the number of lookups; give tables * batch_size + 1 non-decreasing offsets");
        }
        if (options_.bounds == Bounds::report) {
            throw IndexError("hotrow: index " + std::to_string(bad.index) + " of lookup " + std::to_string(bad.position) + " is outside table " +
                             std::to_string(bad.table) + ", which has " + std::to_string(bad.limit) + " rows; correct it, or choose Bounds::skip");
        }
    }

    // --- sizes -------------------------------------------------------------------------------------------------

    /// Makes room for batches of up to `lookups` lookups; afterwards smaller batches allocate nothing. Throws `PlanError` while a plan is in flight.
    void reserve(std::int64_t lookups) {
        if (lookups <= reserved_) return;
        if (in_flight_ != 0) throw PlanError("hotrow: reserve(" + std::to_string(lookups) + ") while plan " + std::to_string(in_flight_) + " is in flight; end it first");
        using Space = detail::Workspace<RowId, Backend>;
        const std::size_t bytes = Space(*backend_, lookups, geometry_.mixer.bits, Dim, nullptr).bytes;
        detail::Buffer<std::byte, Backend> block(*backend_, static_cast<std::int64_t>(bytes));
        workspace_ = Space(*backend_, lookups, geometry_.mixer.bits, Dim, block.data());
        workspace_block_ = std::move(block);
        reserved_ = lookups;
    }

    /// Bytes that this embedding has allocated.
    Footprint footprint() const {
        Footprint f = footprint_without_workspace(options_);
        f.workspace = static_cast<std::int64_t>(workspace_block_.bytes());
        return f;
    }

    /// Bytes that an embedding with these options allocates.
    static Footprint footprint(const Options& options) {
        Footprint f = footprint_without_workspace(checked(options));
        const Backend backend(options.threads);
        f.workspace = static_cast<std::int64_t>(
            detail::Workspace<RowId, Backend>(backend, options.max_lookups, geometry_of(options).mixer.bits, Dim, nullptr).bytes);
        return f;
    }

    const Options& options() const { return options_; }
    /// Rows of all tables.
    std::int64_t rows() const { return static_cast<std::int64_t>(geometry_.rows); }
    /// Lines of the cache.
    std::int64_t lines() const { return static_cast<std::int64_t>(slot_count()); }

    /// What kernels see: trivially copyable, valid while this embedding lives.
    View view() const {
        return {stored_.data(), lines_.data(), tags_.data(), scores_.data(), dirty_.data(), row_states_.data(), table_begin_.data(),
                state_.data(),  geometry_,     options_.seed, static_cast<std::uint32_t>(options_.table_rows.size())};
    }

private:
    static constexpr int row_lanes = Backend::template lanes_of_row<Dim>;
    static constexpr bool has_row_state = !std::is_empty_v<typename OptimizerType::RowState>;

    static const Options& checked(const Options& options) {
        if (options.table_rows.empty()) throw OptionError("hotrow: table_rows is empty; give the rows of at least one table");
        std::uint64_t rows = 0;
        for (std::size_t t = 0; t < options.table_rows.size(); ++t) {
            const std::int64_t n = options.table_rows[t];
            if (n < 1) throw OptionError("hotrow: table_rows[" + std::to_string(t) + "] is " + std::to_string(n) + "; a table has at least 1 row");
            rows += static_cast<std::uint64_t>(n);
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
        check_lookups(options.max_lookups, "max_lookups");
        const std::uint64_t places = rows + set_count(options, rows) * static_cast<std::uint64_t>(CacheType::ways);
        constexpr std::uint64_t limit = std::numeric_limits<RowId>::max() - 2u;
        if (places > limit) {
            throw OptionError("hotrow: rows and lines are " + std::to_string(places) + ", and this RowId serves " + std::to_string(limit) +
                              "; use CachedEmbedding<..., std::uint64_t>");
        }
        return options;
    }

    static void check_lookups(std::int64_t lookups, const char* what) {
        constexpr std::int64_t limit = std::numeric_limits<std::int32_t>::max() - 1024;
        if (lookups < 0 || lookups > limit) {
            throw ShapeError("hotrow: " + std::string(what) + " is " + std::to_string(lookups) + " and the limit is " + std::to_string(limit) +
                             "; split the batch");
        }
    }

    static std::uint64_t set_count(const Options& options, std::uint64_t rows) {
        if (options.cache_sets) return static_cast<std::uint64_t>(*options.cache_sets);
        if (options.cache_fraction == 0.0) return 0;
        const double sets = options.cache_fraction * static_cast<double>(rows) / CacheType::ways;
        return sets < 1.0 ? 1u : static_cast<std::uint64_t>(sets + 0.5);
    }

    static Geometry<RowId> geometry_of(const Options& options) {
        std::uint64_t rows = 0;
        for (const std::int64_t n : options.table_rows) rows += static_cast<std::uint64_t>(n);
        return {rows, set_count(options, rows)};
    }

    static Footprint footprint_without_workspace(const Options& options) {
        const Geometry<RowId> geometry = geometry_of(options);
        const std::int64_t rows = static_cast<std::int64_t>(geometry.rows);
        const std::int64_t slots = static_cast<std::int64_t>(geometry.sets) * CacheType::ways;
        const std::int64_t tables = static_cast<std::int64_t>(options.table_rows.size());
        Footprint f;
        f.stored_rows = rows * View::Layout::stride;
        f.lines = slots * View::line_stride * static_cast<std::int64_t>(sizeof(float));
        f.tags = slots * static_cast<std::int64_t>(sizeof(RowId));
        f.scores = slots * static_cast<std::int64_t>(sizeof(typename View::Score));
        f.dirty_flags = slots;
        f.optimizer_state = (has_row_state ? rows : 1) * static_cast<std::int64_t>(sizeof(typename OptimizerType::RowState));
        f.control = static_cast<std::int64_t>(sizeof(DeviceState<OptimizerType>)) + (tables + 1) * static_cast<std::int64_t>(sizeof(std::uint64_t)) +
                    tables * static_cast<std::int64_t>(sizeof(float));
        return f;
    }

    std::uint64_t slot_count() const { return geometry_.sets * static_cast<std::uint64_t>(CacheType::ways); }

    void initialise(Stream stream) {
        const std::size_t tables = options_.table_rows.size();
        std::vector<std::uint64_t> begin(tables + 1, 0);
        std::vector<float> ranges(tables);
        for (std::size_t t = 0; t < tables; ++t) {
            begin[t + 1] = begin[t] + static_cast<std::uint64_t>(options_.table_rows[t]);
            ranges[t] = options_.initial_range ? *options_.initial_range : static_cast<float>(std::sqrt(1.0 / static_cast<double>(options_.table_rows[t])));
        }
        DeviceState<OptimizerType> state{};
        state.optimizer = options_.optimizer;
        Backend::from_host(table_begin_.data(), begin.data(), begin.size() * sizeof(std::uint64_t), stream);
        Backend::from_host(ranges_.data(), ranges.data(), ranges.size() * sizeof(float), stream);
        Backend::from_host(state_.data(), &state, sizeof(state), stream);
        backend_->template for_each<row_lanes>(stream, geometry_.rows, detail::InitialiseRows<View>{view(), ranges_.data()});
        backend_->template for_each<1>(stream, slot_count(), detail::ClearSlots<View>{view()});
        Backend::synchronise(stream);
    }

    template <Index I>
    BatchView<I> shaped(const Batch<I>& batch) const {
        check_lookups(static_cast<std::int64_t>(batch.indices.size()), "the number of lookups");
        if (batch.batch_size < 0) throw ShapeError("hotrow: batch_size is " + std::to_string(batch.batch_size) + "; give 0 or more");
        const std::size_t bags = options_.table_rows.size() * static_cast<std::size_t>(batch.batch_size);
        check_lookups(static_cast<std::int64_t>(bags), "tables * batch_size");
        if (batch.offsets.size() != bags + 1) {
            throw ShapeError("hotrow: " + std::to_string(batch.offsets.size()) + " offsets were given; tables * batch_size + 1 = " + std::to_string(bags + 1) +
                             " are needed");
        }
        if (!batch.weights.empty() && batch.weights.size() != batch.indices.size()) {
            throw ShapeError("hotrow: " + std::to_string(batch.weights.size()) + " weights were given for " + std::to_string(batch.indices.size()) +
                             " indices; give one each, or none");
        }
        if (bags == 0 && !batch.indices.empty()) {
            throw ShapeError("hotrow: " + std::to_string(batch.indices.size()) + " indices were given with batch_size 0; they belong to no bag");
        }
        return {batch.indices.data(), batch.offsets.data(), batch.weights.empty() ? nullptr : batch.weights.data(),
                static_cast<std::uint32_t>(batch.indices.size()), static_cast<std::uint32_t>(bags), static_cast<std::uint32_t>(batch.batch_size),
                batch.pooling};
    }

    template <Index I>
    static std::uint64_t output_rows(const BatchView<I>& batch) {
        return batch.pooling == Pooling::none ? batch.lookups : batch.bags;
    }

    template <class Scalar>
    static void require_size(const Scalar* data, std::size_t size, std::uint64_t rows, const char* what) {
        if (size != rows * Dim) {
            throw ShapeError("hotrow: the " + std::string(what) + " has " + std::to_string(size) + " elements; " + std::to_string(rows) + " rows of " +
                             std::to_string(Dim) + " are needed");
        }
        if (Dim % 4 == 0 && reinterpret_cast<std::uintptr_t>(data) % (4 * sizeof(Scalar)) != 0) {
            throw ShapeError("hotrow: the " + std::string(what) + " must be aligned to " + std::to_string(4 * sizeof(Scalar)) + " bytes, the width of one access");
        }
    }

    template <Index I>
    void require_current(const Plan<I>& plan, const char* call) const {
        if (plan.owner != state_.data() || plan.sequence != in_flight_ || in_flight_ == 0) {
            throw PlanError("hotrow: " + std::string(call) + " was given plan " + std::to_string(plan.sequence) +
                            (plan.owner != state_.data() ? " of another embedding" : ", which has ended") + "; in flight is " +
                            (in_flight_ == 0 ? std::string("none") : std::to_string(in_flight_)));
        }
    }

    template <Index I>
    void check_offsets(const BatchView<I>& batch, Stream stream) {
        backend_->template for_each<1>(stream, batch.bags, detail::CheckOffsets<View, I>{view(), batch});
    }

    std::uint64_t checked_range(int table, std::int64_t first_row, std::size_t size) const {
        const std::size_t tables = options_.table_rows.size();
        if (table < 0 || static_cast<std::size_t>(table) >= tables) {
            throw IndexError("hotrow: table " + std::to_string(table) + " was asked for; there are " + std::to_string(tables));
        }
        const std::int64_t rows = options_.table_rows[static_cast<std::size_t>(table)];
        if (size % Dim != 0) throw ShapeError("hotrow: " + std::to_string(size) + " values are no whole rows of " + std::to_string(Dim));
        const std::int64_t count = static_cast<std::int64_t>(size / Dim);
        if (first_row < 0 || first_row > rows || count > rows - first_row) {
            throw IndexError("hotrow: rows " + std::to_string(first_row) + " to " + std::to_string(first_row + count) + " were asked for; table " +
                             std::to_string(table) + " has " + std::to_string(rows));
        }
        std::uint64_t first = static_cast<std::uint64_t>(first_row);
        for (int t = 0; t < table; ++t) first += static_cast<std::uint64_t>(options_.table_rows[static_cast<std::size_t>(t)]);
        return first;
    }

    /// Calls `move(first value, values, staging)` for pieces that a bounded staging buffer in the backend's memory holds.
    template <class F>
    void in_pieces(std::size_t values, F&& move) {
        constexpr std::size_t piece = std::size_t{1} << 14;  // rows
        const std::size_t most = values < piece * Dim ? values : piece * Dim;
        detail::Buffer<float, Backend> staging(*backend_, static_cast<std::int64_t>(most));
        for (std::size_t done = 0; done < values; done += most) {
            move(done, values - done < most ? values - done : most, staging.data());
        }
    }

    DeviceState<OptimizerType> fetched_state(Stream stream) const {
        DeviceState<OptimizerType> state;
        Backend::to_host(&state, state_.data(), sizeof(state), stream);
        return state;
    }

    Options options_;
    std::unique_ptr<Backend> backend_;  // before the buffers, which give their memory back to it
    Geometry<RowId> geometry_;
    detail::Buffer<std::byte, Backend> stored_;
    detail::Buffer<float, Backend> lines_;
    detail::Buffer<RowId, Backend> tags_;
    detail::Buffer<typename View::Score, Backend> scores_;
    detail::Buffer<std::uint8_t, Backend> dirty_;
    detail::Buffer<typename OptimizerType::RowState, Backend> row_states_;
    detail::Buffer<std::uint64_t, Backend> table_begin_;
    detail::Buffer<float, Backend> ranges_;
    detail::Buffer<DeviceState<OptimizerType>, Backend> state_;
    detail::Buffer<std::byte, Backend> workspace_block_;
    detail::Workspace<RowId, Backend> workspace_;
    std::int64_t reserved_ = 0;
    std::uint64_t sequence_ = 0;
    std::uint64_t in_flight_ = 0;
    std::uint64_t steps_at_reset_ = 0;
};

}  // namespace hotrow
