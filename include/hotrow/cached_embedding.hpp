// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "batch/batch.hpp"
#include "batch/keys.hpp"
#include "batch/plan.hpp"
#include "batch/plans.hpp"
#include "batch/shape.hpp"
#include "batch/workspace.hpp"
#include "cache/cache.hpp"
#include "cache/eviction/fifo.hpp"
#include "cache/eviction/lfu.hpp"
#include "cache/eviction/lookahead.hpp"
#include "cache/eviction/lru.hpp"
#include "cache/eviction/pinned.hpp"
#include "cache/eviction/random.hpp"
#include "cache/eviction/sieve.hpp"
#include "cache/foresight_tables.hpp"
#include "cache/geometry.hpp"
#include "cache/set_walk.hpp"
#include "counters.hpp"
#include "embedding_view.hpp"
#include "error.hpp"
#include "execution/ranges.hpp"
#include "footprint.hpp"
#include "interop/spans.hpp"
#include "kernels/backward.hpp"
#include "kernels/bookkeeping.hpp"
#include "kernels/forward.hpp"
#include "kernels/moves.hpp"
#include "kernels/rows.hpp"
#include "memory/buffer.hpp"
#include "memory/placement.hpp"
#include "memory/record_store.hpp"
#include "optimizer/hyperparameters.hpp"
#include "optimizer/optimizer.hpp"
#include "optimizer/states_view.hpp"
#include "options.hpp"
#include "sizing.hpp"
#include "statistics.hpp"
#include "storage/row_format.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <numeric>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace hotrow {

namespace detail {

/// What is asked for sizes before there is a backend.
template <class Backend>
struct SizeBackendOf {
    using type = Backend;
};
template <class Backend>
    requires requires { typename Backend::Sizes; }
struct SizeBackendOf<Backend> {
    using type = typename Backend::Sizes;
};

}  // namespace detail

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
/// * `OptimizerType`: `Sgd`, `RowwiseAdagrad`, `AdamW<>`, ...; docs/optimizers.md has all.
/// * `Backend`: `Host`, or `Cuda` from hotrow/cuda.cuh.
/// * `RowId`: `std::uint32_t` serves up to 2^32 - 2 rows and lines together, `std::uint64_t` up to 2^48.
/// * `PlacementType`: where stored rows live: `BackendMemory`, `HostMemory`, `ManagedMemory`, `MappedFile`; see memory/placement.hpp.
///
/// Sources: "Mixed-Precision Embedding Using a Cache" (arXiv 2010.11305); "Training with Low-precision Embedding Tables" (2018).
template <int Dim, class RowFormatType, class CacheType, class OptimizerType, class Backend, class RowId = std::uint32_t, class PlacementType = BackendMemory>
class CachedEmbedding : private detail::OptimizerRequirements<OptimizerType> {
    static_assert(Dim >= 1 && Dim <= 1024, "CachedEmbedding: Dim must be 1 to 1024");
    static_assert(std::is_same_v<RowId, std::uint32_t> || std::is_same_v<RowId, std::uint64_t>,
                  "CachedEmbedding: RowId must be std::uint32_t or std::uint64_t");
    static_assert(Placement<PlacementType>, "CachedEmbedding: the placement must be BackendMemory, HostMemory, ManagedMemory or MappedFile");
    static_assert(Backend::is_host || !PlacementType::is_lazy, "CachedEmbedding: MappedFile is for Host; on Cuda take HostMemory or ManagedMemory");

public:
    /// The numbers that an embedding is made from.
    using Options = EmbeddingOptions<OptimizerType, PlacementType>;
    /// What kernels of one's own take.
    using View = EmbeddingView<Dim, RowFormatType, CacheType, OptimizerType, RowId, PlacementType>;
    /// Where work goes in order: nothing on `Host`, a `cudaStream_t` on `Cuda`.
    using Stream = typename Backend::Stream;
    /// Elements of a row.
    static constexpr int dim = Dim;

    /// Allocates and initialises all rows; those of a `MappedFile` that exists are opened, and training goes on from its last flush. Throws `OptionError` for options that
    /// cannot be honoured, `StorageError` for a file that cannot be used.
    explicit CachedEmbedding(const Options& options, Stream stream = Stream{}) : CachedEmbedding(options, Backend(options.threads), stream) {}

    /// The same with a backend of the caller's, such as `CudaWith` a memory resource.
    CachedEmbedding(const Options& options, Backend backend, Stream stream = Stream{})
        : options_(Sizes::checked(options)), backend_(std::make_unique<Backend>(std::move(backend))), geometry_(Sizes::geometry_of(options)),
          plans_(options_.in_flight, geometry_.mixer.bits, Dim) {
        const std::int64_t rows = static_cast<std::int64_t>(geometry_.rows);
        const std::int64_t slots = static_cast<std::int64_t>(slot_count());
        stored_ = {*backend_, options_, geometry_.rows};
        lines_ = {*backend_, slots * View::line_stride};
        tags_ = {*backend_, slots};
        scores_ = {*backend_, View::has_score ? slots : 0};
        flags_ = {*backend_, slots};
        ghosts_ = {*backend_, static_cast<std::int64_t>(geometry_.sets) * View::ghosts_per_set};
        const std::int64_t states = View::are_in_lines ? slots : View::Records::are_joint ? 0 : rows;
        row_states_ = {*backend_, View::keeps_row_states ? states : 0};
        element_states_ = {*backend_, states * View::element_bytes};
        table_begin_ = {*backend_, static_cast<std::int64_t>(options_.table_rows.size()) + 1};
        ranges_ = {*backend_, static_cast<std::int64_t>(options_.table_rows.size())};
        state_ = {*backend_, 1};
        counters_ = {*backend_, options_.table_rows.size()};
        reserve(options_.max_lookups);
        initialise(stream);
    }

    /// Waits for rows that are on their way on the host.
    ~CachedEmbedding() {
        if (backend_) backend_->wait_aside();
    }
    /// Plans and views of the other stay valid and are of this one now; the other may be destroyed or assigned to.
    CachedEmbedding(CachedEmbedding&&) noexcept = default;
    /// Gives its own memory back to its own backend first.
    CachedEmbedding& operator=(CachedEmbedding&& other) noexcept {
        if (this != &other) {
            std::destroy_at(this);
            std::construct_at(this, std::move(other));
        }
        return *this;
    }

    // --- a training step -------------------------------------------------------------------------------------

    /// Plans a batch: finds its unique rows, decides what the cache admits and evicts, and moves those rows. Until
    /// `backward`, `finish` or `release` ends the plan, its rows stay where they are.
    /// Throws `ShapeError`, `IndexError` (`Host` with `Bounds::report`) or `PlanError`, before anything changes.
    ///
    /// With `Options::in_flight` > 1, plans of coming batches may be made while earlier ones wait for their forward or backward, on
    /// another stream too; they are ordered among each other by events. A plan sees the updates of the backwards called before it;
    /// a line that a batch in flight uses stays, and a row that one uses in place stays in place.
    template <Index I>
    [[nodiscard]] Plan<I> plan(const Batch<I>& batch, Stream stream = Stream{}) {
        const detail::Range range("plan");
        const std::uint32_t place = plans_.free_place();
        const BatchView<I> seen = detail::shaped(batch, options_.table_rows.size());
        backend_->wait_aside(plans_[place].moved);  // of a plan that was released
        plans_.reserve(*backend_, place, seen.lookups);
        const View v = view();
        plans_.order_plan(stream);
        detail::Workspace<RowId, Backend>& workspace = plans_[place].workspace;
        PlanView<RowId>& plan = workspace.plan;
        plan.lookups = seen.lookups;
        plan.batch_size = seen.batch_size;

        check_offsets(seen, stream);
        if (seen.lookups > 0) {
            constexpr std::uint32_t block = Backend::keys_a_call, stride = Backend::keys_apart;
            backend_->template for_each<1>(stream, (seen.lookups + block * stride - 1u) / (block * stride) * stride,
                                           detail::MakeKeys<RowId, I>{v, seen, plan, block, stride});
            backend_->template for_each<1>(stream, 1, detail::RecordBadIndex<RowId, I>{v, seen});
        }
        if constexpr (Backend::is_host) check(stream);
        if (seen.lookups > 0) {
            backend_->sort(stream, plan.keys, workspace.other_keys, plan.positions, workspace.other_positions, seen.lookups, geometry_.mixer.bits,
                           workspace.scratch, workspace.scratch_bytes);
            backend_->find_runs(stream, plan.keys, seen.lookups, plan.run_of, plan.run_begin, plan.run_count, workspace.scratch, workspace.scratch_bytes);
            stored_.make_room(geometry_, plan, plans_.lookups());  // the last thing that may fail
        }
        backend_->template for_each<1>(stream, 1, detail::AdvanceStep{v.step, &v.state->lookups, plan.step, plan.lookups_before, seen.lookups});
        ++planned_;
        if (seen.lookups > 0) {
            constexpr int set_lanes = Backend::template lanes_of_set<CacheType::ways>;
            if (geometry_.sets == 0) {
                backend_->template for_each_run_counting<1>(stream, seen.lookups, plan.run_count, detail::ServeInPlace<typename View::Cache>{v, plan},
                                                            counters_.replicas());
            } else {
                backend_->template for_each_run_counting<set_lanes>(stream, seen.lookups, plan.run_count,
                                                                    detail::WalkSets<typename View::Cache>{v, plan, plans_.in_flight()}, counters_.replicas());
                move_rows(place, seen.lookups, stream);
            }
            backend_->template for_each<1>(stream, seen.lookups, detail::SpreadLocations<RowId>{plan});
        }
        return {state_.data(), plans_.begin(place, stream), place, seen};
    }

    /// `plan` under the name that it has when it runs ahead of its forward.
    template <Index I>
    [[nodiscard]] Plan<I> prefetch(const Batch<I>& batch, Stream stream = Stream{}) {
        const detail::Range range("prefetch");
        return plan(batch, stream);
    }

    /// Pooled rows of a planned batch: `output` is [tables * batch_size][Dim] (sum, mean) or [lookups][Dim] (none), of
    /// float, `Float16` or `BFloat16`. Sums are made in FP32, in the shape that `reduction` fixes.
    template <Index I, class Scalar, std::size_t Extent>
    void forward(const Plan<I>& plan, std::span<Scalar, Extent> output, Stream stream = Stream{}) {
        const detail::Range range("forward");
        plans_.require_current(plan, state_.data(), "forward");
        const BatchView<I>& batch = plan.batch;
        const std::uint64_t rows = detail::output_rows(batch);
        detail::require_size<Dim>(output.data(), output.size(), rows, "output");
        using Locations = detail::PlannedLocations<RowId>;
        const PlanView<RowId>& planned = plans_.view(plan.place);
        const Locations locations{planned.locations, batch.lookups};
        plans_.order_use(*backend_, plan.place, stream);
        if constexpr (!Backend::is_host) {
            if (batch.pooling != Pooling::none && batch.lookups > reduction::chunk_length) {
                backend_->template for_each<row_lanes>(stream, batch.lookups / reduction::chunk_length,
                                                       detail::PoolChunks<Rows, I, Locations>{view(), batch, locations, planned.partial_sums});
            }
        }
        pool<!Backend::is_host>(stream, batch, locations, planned.partial_sums, output.data());
        count_in_place(plan.place, batch.lookups, View::Layout::stride, 0, 0, stream);
        plans_.mark_use(plan.place, stream);
    }

    /// The same for a `cuda::std::span`.
    template <Index I, detail::OtherSpan S>
    void forward(const Plan<I>& plan, const S& output, Stream stream = Stream{}) {
        forward(plan, detail::std_span(output), stream);
    }
    /// `plan` and `forward` in one, for a `cuda::std::span`.
    template <Index I, detail::OtherSpan S>
    [[nodiscard]] Plan<I> forward(const Batch<I>& batch, const S& output, Stream stream = Stream{}) {
        return forward(batch, detail::std_span(output), stream);
    }

    /// `plan` and `forward` in one; the returned plan is for `backward`.
    template <Index I, class Scalar, std::size_t Extent>
    [[nodiscard]] Plan<I> forward(const Batch<I>& batch, std::span<Scalar, Extent> output, Stream stream = Stream{}) {
        detail::require_size<Dim>(output.data(), output.size(), detail::output_rows(detail::shaped(batch, options_.table_rows.size())), "output");
        const Plan<I> planned = plan(batch, stream);
        forward(planned, output, stream);
        return planned;
    }

    /// Ends a plan with one optimizer update for each of its rows. `gradient` has the shape of the output. The gradients
    /// that a row gets are summed first; the new row goes to its line, or is encoded with the rounding of the row format. Updates
    /// with a NaN or infinite result are rejected and counted.
    template <Index I, class Scalar, std::size_t Extent>
    void backward(const Plan<I>& plan, std::span<Scalar, Extent> gradient, Stream stream = Stream{}) {
        const detail::Range range("backward");
        plans_.require_current(plan, state_.data(), "backward");
        const BatchView<I>& batch = plan.batch;
        detail::require_size<Dim>(gradient.data(), gradient.size(), detail::output_rows(batch), "output gradient");
        const PlanView<RowId>& planned = plans_.view(plan.place);
        plans_.order_use(*backend_, plan.place, stream);
        using Gradients = detail::RunGradients<Dim, RowId, I, std::remove_const_t<Scalar>>;
        const Gradients source{batch, planned, gradient.data()};
        const View v = view();
        if (batch.lookups > reduction::chunk_length) {
            backend_->template for_each<row_lanes>(stream, batch.lookups / reduction::chunk_length, detail::SumGradientChunks<Gradients>{source});
        }
        if (batch.lookups > 0) {
            backend_->template for_each_run_counting<Backend::warp>(
                stream, batch.lookups, planned.run_count,
                detail::UpdateRows<Rows, States, OptimizerType, Gradients, row_lanes>{v, v, v.flags, v, &v.state->optimizer, source}, counters_.replicas());
        }
        count_in_place(plan.place, batch.lookups, 0, View::stored_stride, View::stored_stride, stream);
        plans_.end(plan.place, stream);
    }

    /// The same for a `cuda::std::span`.
    template <Index I, detail::OtherSpan S>
    void backward(const Plan<I>& plan, const S& gradient, Stream stream = Stream{}) {
        backward(plan, detail::std_span(gradient), stream);
    }

    /// Tells of a coming batch, so that the plans before it keep the rows that it needs: for caches that look ahead (`Lookahead`). The next
    /// batches are to be planned in the order in which they were announced; one that was not announced moves all after it by one. The
    /// batch's memory is not needed afterwards. On `Cuda` the order is that of the stream and of plans on any stream; it is not for
    /// capture, since a captured plan does not count the steps of its replays on the host.
    /// Throws `PlanError` if 64 announced batches wait for their plans, `ShapeError` for more lookups than
    /// `Options::max_lookups` or `reserve` made room for, `IndexError` as `plan` does, before anything changes.
    template <Index I>
    void announce(const Batch<I>& batch, Stream stream = Stream{})
        requires(detail::Sizing<View>::looks_ahead)
    {
        const detail::Range range("announce");
        const BatchView<I> seen = detail::shaped(batch, options_.table_rows.size());
        if (seen.lookups > announced_lookups_) {
            throw ShapeError("hotrow: announce was given " + std::to_string(seen.lookups) + " lookups, and room is reserved for " +
                             std::to_string(announced_lookups_) + "; give Options::max_lookups, or call reserve");
        }
        if (announced_ < planned_) announced_ = planned_;
        if (announced_ - planned_ >= static_cast<std::uint64_t>(max_announced)) {
            throw PlanError("hotrow: " + std::to_string(max_announced) +
                            " announced batches wait for their plans, which is the limit; plan the next one first");
        }
        plans_.order_plan(stream);
        check_offsets(seen, stream);
        if (seen.lookups > 0) check_indices(seen, stream);
        if constexpr (Backend::is_host) check(stream);
        const std::uint64_t step = ++announced_;
        foresight_.begin(*backend_, stream, step);
        if (seen.lookups > 0) {
            constexpr std::uint32_t block = Backend::block;
            backend_->template for_each<1>(stream, (seen.lookups + block - 1u) / block,
                                           detail::AnnounceLookups<RowId, I>{view(), seen, foresight_.view(), step, block});
        }
        plans_.mark_access(stream);
    }

    /// Ends a plan that gets no backward, and that no kernel of the caller's own has used.
    template <Index I>
    void release(const Plan<I>& plan) {
        plans_.require_current(plan, state_.data(), "release");
        plans_.release(plan.place);
    }

    // --- in a kernel of one's own: `plan`, `plan_view` and `view()` for the kernels, `finish` ----------------------

    /// The arrays of a plan, for kernels that are launched on `stream` from now on: where each lookup's row is, and the lookups of each
    /// unique row. Valid until `backward`, `finish` or `release` ends the plan. Throws `PlanError` for a plan that has ended.
    template <Index I>
    PlanView<RowId> plan_view(const Plan<I>& plan, Stream stream = Stream{}) const {
        plans_.require_current(plan, state_.data(), "plan_view");
        plans_.order_use(*backend_, plan.place, stream);
        return plans_.view(plan.place);
    }

    /// Ends a plan in the place of `backward`, after the kernels of the caller's own that read its rows, or updated them by `View::update`.
    /// `stream` is the one that they ran on, or waits for them; what comes later on other streams sees their updates.
    template <Index I>
    void finish(const Plan<I>& plan, Stream stream = Stream{}) {
        plans_.require_current(plan, state_.data(), "finish");
        plans_.end(plan.place, stream);
    }

    // --- reading, writing, pinning -----------------------------------------------------------------------------

    /// Pooled rows without a plan: probes the tags, admits nothing, counts nothing. For evaluation and serving.
    template <Index I, class Scalar, std::size_t Extent>
    void lookup(const Batch<I>& batch, std::span<Scalar, Extent> output, Stream stream = Stream{}) {
        const detail::Range range("lookup");
        const BatchView<I> seen = detail::shaped(batch, options_.table_rows.size());
        const std::uint64_t rows = detail::output_rows(seen);
        detail::require_size<Dim>(output.data(), output.size(), rows, "output");
        plans_.order_access(*backend_, stream);
        check_offsets(seen, stream);
        if (seen.lookups > 0) check_indices(seen, stream);
        if constexpr (Backend::is_host) check(stream);
        using Locations = detail::ProbedLocations<typename View::Tags>;
        pool<false>(stream, seen, Locations{view()}, nullptr, output.data());
        plans_.mark_access(stream);
    }

    /// The same for a `cuda::std::span`.
    template <Index I, detail::OtherSpan S>
    void lookup(const Batch<I>& batch, const S& output, Stream stream = Stream{}) {
        lookup(batch, detail::std_span(output), stream);
    }

    /// Encodes every dirty line to its stored row. Lines stay cached, now clean. The rows of a `MappedFile` are safe from then on, with the optimizer's state and
    /// the step: should the process die, the file opens as this call left it. Throws `StorageError`, before anything changes, if the disk is full.
    void flush(Stream stream = Stream{}) {
        const detail::Range range("flush");
        plans_.order_access(*backend_, stream);
        stored_.make_room_for_lines(slot_count());
        const View v = view();
        backend_->template for_each<row_lanes>(stream, slot_count(), detail::FlushLines<Rows, MovedStates>{v, v, v.tags, v.flags, moved_states(v)});
        if constexpr (PlacementType::is_lazy) stored_.commit({state_.data()->step, state_.data()->lookups});
        plans_.mark_access(stream);
    }

    /// Flushes, then empties the cache: from now on every row is what its stored row says, as after saving the stored rows and loading them again.
    /// Pins, scores and ghosts are forgotten. Throws `PlanError` while a plan is in flight.
    void clear_cache(Stream stream = Stream{}) {
        const detail::Range range("clear_cache");
        plans_.require_none("clear_cache");
        flush(stream);
        plans_.order_access(*backend_, stream);
        empty_cache(stream);
        plans_.mark_access(stream);
    }

    /// Current values of rows `first_row ..` of a table, as many as fit `values` ([rows][Dim], host memory). Waits for the stream.
    void read_rows(int table, std::int64_t first_row, std::span<float> values, Stream stream = Stream{}) {
        const detail::Range range("read_rows");
        const std::uint64_t first = detail::checked_range(options_.table_rows, Dim, table, first_row, values.size());
        plans_.order_access(*backend_, stream);
        in_pieces(values.size(), [&](std::size_t done, std::size_t size, float* staging) {
            backend_->template for_each<row_lanes>(stream, size / Dim,
                                                   detail::ReadRows<Rows, typename View::Tags>{view(), view(), first + done / Dim, staging});
            Backend::to_host(values.data() + done, staging, size * sizeof(float), stream);
        });
    }

    /// Sets rows `first_row ..` of a table to finite `values` ([rows][Dim], host memory): the line of a cached row, else
    /// the stored row, encoded. Optimizer state stays. Throws `NonFiniteError` before anything changes. Waits for the stream.
    void write_rows(int table, std::int64_t first_row, std::span<const float> values, Stream stream = Stream{}) {
        const detail::Range range("write_rows");
        const std::uint64_t first = detail::checked_range(options_.table_rows, Dim, table, first_row, values.size());
        for (std::size_t i = 0; i < values.size(); ++i) {
            if (!arithmetic::is_finite(values[i])) {
                throw NonFiniteError("hotrow: write_rows: value " + std::to_string(i % Dim) + " of row " +
                                     std::to_string(first_row + static_cast<std::int64_t>(i / Dim)) + " is " + std::to_string(values[i]) +
                                     "; rows must be finite");
            }
        }
        plans_.order_access(*backend_, stream);
        stored_.make_room_for(first, values.size() / Dim);
        in_pieces(values.size(), [&](std::size_t done, std::size_t size, float* staging) {
            Backend::from_host(staging, values.data() + done, size * sizeof(float), stream);
            backend_->template for_each<row_lanes>(stream, size / Dim,
                                                   detail::WriteRows<Rows, typename View::Tags>{view(), view(), first + done / Dim, staging});
            Backend::synchronise(stream);
        });
    }

    /// Brings rows of a table into the cache, to stay until `unpin_rows`. `rows`: host memory, any order. Returns how many of them are pinned
    /// now: fewer than given (without repetitions) if all ways of a set are pinned. Waits for the stream.
    /// Throws `PlanError` while a plan is in flight, `IndexError` for a row outside the table, before anything changes.
    std::int64_t pin_rows(int table, std::span<const std::int64_t> rows, Stream stream = Stream{}) {
        const detail::Range range("pin_rows");
        plans_.require_none("pin_rows");
        std::vector<RowId> keys = detail::row_ids<RowId>(options_.table_rows, table, rows);
        for (RowId& key : keys) key = geometry_.key(key);
        std::sort(keys.begin(), keys.end());
        keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
        if (keys.empty() || geometry_.sets == 0) return 0;
        const std::uint32_t count = static_cast<std::uint32_t>(keys.size());
        plans_.reserve(*backend_, 0, static_cast<std::int64_t>(keys.size()));
        plans_.order_plan(stream);
        backend_->wait_aside();
        for (const RowId key : keys) stored_.make_room_for(geometry_.row(key), 1);
        stored_.make_room_for_lines(2 * keys.size());
        const View v = view();
        const PlanView<RowId>& plan = plans_.view(0);
        std::vector<std::uint32_t> begin(keys.size() + 1);
        std::iota(begin.begin(), begin.end(), 0u);
        Backend::from_host(plan.keys, keys.data(), keys.size() * sizeof(RowId), stream);
        Backend::from_host(plan.run_begin, begin.data(), begin.size() * sizeof(std::uint32_t), stream);
        backend_->template for_each<1>(stream, 1, detail::TakeClock{v.step, &v.state->lookups, plan.step, plan.lookups_before, plan.run_count, count});
        constexpr int set_lanes = Backend::template lanes_of_set<CacheType::ways>;
        backend_->template for_each_run_counting<set_lanes>(stream, count, plan.run_count, detail::WalkSets<typename View::Cache, true>{v, plan, {}},
                                                            counters_.replicas());
        backend_->template for_each_run<Backend::warp>(stream, count, plan.run_count,
                                                       detail::MoveRows<Rows, MovedStates, row_lanes>{v, v, plan, moved_states(v)});
        Backend::to_host(keys.data(), plan.run_location, keys.size() * sizeof(RowId), stream);
        plans_.mark_access(stream);
        return std::count_if(keys.begin(), keys.end(), [&](RowId location) { return location < slot_count(); });
    }

    /// Lets rows be evicted again; they stay cached until they are. Rows that are not pinned are passed over. Throws as `pin_rows`.
    void unpin_rows(int table, std::span<const std::int64_t> rows, Stream stream = Stream{}) {
        const detail::Range range("unpin_rows");
        plans_.require_none("unpin_rows");
        const std::vector<RowId> ids = detail::row_ids<RowId>(options_.table_rows, table, rows);
        if (ids.empty()) return;
        plans_.order_access(*backend_, stream);
        detail::Buffer<RowId, Backend> staging(*backend_, static_cast<std::int64_t>(ids.size()));
        Backend::from_host(staging.data(), ids.data(), ids.size() * sizeof(RowId), stream);
        backend_->template for_each<1>(stream, ids.size(), detail::UnpinRows<typename View::Tags>{view(), staging.data()});
        Backend::synchronise(stream);
    }

    // --- hyperparameters: they live in the backend's memory, so that captured steps see what was set since -----------------

    /// New hyperparameters, from the next `backward` in stream order on. Throws `OptionError` for those that the optimizer does not take, before
    /// anything changes.
    void set_optimizer(const OptimizerType& optimizer, Stream stream = Stream{}) {
        detail::check_hyperparameters(optimizer);
        options_.optimizer = optimizer;
        backend_->template for_each<1>(stream, 1, detail::SetOptimizer<OptimizerType>{&state_.data()->optimizer, optimizer});
    }

    /// A new learning rate, likewise; other hyperparameters stay. Captured, it sets the same rate in each replay.
    void set_learning_rate(float rate, Stream stream = Stream{})
        requires(detail::HasLearningRate<OptimizerType>)
    {
        OptimizerType optimizer = options_.optimizer;
        optimizer.learning_rate = rate;
        detail::check_hyperparameters(optimizer);
        options_.optimizer.learning_rate = rate;
        backend_->template for_each<1>(stream, 1, detail::SetLearningRate<OptimizerType>{&state_.data()->optimizer, rate});
    }

    /// The learning rate that is at `rate` (memory of the backend) when the stream comes here: captured before a step, it gives each replay the rate of the
    /// time. One that is negative or not finite is not taken: `Host` throws `OptionError`, kernels leave the rate as it was, and `check` throws.
    void set_learning_rate_from(const float* rate, Stream stream = Stream{})
        requires(detail::HasLearningRate<OptimizerType>)
    {
        backend_->template for_each<1>(stream, 1, detail::SetLearningRateFrom<OptimizerType>{&state_.data()->optimizer, rate, &state_.data()->bad_input});
        if constexpr (Backend::is_host) check(stream);
    }

    /// Where the optimizer's hyperparameters are, in the backend's memory: a kernel of one's own may change them between two steps, in a captured graph too.
    OptimizerType* optimizer_data() const { return &state_.data()->optimizer; }

    /// The hyperparameters as they are there. Waits for the stream.
    OptimizerType optimizer(Stream stream = Stream{}) const { return fetched_state(stream).optimizer; }

    // --- counting ----------------------------------------------------------------------------------------------

    /// What happened so far. Waits for the stream.
    Statistics statistics(Stream stream = Stream{}) const {
        Statistics total = counters_.total(stream);
        total.steps = fetched_state(stream).step - steps_at_reset_;
        return total;
    }

    /// The same for each table; bad indices are counted in the total only. An eviction belongs to the table of the row that left.
    std::vector<Statistics> table_statistics(Stream stream = Stream{}) const {
        std::vector<Statistics> tables = counters_.fetched(stream);
        tables.pop_back();  // what belongs to no table
        const std::uint64_t steps = fetched_state(stream).step - steps_at_reset_;
        for (Statistics& table : tables) table.steps = steps;
        return tables;
    }

    /// Waits for the stream.
    void reset_statistics(Stream stream = Stream{}) {
        steps_at_reset_ = fetched_state(stream).step;
        counters_.reset(*backend_, stream);
    }

    /// Throws what kernels reported since the last call: `ShapeError` for offsets, `OptionError` for a learning rate, `IndexError` for an index (with
    /// `Bounds::report`). On `Host`, the calls that may report do it themselves. Waits for the stream.
    void check(Stream stream = Stream{}) {
        const detail::BadInput bad = fetched_state(stream).bad_input;
        if (bad.position == detail::BadInput::none && bad.bag == detail::BadInput::none && bad.has_rate == 0u) return;
        backend_->template for_each<1>(stream, 1, detail::ResetReports{&state_.data()->bad_input});
        if (bad.bag != detail::BadInput::none) {
            throw ShapeError("hotrow: the offsets of bag " + std::to_string(bad.bag) +
                             " decrease, do not start at 0 or do not end at the number of lookups; give tables * batch_size + 1 non-decreasing offsets");
        }
        if (bad.has_rate != 0u)
            detail::refuse_hyperparameter("set_learning_rate_from", "the rate", bad.rate, "a finite number of at least 0; the old one was kept");
        if (options_.bounds == Bounds::report) {
            throw IndexError("hotrow: index " + std::to_string(bad.index) + " of lookup " + std::to_string(bad.position) + " is outside table " +
                             std::to_string(bad.table) + ", which has " + std::to_string(bad.limit) + " rows; correct it, or choose Bounds::skip");
        }
    }

    // --- sizes -------------------------------------------------------------------------------------------------

    /// Makes room for batches of up to `lookups` lookups, in every place for a plan; afterwards smaller batches allocate nothing. What was
    /// announced is forgotten. Throws `PlanError` while a plan is in flight.
    void reserve(std::int64_t lookups) {
        plans_.require_none("reserve(" + std::to_string(lookups) + ")");
        plans_.reserve(*backend_, lookups);
        if constexpr (Sizes::looks_ahead) {
            if (lookups <= announced_lookups_) return;
            foresight_ = {};  // gives its memory back first
            foresight_ = {*backend_, Sizes::foresight_places(options_, lookups)};
            announced_lookups_ = lookups;
            announced_ = planned_;
        }
    }

    /// Bytes that this embedding has allocated.
    Footprint footprint() const {
        Footprint f = Sizes::footprint(options_, 0);
        f.foresight = foresight_.bytes();
        f.workspace += plans_.workspace_bytes();
        f.control += counters_.bytes();
        return f;
    }

    /// Bytes that an embedding with these options allocates.
    static Footprint footprint(const Options& options) {
        Footprint f = Sizes::footprint(Sizes::checked(options), options.max_lookups);
        using SizeBackend = typename detail::SizeBackendOf<Backend>::type;
        const SizeBackend backend(options.threads);
        f.workspace = options.in_flight *
                      static_cast<std::int64_t>(
                          detail::Workspace<RowId, SizeBackend>(backend, options.max_lookups, Sizes::geometry_of(options).mixer.bits, Dim, nullptr).bytes);
        f.control += detail::Counters<Backend>::size(backend, options.table_rows.size()) * static_cast<std::int64_t>(sizeof(std::uint64_t));
        return f;
    }

    /// What it was made from, with the hyperparameters that the host set last.
    const Options& options() const { return options_; }
    /// Rows of all tables.
    std::int64_t rows() const { return static_cast<std::int64_t>(geometry_.rows); }
    /// Lines of the cache.
    std::int64_t lines() const { return static_cast<std::int64_t>(slot_count()); }

    /// What kernels see: trivially copyable, valid while this embedding lives. See EmbeddingView for what a kernel of one's own does with it.
    View view() const {
        View v{};
        v.geometry = geometry_;
        v.table_begin = table_begin_.data();
        v.tables = table_count();
        v.seed = options_.seed;
        v.step = &state_.data()->step;
        v.bad_input = &state_.data()->bad_input;
        v.tags = tags_.data();
        v.flags = flags_.data();
        v.scores = scores_.data();
        v.ghosts = ghosts_.data();
        v.foresight = foresight_.view();
        stored_.describe(v);
        if constexpr (PlacementType::is_lazy) {
            v.id_space = static_cast<const TablesView<RowId>&>(v);
            v.ranges = ranges_.data();
            v.first_optimizer = first_optimizer_;
        }
        v.lines = lines_.data();
        v.line_count = slot_count();
        if constexpr (View::Records::are_joint) {
            using Layout = typename View::Records::Layout;
            v.row_states = View::keeps_row_states ? reinterpret_cast<typename View::RowState*>(v.stored + Layout::row_state_offset) : nullptr;
            v.element_states = View::keeps_elements ? v.stored + Layout::elements_offset : nullptr;
            v.line_row_states = row_states_.data();
            v.line_element_states = element_states_.data();
        } else {
            v.row_states = row_states_.data();
            v.element_states = element_states_.data();
        }
        v.state = state_.data();
        v.counts = counters_.replicas();
        return v;
    }

private:
    using Rows = typename View::Rows;
    using States = typename View::States;
    using MovedStates = detail::MovedStates<States>;
    static MovedStates moved_states(const View& v) { return MovedStates(static_cast<const States&>(v)); }
    static constexpr int row_lanes = Backend::template lanes_of_row<Dim>;

    using Sizes = detail::Sizing<View>;

    std::uint64_t slot_count() const { return geometry_.sets * static_cast<std::uint64_t>(CacheType::ways); }

    void initialise(Stream stream) {
        std::vector<std::uint64_t> begin{0};
        std::vector<float> ranges;
        for (const std::int64_t rows : options_.table_rows) {
            begin.push_back(begin.back() + static_cast<std::uint64_t>(rows));
            ranges.push_back(options_.initial_range ? *options_.initial_range : static_cast<float>(std::sqrt(1.0 / static_cast<double>(rows))));
        }
        DeviceState<OptimizerType> state{};
        state.step = stored_.lasting().step;
        state.lookups = stored_.lasting().lookups;
        steps_at_reset_ = planned_ = state.step;
        state.optimizer = options_.optimizer;
        Backend::from_host(table_begin_.data(), begin.data(), begin.size() * sizeof(std::uint64_t), stream);
        Backend::from_host(ranges_.data(), ranges.data(), ranges.size() * sizeof(float), stream);
        Backend::from_host(state_.data(), &state, sizeof(state), stream);
        if constexpr (decltype(stored_)::is_blank)
            backend_->template for_each<row_lanes>(stream, geometry_.rows, detail::InitialiseRows<Rows>{view(), view(), ranges_.data()});
        if constexpr (decltype(stored_)::is_blank && (View::keeps_row_states || View::keeps_elements)) {
            backend_->template for_each<row_lanes>(stream, geometry_.rows,
                                                   detail::InitialiseStates<Dim, OptimizerType, States>{view(), &state_.data()->optimizer, options_.seed});
        }
        empty_cache(stream);
        counters_.reset(*backend_, stream);
        Backend::synchronise(stream);
    }

    /// Every slot empty, no ghost: as at the start. What lines held is lost.
    void empty_cache(Stream stream) {
        backend_->template for_each<1>(stream, slot_count(), detail::ClearSlots<typename View::Cache>{view()});
        backend_->template for_each<1>(stream, geometry_.sets * static_cast<std::uint64_t>(View::ghosts_per_set), detail::ClearGhosts{ghosts_.data()});
    }

    /// Brings a planned batch's admitted rows to their lines. Rows that come from apart and ahead of their batch do so while the caller goes on.
    void move_rows(std::uint32_t place, std::uint32_t lookups, Stream stream) {
        const View v = view();
        const PlanView<RowId>& plan = plans_.view(place);
        const detail::MoveRows<Rows, MovedStates, row_lanes> move{v, v, plan, moved_states(v)};
        if constexpr (PlacementType::is_apart) {
            backend_->template for_each_run_counting<1>(stream, lookups, plan.run_count, detail::CountMoves<RowId>{plan, View::stored_stride},
                                                        counters_.replicas());
            if (options_.in_flight > 1) {
                if constexpr (PlacementType::is_lazy) {
                    const detail::AskForRecords<Rows> ask{v, plan, geometry_};
                    plans_[place].moved = backend_->template for_each_run_aside<Backend::warp>(stream, lookups, plan.run_count, ask, move);
                } else {
                    plans_[place].moved = backend_->template for_each_run_aside<Backend::warp>(stream, lookups, plan.run_count, move);
                }
                return;
            }
        }
        backend_->template for_each_run<Backend::warp>(stream, lookups, plan.run_count, move);
    }

    /// Counts what a planned batch's use of rows in place reads and writes.
    void count_in_place([[maybe_unused]] std::uint32_t place, [[maybe_unused]] std::uint32_t lookups, [[maybe_unused]] int read_a_lookup,
                        [[maybe_unused]] int read_a_row, [[maybe_unused]] int written_a_row, [[maybe_unused]] Stream stream) {
        if constexpr (PlacementType::is_apart) {
            const auto bytes = [](int count) { return static_cast<std::uint64_t>(count); };
            const PlanView<RowId>& plan = plans_.view(place);
            const detail::CountInPlace<RowId> count{plan, slot_count(), bytes(read_a_lookup), bytes(read_a_row), bytes(written_a_row)};
            if (lookups > 0) backend_->template for_each_run_counting<1>(stream, lookups, plan.run_count, count, counters_.replicas());
        }
    }

    /// Output rows of a batch, with `Chunks` from the sums that `PoolChunks` made.
    template <bool Chunks, Index I, class Locations, class Scalar>
    void pool(Stream stream, const BatchView<I>& batch, const Locations& locations, const float* partial_sums, Scalar* output) {
        if (batch.pooling == Pooling::none) {
            backend_->template for_each<row_lanes>(stream, batch.lookups, detail::GatherRows<Rows, I, Scalar, Locations>{view(), batch, locations, output});
        } else {
            backend_->template for_each<row_lanes>(stream, batch.bags,
                                                   detail::PoolBags<Rows, I, Scalar, Locations, Chunks>{view(), batch, locations, partial_sums, output});
        }
    }

    template <Index I>
    void check_offsets(const BatchView<I>& batch, Stream stream) {
        constexpr std::uint32_t block = Backend::block;
        backend_->template for_each<1>(stream, (batch.bags + block - 1u) / block, detail::CheckOffsets<RowId, I>{view(), batch, block});
    }

    template <Index I>
    void check_indices(const BatchView<I>& batch, Stream stream) {
        backend_->template for_each<1>(stream, batch.bags, detail::CheckIndices<RowId, I>{view(), batch});
        backend_->template for_each<1>(stream, 1, detail::RecordBadIndex<RowId, I>{view(), batch});
    }

    /// Calls `move(first value, values, staging)` for pieces that a bounded staging buffer in the backend's memory holds.
    template <class F>
    void in_pieces(std::size_t values, F&& move) {
        constexpr std::size_t piece = std::size_t{1} << 14;  // rows
        const std::size_t most = values < piece * Dim ? values : piece * Dim;
        detail::Buffer<float, Backend> staging(*backend_, static_cast<std::int64_t>(most));
        for (std::size_t done = 0; done < values; done += most) { move(done, values - done < most ? values - done : most, staging.data()); }
    }

    std::uint32_t table_count() const { return static_cast<std::uint32_t>(options_.table_rows.size()); }

    DeviceState<OptimizerType> fetched_state(Stream stream) const {
        DeviceState<OptimizerType> state;
        Backend::to_host(&state, state_.data(), sizeof(state), stream);
        return state;
    }

    Options options_;
    std::unique_ptr<Backend> backend_;  // before the buffers, which give their memory back to it
    Geometry<RowId> geometry_;
    detail::RecordStore<View, Backend> stored_;
    detail::Buffer<float, Backend> lines_;
    detail::Buffer<RowId, Backend> tags_;
    detail::Buffer<typename View::Score, Backend> scores_;
    detail::Buffer<std::uint8_t, Backend> flags_;
    detail::Buffer<detail::Ghost, Backend> ghosts_;
    detail::ForesightTables<RowId, Backend> foresight_;
    detail::Buffer<typename OptimizerType::RowState, Backend> row_states_;  ///< of all rows; if rows are apart, of lines
    detail::Buffer<std::byte, Backend> element_states_;                     ///< likewise
    detail::Buffer<std::uint64_t, Backend> table_begin_;
    detail::Buffer<float, Backend> ranges_;
    detail::Buffer<DeviceState<OptimizerType>, Backend> state_;
    detail::Counters<Backend> counters_;
    detail::Plans<RowId, Backend> plans_;
    OptimizerType first_optimizer_ = options_.optimizer;  ///< what rows that were never written start from
    std::uint64_t steps_at_reset_ = 0;
    std::uint64_t planned_ = 0;            ///< calls of `plan` that made one
    std::uint64_t announced_ = 0;          ///< step of the last announced batch
    std::int64_t announced_lookups_ = -1;  ///< room of `foresight_`
};

}  // namespace hotrow
