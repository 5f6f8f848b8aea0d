// SPDX-License-Identifier: Apache-2.0
// A CachedEmbedding with its types forgotten, so that one driver, compiled once, serves every combination of policies.
#pragma once

#include "support/counting_host.hpp"
#include "support/naive_embedding.hpp"

#include <hotrow/hotrow.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace hotrow::test {

/// Everything an embedding keeps, copied out.
struct Snapshot {
    std::vector<std::byte> stored;
    std::vector<float> lines;  ///< dense, without padding
    std::vector<std::uint64_t> tags;
    std::vector<std::uint64_t> scores;
    std::vector<std::uint8_t> flags;
    std::vector<std::uint32_t> ghosts;
    std::vector<float> accumulators;        ///< empty for optimizers that keep no number for a row
    std::vector<std::byte> element_states;  ///< empty for those that keep none for elements

    bool operator==(const Snapshot&) const = default;
};

constexpr std::uint64_t empty_tag = ~std::uint64_t{0};

enum class OutputType { fp32, fp16, bf16 };

class Subject {
public:
    virtual ~Subject() = default;
    /// Returns a number for the calls below.
    virtual int plan(const NaiveBatch& batch) = 0;
    /// Outputs as FP32, whatever their type.
    virtual std::vector<float> forward(int plan) = 0;
    virtual std::pair<int, std::vector<float>> plan_and_forward(const NaiveBatch& batch) = 0;
    /// Gradients must be representable in the gradient's type.
    virtual void backward(int plan, const std::vector<float>& gradient) = 0;
    virtual void release(int plan) = 0;
    /// For caches that look ahead.
    virtual void announce(const NaiveBatch& batch) = 0;
    virtual std::int64_t pin_rows(int table, const std::vector<std::int64_t>& rows) = 0;
    virtual void unpin_rows(int table, const std::vector<std::int64_t>& rows) = 0;
    virtual std::vector<float> lookup(const NaiveBatch& batch) = 0;
    virtual void flush() = 0;
    virtual void clear_cache() = 0;
    virtual std::vector<float> read_rows(int table, std::int64_t first, std::int64_t count) = 0;
    virtual void write_rows(int table, std::int64_t first, const std::vector<float>& values) = 0;
    virtual void set_optimizer(const NaiveOptimizer& optimizer) = 0;
    virtual Statistics statistics() const = 0;
    virtual std::vector<Statistics> table_statistics() const = 0;
    virtual void reset_statistics() = 0;
    virtual Footprint footprint() const = 0;
    virtual Snapshot snapshot() = 0;
};

struct SubjectOptions {
    std::vector<std::int64_t> table_rows;
    std::int64_t sets;
    std::uint64_t seed;
    NaiveOptimizer optimizer;
    std::optional<float> initial_range;
    std::int64_t max_lookups = 0;
    int in_flight = 1;
    Bounds bounds = Bounds::report;
    int threads = 1;
    std::string path{};  ///< for rows in a file
};

inline Pooling pooling_of(NaivePooling pooling) { return static_cast<Pooling>(pooling); }

template <class Optimizer>
Optimizer optimizer_of(const NaiveOptimizer& o) {
    Optimizer optimizer;
    optimizer.learning_rate = o.learning_rate;
    if constexpr (requires { optimizer.initial_accumulator; }) {
        optimizer.epsilon = o.epsilon;
        optimizer.initial_accumulator = o.initial_accumulator;
    }
    if constexpr (requires { optimizer.max_norm; }) optimizer.max_norm = *o.max_norm;
    if constexpr (requires { optimizer.weight_decay; }) optimizer.weight_decay = o.weight_decay;
    return optimizer;
}

/// A batch on its own memory, in an index type.
template <class I>
struct TypedBatch {
    std::vector<I> indices, offsets;
    std::vector<float> weights;
    std::int32_t batch_size = 0;
    Pooling pooling = Pooling::sum;

    TypedBatch() = default;
    explicit TypedBatch(const NaiveBatch& b)
        : indices(b.indices.size()), offsets(b.offsets.size()), weights(b.weights), batch_size(b.batch_size), pooling(pooling_of(b.pooling)) {
        for (std::size_t i = 0; i < indices.size(); ++i) indices[i] = static_cast<I>(b.indices[i]);
        for (std::size_t i = 0; i < offsets.size(); ++i) offsets[i] = static_cast<I>(b.offsets[i]);
    }
    Batch<I> batch() const { return {indices, offsets, weights, batch_size, pooling}; }
};

template <class I>
struct PlannedBatch {
    explicit PlannedBatch(const NaiveBatch& b) : batch(b), rows(b.output_rows()) {}
    TypedBatch<I> batch;
    std::size_t rows;
    Plan<I> plan;
};

/// Plans by number. Apart from `SubjectOf`, so that hundreds of embeddings share the two maps that there are.
template <class I>
class NumberedPlans {
public:
    int add(std::unique_ptr<PlannedBatch<I>> planned) {
        plans_[++added_] = std::move(planned);
        return added_;
    }
    PlannedBatch<I>& at(int plan) { return *plans_.at(plan); }
    void erase(int plan) { plans_.erase(plan); }

private:
    std::map<int, std::unique_ptr<PlannedBatch<I>>> plans_;
    int added_ = 0;
};

/// Outputs or gradients, aligned as the embedding wants them.
template <class Scalar>
class Dense {
public:
    explicit Dense(std::size_t size) : size_(size), data_(static_cast<Scalar*>(::operator new(size * sizeof(Scalar) + 1, std::align_val_t{16}))) {}
    explicit Dense(const std::vector<float>& values) : Dense(values.size()) {
        for (std::size_t i = 0; i < size_; ++i) data_[i] = ScalarCast<Scalar>::from_float(values[i]);
    }
    ~Dense() { ::operator delete(data_, std::align_val_t{16}); }
    Dense(const Dense&) = delete;
    Dense& operator=(const Dense&) = delete;
    std::span<Scalar> span() const { return {data_, size_}; }
    std::vector<float> floats() const {
        std::vector<float> values;
        values.reserve(size_);
        for (const Scalar& value : span()) values.push_back(ScalarCast<Scalar>::to_float(value));
        return values;
    }

private:
    std::size_t size_;
    Scalar* data_;
};

/// Fills a snapshot from what a view points to.
struct SnapshotSource {
    std::vector<std::byte> stored;
    const float* lines;
    std::size_t line_stride, dim;
    std::vector<std::uint64_t> tags;  ///< `empty_tag` for empty ways
    std::vector<std::uint64_t> scores;
    const std::uint8_t* flags;
    const std::uint32_t* ghosts;
    std::size_t ghost_count;
    std::vector<float> accumulators;
    std::vector<std::byte> element_states;

    Snapshot copy() const {
        Snapshot s{stored, {}, tags, scores, {flags, flags + tags.size()}, {ghosts, ghosts + ghost_count}, accumulators, element_states};
        for (std::size_t slot = 0; slot < tags.size(); ++slot) {
            if (tags[slot] == empty_tag) {
                s.lines.insert(s.lines.end(), dim, 0.0f);
            } else {
                s.lines.insert(s.lines.end(), lines + slot * line_stride, lines + slot * line_stride + dim);
            }
        }
        return s;
    }
};

/// `I`: index type; `Scalar`: type of outputs and gradients.
template <class Embedding, class Optimizer, class I, class Scalar>
class SubjectOf final : public Subject {
public:
    static typename Embedding::Options options_of(const SubjectOptions& o) {
        using Placement = typename Embedding::View::Placement;
        Placement placement{};
        if constexpr (Placement::is_lazy) placement.path = o.path;
        return {.table_rows = o.table_rows,
                .cache_sets = o.sets,
                .seed = o.seed,
                .optimizer = optimizer_of<Optimizer>(o.optimizer),
                .initial_range = o.initial_range,
                .max_lookups = o.max_lookups,
                .in_flight = o.in_flight,
                .bounds = o.bounds,
                .threads = o.threads,
                .placement = placement};
    }

    explicit SubjectOf(const SubjectOptions& options) : embedding_(options_of(options)) {}

    int plan(const NaiveBatch& batch) override {
        auto kept = std::make_unique<PlannedBatch<I>>(batch);
        kept->plan = embedding_.plan(kept->batch.batch());
        return in_flight_.add(std::move(kept));
    }
    std::vector<float> forward(int plan) override {
        const PlannedBatch<I>& planned = in_flight_.at(plan);
        Dense<Scalar> output(planned.rows * Embedding::dim);
        embedding_.forward(planned.plan, output.span());
        return output.floats();
    }
    std::pair<int, std::vector<float>> plan_and_forward(const NaiveBatch& batch) override {
        auto kept = std::make_unique<PlannedBatch<I>>(batch);
        Dense<Scalar> output(kept->rows * Embedding::dim);
        kept->plan = embedding_.forward(kept->batch.batch(), output.span());
        return {in_flight_.add(std::move(kept)), output.floats()};
    }
    void backward(int plan, const std::vector<float>& gradient) override {
        const Dense<Scalar> converted(gradient);
        embedding_.backward(in_flight_.at(plan).plan, std::span<const Scalar>(converted.span()));
        in_flight_.erase(plan);
    }
    void release(int plan) override {
        embedding_.release(in_flight_.at(plan).plan);
        in_flight_.erase(plan);
    }
    void announce(const NaiveBatch& batch) override {
        const TypedBatch<I> typed(batch);
        if constexpr (looks_ahead<typename Embedding::View::Cache::Eviction>) embedding_.announce(typed.batch());
    }
    std::int64_t pin_rows(int table, const std::vector<std::int64_t>& rows) override { return embedding_.pin_rows(table, rows); }
    void unpin_rows(int table, const std::vector<std::int64_t>& rows) override { embedding_.unpin_rows(table, rows); }
    std::vector<float> lookup(const NaiveBatch& batch) override {
        const TypedBatch<I> other(batch);
        Dense<Scalar> output(batch.output_rows() * Embedding::dim);
        embedding_.lookup(other.batch(), output.span());
        return output.floats();
    }
    void flush() override { embedding_.flush(); }
    void clear_cache() override { embedding_.clear_cache(); }
    std::vector<float> read_rows(int table, std::int64_t first, std::int64_t count) override {
        std::vector<float> values(static_cast<std::size_t>(count) * Embedding::dim);
        embedding_.read_rows(table, first, values);
        return values;
    }
    void write_rows(int table, std::int64_t first, const std::vector<float>& values) override { embedding_.write_rows(table, first, values); }
    void set_optimizer(const NaiveOptimizer& optimizer) override { embedding_.set_optimizer(optimizer_of<Optimizer>(optimizer)); }
    Statistics statistics() const override { return embedding_.statistics(); }
    std::vector<Statistics> table_statistics() const override { return embedding_.table_statistics(); }
    void reset_statistics() override { embedding_.reset_statistics(); }
    Footprint footprint() const override { return embedding_.footprint(); }

    Snapshot snapshot() override {
        embedding_.read_rows(0, 0, {});  // waits for rows on their way
        const auto view = embedding_.view();
        SnapshotSource source{{},
                              view.lines,
                              Embedding::View::line_stride,
                              Embedding::dim,
                              {},
                              {},
                              view.flags,
                              view.ghosts,
                              static_cast<std::size_t>(embedding_.lines()) / Embedding::View::ways * Embedding::View::ghosts_per_set,
                              {},
                              {}};
        for (std::int64_t slot = 0; slot < embedding_.lines(); ++slot) {
            const auto tag = view.tags[slot];
            source.tags.push_back(tag == Embedding::View::no_row ? empty_tag : tag);
            if constexpr (Embedding::View::has_score) source.scores.push_back(view.scores[slot]);
        }
        // Of each row what is kept of it, wherever that is: a joint record holds both, and a line its state.
        for (std::uint64_t row = 0; row < static_cast<std::uint64_t>(embedding_.rows()); ++row) {
            view.with_record(row, [&](const std::byte* record) {
                source.stored.insert(source.stored.end(), record, record + Embedding::View::Layout::stride);
                const auto [row_state, elements] = states_of(view, row, record);
                if constexpr (View::keeps_row_states) source.accumulators.push_back(row_state->sum);
                source.element_states.insert(source.element_states.end(), elements, elements + (View::keeps_elements ? View::element_bytes : 0));
            });
        }
        return source.copy();
    }

private:
    using View = typename Embedding::View;
    struct States {
        const typename View::RowState* row_state;
        const std::byte* elements;
    };
    static States states_of(const View& view, std::uint64_t row, [[maybe_unused]] const std::byte* record) {
        const auto places = [](const auto& place) { return States{place.row_state, place.elements}; };
        if constexpr (View::Records::are_joint) {
            if constexpr (View::are_in_lines) {
                const auto slot = view.probe(SingleLane{}, static_cast<typename View::RowId>(row));
                if (slot != View::nowhere) return places(view.of_line(slot));
            }
            using Layout = typename View::Records::Layout;
            return {reinterpret_cast<const typename View::RowState*>(record + Layout::row_state_offset), record + Layout::elements_offset};
        } else {
            return places(view.of_row(row));
        }
    }

    Embedding embedding_;
    NumberedPlans<I> in_flight_;
};

/// What the driver needs to know of a combination.
struct Combination {
    const char* name;
    int dim;
    int ways;
    NaivePolicy policy;
    const char* optimizer;
    NaiveUpdate update;
    bool is_clipped_and_decays;  ///< by `ClipRowNorm` and `WeightDecay`
    Codec codec;
    Codec elements;  ///< of the optimizer's states of elements
    OutputType output;
    bool wide_indices;
    int line_stride;
    int tag_bytes;
    int state_bytes;   ///< optimizer state of a row
    int record_bytes;  ///< of row and state, where they lie together; 0 where they do not
    bool in_file;
    std::unique_ptr<Subject> (*make)(const SubjectOptions& options);
    Footprint (*footprint)(const SubjectOptions& options);
};

}  // namespace hotrow::test
