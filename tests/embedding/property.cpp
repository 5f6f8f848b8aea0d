// SPDX-License-Identifier: Apache-2.0
// The driver of the property tests: the same random operations on an embedding and on the naive model, which must agree
// to the bit in everything that can be seen.
#include "embedding/property.hpp"
#include "support/catch.hpp"
#include "support/random_batch.hpp"
#include "support/table_file.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <deque>
#include <functional>
#include <limits>
#include <numeric>
#include <set>

namespace hotrow::test {

namespace {

/// To a float of `mantissa` bits and least normal exponent `least`, nearest even; infinite from `limit` on.
float rounded(float value, int mantissa, int least, float limit) {
    if (value == 0.0f || !std::isfinite(value)) return value;
    const int exponent = std::max(std::ilogb(value), least);
    const double steps = std::nearbyint(std::ldexp(static_cast<double>(value), mantissa - exponent));
    const double nearest = std::ldexp(steps, exponent - mantissa);
    return std::fabs(nearest) >= static_cast<double>(limit) ? std::copysign(INFINITY, value) : static_cast<float>(nearest);
}

std::vector<float> as_output(std::vector<float> values, OutputType type) {
    for (float& value : values) {
        if (type == OutputType::fp16) value = rounded(value, 10, -14, 65536.0f);
        if (type == OutputType::bf16) value = rounded(value, 7, -126, std::numeric_limits<float>::infinity());
    }
    return values;
}

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
    return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0);
}

std::uint64_t score_of(const NaiveEmbedding::Line& line, NaiveEviction eviction) {
    switch (eviction) {
    case NaiveEviction::lru: return line.last_use;
    case NaiveEviction::lfu: return line.uses;
    case NaiveEviction::fifo: return line.entered;
    default: return line.score;
    }
}

Snapshot snapshot_of(const NaiveEmbedding& model) {
    Snapshot s;
    for (const auto& [row, bytes] : model.stored()) s.stored.insert(s.stored.end(), bytes.begin(), bytes.end());
    for (const NaiveEmbedding::Set& set : model.sets()) {
        for (const auto& line : set) {
            s.tags.push_back(line ? line->row : empty_tag);
            const NaivePolicy& policy = model.options().policy;
            if (policy.score_bytes > 0) s.scores.push_back(line ? score_of(*line, policy.eviction) : 0);
            s.flags.push_back(static_cast<std::uint8_t>((line && line->dirty ? LineFlag::dirty : 0) | (line && line->pinned ? LineFlag::pinned : 0)));
            if (line) {
                s.lines.insert(s.lines.end(), line->values.begin(), line->values.end());
            } else {
                s.lines.insert(s.lines.end(), static_cast<std::size_t>(model.options().dim), 0.0f);
            }
        }
    }
    for (const NaiveGhosts& ghosts : model.ghosts()) {
        for (const auto& [tag, score] : ghosts.all()) s.ghosts.push_back(static_cast<std::uint32_t>(tag) << 16 | score);
    }
    if (model.options().optimizer.update == NaiveUpdate::rowwise_adagrad) {
        for (std::uint64_t row = 0; row < model.rows(); ++row) s.accumulators.push_back(model.accumulator(row));
    }
    for (const auto& [row, bytes] : model.element_states()) s.element_states.insert(s.element_states.end(), bytes.begin(), bytes.end());
    return s;
}

std::vector<std::uint64_t> numbers(const Statistics& s) {
    return {s.steps,       s.lookups,         s.unique_rows,      s.hits,       s.misses, s.conflict_misses, s.admissions, s.evictions,
            s.write_backs, s.clean_evictions, s.rejected_updates, s.bad_indices};
}

class Run {
public:
    Run(const Combination& combination, std::uint64_t seed) : combination_(combination), random_(seed) {
        options_.table_rows = {static_cast<std::int64_t>(80 + random_.below(120)), static_cast<std::int64_t>(1 + random_.below(30)), 1};
        // Some caches are too small, some hold most rows, some are none at all.
        const std::int64_t few = combination.ways == 1 ? 13 : 1;
        options_.sets = random_.one_in(5) ? 0 : static_cast<std::int64_t>(1 + random_.below(3)) * few;
        options_.seed = seed * 0x9E3779B97F4A7C15u;
        options_.optimizer = {combination.update, 0.1f, 1e-6f, random_.one_in(3) ? 0.0f : 0.01f};
        if (combination.is_clipped_and_decays) {
            options_.optimizer.max_norm = 0.5f;
            options_.optimizer.weight_decay = 0.25f;
        }
        if (random_.one_in(2)) options_.initial_range = random_.one_in(4) ? 0.0f : 0.5f;
        options_.max_lookups = combination.policy.looks_ahead || random_.one_in(2) ? 4000 : 0;
        options_.in_flight = random_.one_in(2) ? 1 : static_cast<int>(2 + random_.below(3));
        options_.bounds = random_.one_in(2) ? Bounds::skip : Bounds::report;
        options_.threads = random_.one_in(4) ? 3 : 1;
    }

    void operator()() {
        const std::int64_t bytes_before = CountingHost::live_bytes;
        {
            const TableFile file;
            options_.path = file.path();
            std::unique_ptr<Subject> subject = combination_.make(options_);
            reopen_ = [&] {
                subject.reset();  // first: one at a time may have the file open
                subject = combination_.make(options_);
                subject_ = subject.get();
            };
            NaiveEmbedding model(naive_options());
            subject_ = subject.get();
            model_ = &model;
            check_footprint(bytes_before);
            compare("construction");
            for (int i = 0; i < operations; ++i) operate();
            end_all();
            check_footprint(bytes_before);
            remember();
        }
        REQUIRE(CountingHost::live_bytes == bytes_before);
    }

    /// What happened, as `numbers`.
    const std::vector<std::uint64_t>& seen() const { return seen_; }

private:
    static constexpr int operations = 40;

    struct Planned {
        int subject, model;
        std::size_t rows;
    };

    NaiveOptions naive_options() const {
        return {combination_.dim,    combination_.codec, combination_.elements, combination_.ways, static_cast<std::uint64_t>(options_.sets),
                combination_.policy, options_.optimizer, options_.table_rows,   options_.seed,     options_.initial_range};
    }

    /// What is announced, what is reported, and what was allocated are the same, by component.
    void check_footprint(std::int64_t bytes_before) {
        const Footprint now = subject_->footprint();
        const std::int64_t rows = static_cast<std::int64_t>(model_->rows());
        const std::int64_t lines = options_.sets * combination_.ways;
        const std::int64_t tables = static_cast<std::int64_t>(options_.table_rows.size());
        REQUIRE(now.in_backend() == CountingHost::live_bytes - bytes_before + (combination_.record_bytes > 0 && !combination_.in_file ? -now.apart : 0));
        if (!combination_.in_file) REQUIRE(now.stored_rows == rows * combination_.codec.stride);
        REQUIRE(now.lines == lines * combination_.line_stride * 4);
        REQUIRE(now.tags == lines * combination_.tag_bytes);
        REQUIRE(now.scores == lines * combination_.policy.score_bytes);
        REQUIRE(now.flags == lines);
        REQUIRE(now.ghosts == options_.sets * static_cast<std::int64_t>(combination_.policy.ghosts) * 4);
        REQUIRE((now.foresight > 0) == combination_.policy.looks_ahead);
        if (combination_.record_bytes == 0) {
            REQUIRE(now.optimizer_state == rows * combination_.state_bytes);
            REQUIRE(now.apart == 0);
        } else {  // what of a record is not the row, and the states of lines
            REQUIRE(now.optimizer_state == rows * (combination_.record_bytes - combination_.codec.stride) + lines * combination_.state_bytes);
            REQUIRE(now.apart == now.stored_rows + rows * (combination_.record_bytes - combination_.codec.stride));
        }
        REQUIRE(now.control > (tables + 1) * (8 + 13 * 8) + tables * 4);  // bounds, counters, initial ranges
        REQUIRE(now.total() == now.stored_rows + now.lines + now.tags + now.scores + now.flags + now.ghosts + now.foresight + now.optimizer_state +
                                   now.control + now.workspace);
        const Footprint announced = combination_.footprint(options_);
        REQUIRE(announced.embedding() == now.embedding());
        REQUIRE(announced.control == now.control);
        REQUIRE(announced.optimizer_state == now.optimizer_state);
        // The workspace grows with the batches if nothing was reserved.
        REQUIRE(announced.workspace <= now.workspace);
        REQUIRE((announced.workspace == now.workspace || options_.max_lookups == 0));
    }

    void operate() {
        const std::int64_t allocations = CountingHost::allocations;
        bool allocates = options_.max_lookups == 0;
        switch (random_.below(15)) {
        case 0: look_up(); break;
        case 1:
            subject_->flush();
            model_->flush();
            compare("flush");
            break;
        case 2:
            write();
            allocates = true;  // the staging buffer
            break;
        case 3:
            read();
            allocates = true;
            break;
        case 4: change_something(); break;
        case 5: plan_bad_batch(); break;
        case 6:
            pin();
            allocates = true;  // lists of rows on the host
            break;
        case 7: announce(); break;
        case 8:
            if (combination_.policy.fills) {
                step();
            } else {
                pin();
                allocates = true;
            }
            break;
        case 9:
            if (combination_.in_file && random_.one_in(2)) {
                reopen();
                allocates = true;
            } else {
                clear();
            }
            break;
        default: step(); break;
        }
        if (!allocates) REQUIRE(CountingHost::allocations == allocations);
    }

    NaiveBatch next_batch() {
        if (coming_.empty()) return random_batch(random_, options_.table_rows, random_shape(random_));
        const NaiveBatch batch = coming_.front();
        coming_.pop_front();
        return batch;
    }

    /// Tells of some coming batches, sometimes of as many as there may be.
    void announce() {
        if (!combination_.policy.looks_ahead) return;
        for (std::uint64_t more = random_.one_in(4) ? 64 : random_.below(6); more > 0 && model_->waiting() < 64; --more) {
            coming_.push_back(random_batch(random_, options_.table_rows, random_shape(random_)));
            subject_->announce(coming_.back());
            model_->announce(coming_.back());
        }
        if (model_->waiting() == 64) REQUIRE_THROWS_AS(subject_->announce(coming_.back()), PlanError);
        compare("announce");
    }

    void clear() {
        if (!plans_.empty()) {
            REQUIRE_THROWS_AS(subject_->clear_cache(), PlanError);
            compare("clear_cache refused");
        } else if (random_.one_in(4)) {                             // seldom: it takes many steps until a cache is full
            lines_at_reset_ -= lines_in_use(subject_->snapshot());  // no evictions
            subject_->clear_cache();
            model_->clear_cache();
            compare("clear_cache");
        }
    }

    /// Flushed, closed and opened again: the same rows, states and step, an empty cache, hyperparameters as in the options.
    void reopen() {
        end_all();
        subject_->flush();
        remember();
        reopen_();
        model_->flush();
        model_->clear_cache();
        model_->reset_statistics();
        model_->set_optimizer(options_.optimizer);
        bytes_read_ = bytes_written_ = 0;
        lines_at_reset_ = 0;
        compare("reopened");
    }

    /// Pins some rows, or lets rows go.
    void pin() {
        while (!plans_.empty()) end_one();
        const int table = static_cast<int>(random_.below(3));
        std::vector<std::int64_t> rows(random_.below(12));
        for (std::int64_t& row : rows) row = random_.skewed(options_.table_rows[static_cast<std::size_t>(table)]);
        if (random_.one_in(2)) {
            REQUIRE(subject_->pin_rows(table, rows) == model_->pin_rows(table, rows));
            compare("pin_rows");
        } else {
            if (random_.one_in(2)) {  // all of them
                rows.resize(static_cast<std::size_t>(options_.table_rows[static_cast<std::size_t>(table)]));
                std::iota(rows.begin(), rows.end(), 0);
            }
            subject_->unpin_rows(table, rows);
            model_->unpin_rows(table, rows);
            compare("unpin_rows");
        }
    }

    /// One more batch enters, and some of those in flight end.
    void step() {
        plan_one();
        if (random_.one_in(8)) {  // other calls in the middle of a step
            look_up();
            subject_->flush();
            model_->flush();
            compare("flush in a step");
        }
        while (!plans_.empty() && (plans_.size() == static_cast<std::size_t>(options_.in_flight) || random_.one_in(2))) end_one();
    }

    void end_all() {
        while (!plans_.empty()) end_one();
    }

    void plan_one() {
        const NaiveBatch batch = next_batch();
        const std::vector<std::byte> stored_before = subject_->snapshot().stored;
        const std::uint64_t write_backs = subject_->statistics().write_backs;
        const Statistics before = model_->statistics();
        Planned planned{0, model_->plan(batch), batch.output_rows()};
        expect_moves(before);
        if (random_.one_in(2)) {
            planned.subject = subject_->plan(batch);
            compare("plan");
        } else {
            auto [number, output] = subject_->plan_and_forward(batch);
            planned.subject = number;
            expect_forward(planned.model);
            compare_output(output, model_->forward(planned.model), "plan and forward");
            compare("plan and forward");
        }
        plans_.push_back(planned);
        check_stored_rows_changed(stored_before, subject_->statistics().write_backs - write_backs);
    }

    /// Ends the oldest plan, or sometimes another.
    void end_one() {
        const std::size_t which = random_.one_in(4) ? random_.below(plans_.size()) : 0;
        const Planned planned = plans_[which];
        plans_.erase(plans_.begin() + static_cast<std::ptrdiff_t>(which));
        if (!random_.one_in(6)) {
            compare_output(subject_->forward(planned.subject), model_->forward(planned.model), "forward");
            expect_forward(planned.model);
            compare("forward");
        }
        if (random_.one_in(8)) {
            subject_->release(planned.subject);
            model_->release(planned.model);
            compare("release");
            return;
        }
        std::vector<float> gradient = random_gradient(random_, planned.rows * static_cast<std::size_t>(combination_.dim));
        if (!gradient.empty() && random_.one_in(5)) {
            const float bad[] = {NAN, INFINITY, -INFINITY};
            gradient[random_.below(gradient.size())] = bad[random_.below(3)];
        }
        subject_->backward(planned.subject, gradient);
        expect_backward(planned.model);
        model_->backward(planned.model, gradient);
        compare("backward");
    }

    /// Only the rows that were written back may have changed.
    void check_stored_rows_changed(const std::vector<std::byte>& before, std::uint64_t write_backs) {
        const std::vector<std::byte> after = subject_->snapshot().stored;
        const std::size_t stride = static_cast<std::size_t>(combination_.codec.stride);
        std::uint64_t changed = 0;
        for (std::size_t at = 0; at < after.size(); at += stride) changed += std::memcmp(&before[at], &after[at], stride) != 0;
        REQUIRE(changed <= write_backs);
    }

    /// With Bounds::skip the bad lookups are left out; with Bounds::report nothing happens.
    void plan_bad_batch() {
        NaiveBatch batch = random_batch(random_, options_.table_rows, random_shape(random_));
        if (batch.indices.empty()) return;
        if (plans_.size() == static_cast<std::size_t>(options_.in_flight)) end_one();
        for (std::uint64_t i = 0; i <= random_.below(4); ++i) {
            const std::int64_t wide[] = {-1, 1000, std::numeric_limits<std::int64_t>::min(), (std::int64_t{1} << 32) + 3};
            const std::int64_t narrow[] = {-1, 1000, std::numeric_limits<std::int32_t>::min(), std::numeric_limits<std::int32_t>::max()};
            batch.indices[random_.below(batch.indices.size())] = (combination_.wide_indices ? wide : narrow)[random_.below(4)];
        }
        if (options_.bounds == Bounds::report) {
            REQUIRE_THROWS_AS(subject_->plan(batch), IndexError);
            compare("a refused plan");
            REQUIRE_THROWS_AS(subject_->lookup(batch), IndexError);
            compare("a refused lookup");
            return;
        }
        const auto [plan, output] = subject_->plan_and_forward(batch);
        const Statistics before = model_->statistics();
        const int planned = model_->plan(batch);
        expect_moves(before);
        expect_forward(planned);
        expect_backward(planned);
        compare_output(output, model_->forward(planned), "forward with bad indices");
        compare_output(subject_->lookup(batch), model_->pooled(batch), "lookup with bad indices");
        const std::vector<float> gradient = random_gradient(random_, output.size());
        subject_->backward(plan, gradient);
        model_->backward(planned, gradient);
        compare("backward with bad indices");
    }

    void look_up() {
        const NaiveBatch batch = next_batch();
        compare_output(subject_->lookup(batch), model_->pooled(batch), "lookup");
        compare("lookup");
    }

    std::pair<std::int64_t, std::int64_t> some_rows(int table) {
        const std::int64_t rows = options_.table_rows[static_cast<std::size_t>(table)];
        const std::int64_t first = static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(rows) + 1));
        return {first, static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(rows - first) + 1))};
    }

    void write() {
        const int table = static_cast<int>(random_.below(3));
        const auto [first, count] = some_rows(table);
        std::vector<float> values(static_cast<std::size_t>(count * combination_.dim));
        const float scales[] = {1.0f, 1e-3f, 1000.0f, 1e-41f, 0.0f};
        const float scale = scales[random_.below(5)];
        for (float& value : values) value = random_.fine() * scale;
        subject_->write_rows(table, first, values);
        model_->write_rows(table, first, values);
        compare("write_rows");
    }

    void read() {
        const int table = static_cast<int>(random_.below(3));
        const auto [first, count] = some_rows(table);
        INFO("read_rows");
        REQUIRE(same_bits(subject_->read_rows(table, first, count), model_->read_rows(table, first, count)));
        compare("read_rows");
    }

    void change_something() {
        if (random_.one_in(3)) {
            remember();
            lines_at_reset_ = lines_in_use(subject_->snapshot());
            subject_->reset_statistics();
            model_->reset_statistics();
            bytes_read_ = bytes_written_ = 0;
        } else {
            NaiveOptimizer optimizer = options_.optimizer;
            optimizer.learning_rate = 0.01f * static_cast<float>(random_.below(50));
            subject_->set_optimizer(optimizer);
            model_->set_optimizer(optimizer);
        }
        compare("set_optimizer or reset_statistics");
    }

    void compare_output(const std::vector<float>& got, const std::vector<float>& expected, const char* when) {
        INFO(when);
        REQUIRE(same_bits(got, as_output(expected, combination_.output)));
    }

    static std::uint64_t lines_in_use(const Snapshot& s) {
        return static_cast<std::uint64_t>(std::count_if(s.tags.begin(), s.tags.end(), [](std::uint64_t tag) { return tag != empty_tag; }));
    }

    // Bytes that go between the backend and the memory of a placement that is apart: records as rows move, and what is used where it is stored.

    void expect_moves(const Statistics& before) {
        const Statistics now = model_->statistics();
        bytes_read_ += (now.admissions - before.admissions) * record_bytes();
        bytes_written_ += (now.write_backs - before.write_backs) * record_bytes();
    }
    void expect_forward(int plan) {
        if (combination_.record_bytes > 0) bytes_read_ += model_->in_place(plan).lookups * static_cast<std::uint64_t>(combination_.codec.stride);
    }
    void expect_backward(int plan) {
        bytes_read_ += model_->in_place(plan).rows * record_bytes();
        bytes_written_ += model_->in_place(plan).rows * record_bytes();
    }
    std::uint64_t record_bytes() const { return static_cast<std::uint64_t>(combination_.record_bytes); }

    void compare(const char* when) {
        INFO(when);
        const Snapshot got = subject_->snapshot();
        const Snapshot expected = snapshot_of(*model_);
        REQUIRE(got.tags == expected.tags);
        REQUIRE(got.scores == expected.scores);
        REQUIRE(got.flags == expected.flags);
        REQUIRE(got.ghosts == expected.ghosts);
        REQUIRE(same_bits(got.lines, expected.lines));
        REQUIRE(same_bits(got.accumulators, expected.accumulators));
        REQUIRE((got.element_states == expected.element_states));
        REQUIRE((got.stored == expected.stored));
        const Statistics s = subject_->statistics();
        REQUIRE(numbers(s) == numbers(model_->statistics()));
        REQUIRE(s.bytes_read == bytes_read_);
        REQUIRE(s.bytes_written == bytes_written_);
        const std::vector<Statistics> tables = subject_->table_statistics();
        for (std::size_t t = 0; t < tables.size(); ++t) REQUIRE(numbers(tables[t]) == numbers(model_->table_statistics(t)));
        REQUIRE(s.hits + s.misses == s.lookups);
        REQUIRE(s.write_backs + s.clean_evictions == s.evictions);
        REQUIRE(s.admissions - s.evictions == lines_in_use(got) - lines_at_reset_);
        std::set<std::uint64_t> cached;
        for (std::size_t slot = 0; slot < got.tags.size(); ++slot) {
            if (got.tags[slot] == empty_tag) continue;
            REQUIRE(cached.insert(got.tags[slot]).second);                                                  // in one line only,
            REQUIRE(model_->set_of(got.tags[slot]) == slot / static_cast<std::size_t>(combination_.ways));  // of its own set
        }
    }

    /// Adds what the model has counted up to a reset or the end.
    void remember() {
        const std::vector<std::uint64_t> counts = numbers(model_->statistics());
        seen_.resize(counts.size());
        for (std::size_t i = 0; i < counts.size(); ++i) seen_[i] += counts[i];
    }

    const Combination& combination_;
    RandomNumbers random_;
    SubjectOptions options_{};
    Subject* subject_ = nullptr;
    std::function<void()> reopen_;
    NaiveEmbedding* model_ = nullptr;
    std::uint64_t lines_at_reset_ = 0;
    std::uint64_t bytes_read_ = 0, bytes_written_ = 0;
    std::vector<std::uint64_t> seen_;
    std::vector<Planned> plans_;
    std::deque<NaiveBatch> coming_;  ///< announced, not planned
};

}  // namespace

void check_against_model(const Combination& combination, std::uint64_t seeds) {
    std::vector<std::uint64_t> seen(numbers({}).size());
    INFO("rows " << combination.name << ", dim " << combination.dim << ", ways " << combination.ways << ", " << combination.policy.name
                 << (combination.policy.only_if_better ? ", only if better" : "") << ", " << combination.policy.ghosts << " ghosts"
                 << ", optimizer " << combination.optimizer << ", output type " << static_cast<int>(combination.output)
                 << (combination.wide_indices ? ", int64" : ", int32"));
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        INFO("seed " << seed);
        Run run(combination, seed);
        run();
        for (std::size_t i = 0; i < seen.size(); ++i) seen[i] += run.seen()[i];
    }
    // Each of the counted things happened, else the comparisons say little.
    for (std::size_t i = 0; i < seen.size(); ++i) {
        INFO("statistic " << i);
        REQUIRE(seen[i] > 0);
    }
}

}  // namespace hotrow::test
