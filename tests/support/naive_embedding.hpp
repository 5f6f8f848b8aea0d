// SPDX-License-Identifier: Apache-2.0
// The oracle of the embedding's tests: the same semantics written as plainly as they can be, slow and without a plan, a
// sort, tiles or threads. It shares with the library only the codecs of rows and states, the random keys, the words of first values,
// the mixer that says which set a row belongs to, and the scores of some policies.
#pragma once

#include "support/naive_batch.hpp"
#include "support/naive_policy.hpp"

#include <hotrow/cache/geometry.hpp>
#include <hotrow/execution/tile.hpp>
#include <hotrow/optimizer/element_states.hpp>
#include <hotrow/statistics.hpp>
#include <hotrow/storage/generator.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

namespace hotrow::test {

/// A row format with its types forgotten.
struct Codec {
    int stride;
    void (*encode)(const float* values, std::byte* stored, const RandomKey& key);
    void (*decode)(const std::byte* stored, float* values);
};

/// Both functions work on rows padded to whole packs of four.
template <class Format, int Dim>
Codec codec_of() {
    return {Format::template Layout<Dim>::stride,
            [](const float* values, std::byte* stored, const RandomKey& key) { Format::template encode<Dim>(SingleLane{}, values, stored, key); },
            [](const std::byte* stored, float* values) { Format::template decode<Dim>(SingleLane{}, stored, values); }};
}

/// `adagrad` keeps a number for each element, `rowwise_adagrad` one for the row.
enum class NaiveUpdate { sgd, rowwise_adagrad, adagrad };

struct NaiveOptimizer {
    NaiveUpdate update;
    float learning_rate;
    float epsilon = 0.0f;
    float initial_accumulator = 0.0f;
    std::optional<float> max_norm{};  ///< of a row's gradient, before all else
    float weight_decay = 0.0f;        ///< decoupled
};

struct NaiveOptions {
    int dim;
    Codec codec;
    Codec elements;  ///< of what the optimizer keeps for each element; stride 0: nothing
    int ways;
    std::uint64_t sets;
    NaivePolicy policy;
    NaiveOptimizer optimizer;
    std::vector<std::int64_t> table_rows;
    std::uint64_t seed;
    std::optional<float> initial_range;
};

class NaiveEmbedding {
public:
    struct Line {
        std::uint64_t row;
        std::vector<float> values;
        std::uint64_t last_use;  ///< step
        std::uint64_t uses;      ///< lookups since it entered
        std::uint64_t entered;   ///< step
        std::uint64_t score;     ///< of policies that have one
        bool dirty;
        bool pinned;
    };
    using Set = std::vector<std::optional<Line>>;  ///< by way

    explicit NaiveEmbedding(const NaiveOptions& options) : options_(options) {
        std::uint64_t row = 0;
        for (const std::int64_t rows : options.table_rows) {
            const float range = options.initial_range.value_or(static_cast<float>(std::sqrt(1.0 / static_cast<double>(rows))));
            for (std::int64_t i = 0; i < rows; ++i, ++row) initialise(row, range);
            table_end_.push_back(row);
        }
        mixer_.bits = static_cast<int>(std::bit_width(row));
        counts_.resize(options.table_rows.size());
        sets_.assign(options.sets, Set(static_cast<std::size_t>(options.ways)));
        ghosts_.assign(options.sets, NaiveGhosts(options.policy.ghosts));
    }

    // --- a step ---

    /// Finds the batch's rows, in the order of their mixed ids; hits first, then misses enter. Lines that a plan in flight uses
    /// stay, and a row that one uses where it is stored stays there. Returns a number for the calls below.
    int plan(const NaiveBatch& batch) {
        ++step_;
        lookups_before_ = lookups_;
        lookups_ += batch.indices.size();
        const int number = ++plans_;
        Touches touches;
        for (std::size_t bag = 0; bag < batch.bags(); ++bag) {
            for (std::int64_t p = batch.offsets[bag]; p < batch.offsets[bag + 1]; ++p) {
                const std::size_t position = static_cast<std::size_t>(p);
                if (const auto row = row_of(batch, bag, position)) {
                    touches[mixer_(*row)].positions.push_back({position, bag});
                    touches[mixer_(*row)].row = *row;
                } else {
                    ++bad_indices_;
                }
            }
        }
        std::vector<const Touched*> missed;
        for (const auto& [key, touched] : touches) {
            const std::uint64_t lookups = touched.positions.size();
            Statistics& counts = counts_of(touched.row);
            counts.lookups += lookups;
            ++counts.unique_rows;
            if (Line* line = find(touched.row)) {
                counts.hits += lookups;
                line->last_use = step_;
                line->uses += lookups;
                if (options_.policy.eviction == NaiveEviction::scored) {
                    line->score = options_.policy.hit(line->score, clock(), static_cast<std::uint32_t>(lookups));
                }
            } else {
                counts.misses += lookups;
                missed.push_back(&touched);
            }
        }
        if (options_.sets > 0) admit(missed, touches, false);
        in_flight_[number] = {batch, std::move(touches), step_};
        return number;
    }

    /// A coming batch, in the order of the plans.
    void announce(const NaiveBatch& batch) {
        announced_ = std::max(announced_, step_) + 1;
        for (std::size_t bag = 0; bag < batch.bags(); ++bag) {
            for (std::int64_t p = batch.offsets[bag]; p < batch.offsets[bag + 1]; ++p) {
                if (const auto row = row_of(batch, bag, static_cast<std::size_t>(p))) foresight_.announce(*row, announced_);
            }
        }
    }

    /// Announced batches that wait for their plans.
    std::uint64_t waiting() const { return announced_ > step_ ? announced_ - step_ : 0; }

    /// Returns how many of the rows are pinned now.
    std::int64_t pin_rows(int table, const std::vector<std::int64_t>& rows) {
        Touches touches;
        for (const std::int64_t row : rows) {
            const std::uint64_t id = table_begin(table) + static_cast<std::uint64_t>(row);
            touches[mixer_(id)].row = id;
        }
        if (options_.sets == 0) return 0;
        lookups_before_ = lookups_;
        std::vector<const Touched*> missed;
        for (const auto& [key, touched] : touches) {
            if (Line* line = find(touched.row)) {
                line->pinned = true;
            } else {
                missed.push_back(&touched);
            }
        }
        admit(missed, touches, true);
        return std::count_if(touches.begin(), touches.end(), [&](const auto& entry) { return find(entry.second.row) != nullptr; });
    }
    void unpin_rows(int table, const std::vector<std::int64_t>& rows) {
        for (const std::int64_t row : rows) {
            if (Line* line = find(table_begin(table) + static_cast<std::uint64_t>(row))) line->pinned = false;
        }
    }

    /// What of a plan in flight is used where it is stored.
    struct InPlace {
        std::uint64_t rows, lookups;
    };
    InPlace in_place(int plan) {
        InPlace all{0, 0};
        for (const auto& [key, touched] : in_flight_.at(plan).touches) {
            if (find(touched.row) != nullptr) continue;
            ++all.rows;
            all.lookups += touched.positions.size();
        }
        return all;
    }

    std::vector<float> forward(int plan) const { return pooled(in_flight_.at(plan).batch); }
    void release(int plan) { in_flight_.erase(plan); }

    /// Pooled rows of any batch; changes nothing.
    std::vector<float> pooled(const NaiveBatch& batch) const {
        const std::size_t dim = static_cast<std::size_t>(options_.dim);
        std::vector<float> output;
        for (std::size_t bag = 0; bag < batch.bags(); ++bag) {
            const std::size_t begin = static_cast<std::size_t>(batch.offsets[bag]);
            const std::size_t end = static_cast<std::size_t>(batch.offsets[bag + 1]);
            const auto term = [&](std::size_t position, std::vector<float>& sum) {
                const auto row = row_of(batch, bag, position);
                if (!row) return;
                const std::vector<float> values = current(*row);
                for (std::size_t e = 0; e < dim; ++e) sum[e] = std::fma(batch.weight(position), values[e], sum[e]);
            };
            if (batch.pooling == NaivePooling::none) {
                for (std::size_t p = begin; p < end; ++p) {
                    std::vector<float> sum(dim, 0.0f);
                    term(p, sum);
                    output.insert(output.end(), sum.begin(), sum.end());
                }
                continue;
            }
            std::vector<float> sum = chunked_sum(end - begin, [&](std::size_t i, std::vector<float>& s) { term(begin + i, s); });
            if (batch.pooling == NaivePooling::mean && end > begin) {
                for (float& value : sum) value /= static_cast<float>(end - begin);
            }
            output.insert(output.end(), sum.begin(), sum.end());
        }
        return output;
    }

    /// One optimizer update for each row of the batch.
    void backward(int plan, const std::vector<float>& gradient) {
        const std::size_t dim = static_cast<std::size_t>(options_.dim);
        const NaiveBatch& batch = in_flight_.at(plan).batch;
        for (const auto& entry : in_flight_.at(plan).touches) {
            const Touched& touched = entry.second;
            const std::vector<float> sum = chunked_sum(touched.positions.size(), [&](std::size_t i, std::vector<float>& s) {
                const auto [position, bag] = touched.positions[i];
                float factor = batch.weight(position);
                if (batch.pooling == NaivePooling::mean) { factor /= static_cast<float>(batch.offsets[bag + 1] - batch.offsets[bag]); }
                const std::size_t from = (batch.pooling == NaivePooling::none ? position : bag) * dim;
                for (std::size_t e = 0; e < dim; ++e) s[e] = std::fma(factor, gradient[from + e], s[e]);
            });
            update(touched.row, sum, in_flight_.at(plan).step);
        }
        in_flight_.erase(plan);
    }

    // --- everything else ---

    void flush() {
        for (Set& set : sets_) {
            for (std::optional<Line>& line : set) {
                if (line && line->dirty) {
                    store(line->row, line->values, step_);
                    line->dirty = false;
                }
            }
        }
    }

    void clear_cache() {
        flush();
        for (Set& set : sets_) {
            for (std::optional<Line>& line : set) line.reset();
        }
        ghosts_.assign(options_.sets, NaiveGhosts(options_.policy.ghosts));
    }

    std::vector<float> read_rows(int table, std::int64_t first, std::int64_t count) const {
        std::vector<float> values;
        for (std::int64_t i = 0; i < count; ++i) {
            const std::vector<float> row = current(table_begin(table) + static_cast<std::uint64_t>(first + i));
            values.insert(values.end(), row.begin(), row.end());
        }
        return values;
    }

    void write_rows(int table, std::int64_t first, const std::vector<float>& values) {
        const std::size_t dim = static_cast<std::size_t>(options_.dim);
        for (std::size_t i = 0; i < values.size() / dim; ++i) {
            write(table_begin(table) + static_cast<std::uint64_t>(first) + i,
                  {values.begin() + static_cast<std::ptrdiff_t>(i * dim), values.begin() + static_cast<std::ptrdiff_t>((i + 1) * dim)}, step_);
        }
    }

    void set_optimizer(const NaiveOptimizer& optimizer) { options_.optimizer = optimizer; }
    void reset_statistics() {
        for (Statistics& counts : counts_) counts = {};
        bad_indices_ = 0;
        step_at_reset_ = step_;
    }

    const NaiveOptions& options() const { return options_; }
    /// Of one table; bad indices belong to none.
    Statistics table_statistics(std::size_t table) const {
        Statistics s = counts_[table];
        s.steps = step_ - step_at_reset_;
        return s;
    }
    Statistics statistics() const {
        Statistics total;
        for (const Statistics& s : counts_) {
            total.lookups += s.lookups;
            total.unique_rows += s.unique_rows;
            total.hits += s.hits;
            total.misses += s.misses;
            total.conflict_misses += s.conflict_misses;
            total.admissions += s.admissions;
            total.evictions += s.evictions;
            total.write_backs += s.write_backs;
            total.clean_evictions += s.clean_evictions;
            total.rejected_updates += s.rejected_updates;
        }
        total.bad_indices = bad_indices_;
        total.steps = step_ - step_at_reset_;
        return total;
    }
    std::size_t plans_in_flight() const { return in_flight_.size(); }
    const std::vector<Set>& sets() const { return sets_; }
    const std::vector<NaiveGhosts>& ghosts() const { return ghosts_; }
    const std::map<std::uint64_t, std::vector<std::byte>>& stored() const { return stored_; }
    float accumulator(std::uint64_t row) const { return accumulators_.at(row); }
    const std::map<std::uint64_t, std::vector<std::byte>>& element_states() const { return element_states_; }
    std::uint64_t rows() const { return table_end_.back(); }
    std::uint64_t set_of(std::uint64_t row) const { return (mixer_(row) * options_.sets) >> mixer_.bits; }

private:
    struct Touched {
        std::uint64_t row = 0;
        std::vector<std::pair<std::size_t, std::size_t>> positions;  ///< lookup, bag
    };

    using Touches = std::map<std::uint64_t, Touched>;  ///< by mixed id

    struct Planned {
        NaiveBatch batch;
        Touches touches;
        std::uint64_t step;
    };

    Statistics& counts_of(std::uint64_t row) {
        std::size_t table = 0;
        while (row >= table_end_[table]) ++table;
        return counts_[table];
    }

    bool in_flight_uses(std::uint64_t row) const {
        for (const auto& [number, planned] : in_flight_) {
            if (planned.touches.contains(mixer_(row))) return true;
        }
        return false;
    }

    std::uint64_t table_begin(int table) const { return table == 0 ? 0 : table_end_[static_cast<std::size_t>(table) - 1]; }

    void initialise(std::uint64_t row, float range) {
        std::vector<float> values;
        const auto random = CounterHash::prepare(RandomKey{options_.seed, ~std::uint64_t{0}, row});
        for (int e = 0; e < options_.dim; ++e) {
            std::uint32_t words[4];
            CounterHash::fill(random, e / 4 * 4, words);
            // 24 random bits: 0 to almost 2, in steps of 2^-23
            const float unit = std::ldexp(static_cast<float>(words[e % 4] >> 8), -23);
            values.push_back(std::fma(unit, range, -range));
        }
        store(row, values, 0);
        accumulators_[row] = options_.optimizer.initial_accumulator;
        if (options_.elements.stride > 0) store_elements(row, std::vector<float>(padded(), options_.optimizer.initial_accumulator), 0);
    }

    std::optional<std::uint64_t> row_of(const NaiveBatch& batch, std::size_t bag, std::size_t position) const {
        const int table = static_cast<int>(bag) / batch.batch_size;
        const std::int64_t index = batch.indices[position];
        if (index < 0 || index >= options_.table_rows[static_cast<std::size_t>(table)]) return std::nullopt;
        return table_begin(table) + static_cast<std::uint64_t>(index);
    }

    Line* find(std::uint64_t row) {
        if (options_.sets == 0) return nullptr;
        for (std::optional<Line>& line : sets_[set_of(row)]) {
            if (line && line->row == row) return &*line;
        }
        return nullptr;
    }
    const Line* find(std::uint64_t row) const { return const_cast<NaiveEmbedding*>(this)->find(row); }

    /// The authoritative copy.
    std::vector<float> current(std::uint64_t row) const {
        const Line* line = find(row);
        return line != nullptr ? line->values : decoded(row);
    }

    std::vector<float> decoded(std::uint64_t row) const {
        std::vector<float> values(padded());
        options_.codec.decode(stored_.at(row).data(), values.data());
        values.resize(static_cast<std::size_t>(options_.dim));
        return values;
    }

    void store(std::uint64_t row, std::vector<float> values, std::uint64_t step) {
        values.resize(padded());
        std::vector<std::byte>& bytes = stored_[row];
        bytes.resize(static_cast<std::size_t>(options_.codec.stride));
        options_.codec.encode(values.data(), bytes.data(), RandomKey{options_.seed, step, row});
    }

    void write(std::uint64_t row, const std::vector<float>& values, std::uint64_t step) {
        if (Line* line = find(row)) {
            line->values = values;
            line->dirty = true;
        } else {
            store(row, values, step);
        }
    }

    /// A way of a set while a batch is planned.
    struct Way {
        std::optional<Line> line;
        bool entered = false;  ///< by this batch
    };

    CacheClock clock() const {
        CacheClock clock{step_, options_.seed};
        if (options_.policy.time != nullptr) clock.now = options_.policy.time(lookups_before_, options_.sets * static_cast<std::uint64_t>(options_.ways));
        return clock;
    }

    std::uint64_t priority(const Line& line, std::uint64_t slot) const {
        switch (options_.policy.eviction) {
        case NaiveEviction::lru: return line.last_use;
        case NaiveEviction::lfu: return line.uses;
        case NaiveEviction::fifo: return line.entered;
        default: return options_.policy.priority(line.score, slot, clock(), foresight_.next(line.row, step_));
        }
    }

    /// Rows that missed enter their sets, in the order given, if they are pinned or the policy agrees. A way is settled only when all have had
    /// their turn: until then a better row may take it from a row of the same batch.
    void admit(const std::vector<const Touched*>& missed, const Touches& batch, bool pins) {
        std::map<std::uint64_t, std::vector<Way>> changed;
        for (const Touched* touched : missed) {
            const std::uint64_t set = set_of(touched->row);
            if (!changed.contains(set)) {
                for (const std::optional<Line>& line : sets_[set]) changed[set].push_back({line});
            }
            admit_one(*touched, batch, set, changed[set], pins);
        }
        for (auto& [set, ways] : changed) {
            for (std::size_t way = 0; way < ways.size(); ++way) settle(sets_[set][way], ways[way]);
        }
    }

    void admit_one(const Touched& touched, const Touches& batch, std::uint64_t set, std::vector<Way>& ways, bool pins) {
        const NaivePolicy& policy = options_.policy;
        const std::uint64_t row = touched.row, lookups = pins ? 1 : touched.positions.size();
        if (in_flight_uses(row)) {
            ++counts_of(row).conflict_misses;
            return;
        }
        Line line{row, {}, step_, lookups, step_, 0, false, pins};
        NaiveGhosts::Ghost* ghost = nullptr;
        if (policy.eviction == NaiveEviction::scored) {
            const std::uint32_t n = static_cast<std::uint32_t>(lookups);
            line.score = policy.admitted(clock(), n);
            ghost = policy.ghosts == 0 ? nullptr : ghosts_[set].find(tag_of(row));
            if (ghost != nullptr && !pins) line.score = policy.hit(policy.recall(ghost->second, clock()), clock(), n);
        }

        // The way to give up: an empty one, else the least. Rows of this batch come last if any row may enter.
        const auto slot_of = [&](const Way& way) { return set * static_cast<std::uint64_t>(options_.ways) + static_cast<std::uint64_t>(&way - ways.data()); };
        const auto order = [&](const Way& way) {
            return std::make_tuple(way.entered && !policy.only_if_better, priority(*way.line, slot_of(way)), way.entered);
        };
        Way* victim = nullptr;
        for (Way& way : ways) {
            if (!way.line) {
                victim = &way;
                break;
            }
            if (way.line->pinned) continue;
            if (!way.entered && (batch.contains(mixer_(way.line->row)) || in_flight_uses(way.line->row))) continue;
            if (victim == nullptr || order(way) < order(*victim)) victim = &way;
        }
        bool enters = victim != nullptr && (pins || policy.fills);
        if (enters && victim->line && !pins && (policy.only_if_better || victim->entered)) {
            enters = priority(line, slot_of(*victim)) > priority(*victim->line, slot_of(*victim));
        }
        const bool conflict = victim == nullptr || (!pins && !policy.only_if_better && victim->entered);
        const std::optional<Line> loser = enters ? victim->line : line;
        if (conflict) ++counts_of(loser->row).conflict_misses;
        if (enters) {
            if (policy.passed != nullptr && victim->line) {
                for (Way& way : ways) {
                    if (&way != victim && way.line) way.line->score = policy.passed(way.line->score, victim->line->score, clock());
                }
            }
            *victim = {line, true};
        }
        if (policy.ghosts == 0 || (pins && !enters)) return;
        if (!loser) {
            if (ghost != nullptr) *ghost = {};
            return;
        }
        const std::uint16_t kept = policy.remember(loser->score, clock());
        if (ghost == nullptr) {
            ghost = ghosts_[set].place_for(kept, [&](std::uint16_t score) { return policy.priority(policy.recall(score, clock()), 0, clock(), {}); });
        }
        if (ghost != nullptr) *ghost = {tag_of(loser->row), kept};
    }

    /// The line that was in a way goes to its stored row, and the one that came is read from its own.
    void settle(std::optional<Line>& old, const Way& way) {
        if (!way.entered) {
            if (old) old->score = way.line->score;
            return;
        }
        ++counts_of(way.line->row).admissions;
        if (old) {
            ++counts_of(old->row).evictions;
            if (old->dirty) {
                ++counts_of(old->row).write_backs;
                store(old->row, old->values, step_);
            } else {
                ++counts_of(old->row).clean_evictions;
            }
        }
        old = way.line;
        old->values = decoded(old->row);
    }

    std::uint16_t tag_of(std::uint64_t row) const { return static_cast<std::uint16_t>(mixer_(row)); }

    /// Chunks of 64 terms, each summed in order, added up in order.
    template <class Term>
    std::vector<float> chunked_sum(std::size_t count, const Term& term) const {
        const std::size_t dim = static_cast<std::size_t>(options_.dim);
        std::vector<std::vector<float>> chunks;
        for (std::size_t i = 0; i < count; ++i) {
            if (i % 64 == 0) chunks.emplace_back(dim, 0.0f);
            term(i, chunks.back());
        }
        std::vector<float> total = chunks.empty() ? std::vector<float>(dim, 0.0f) : chunks[0];
        for (std::size_t c = 1; c < chunks.size(); ++c) {
            for (std::size_t e = 0; e < dim; ++e) total[e] += chunks[c][e];
        }
        return total;
    }

    /// Packs of four in order; then packs are folded, the upper half onto the lower.
    static float sum_of_squares(const std::vector<float>& values) {
        std::vector<float> sums(std::bit_ceil((values.size() + 3) / 4), 0.0f);
        for (std::size_t e = 0; e < values.size(); ++e) sums[e / 4] = std::fma(values[e], values[e], sums[e / 4]);
        while (sums.size() > 1) {
            const std::size_t half = sums.size() / 2;
            for (std::size_t i = 0; i < half; ++i) sums[i] += sums[i + half];
            sums.resize(half);
        }
        return sums[0];
    }

    void update(std::uint64_t row, std::vector<float> gradient, std::uint64_t step_of_plan) {
        const NaiveOptimizer& optimizer = options_.optimizer;
        bool finite = true;
        if (optimizer.max_norm) {
            const float norm = std::sqrt(sum_of_squares(gradient));
            finite = std::isfinite(norm);
            const float scale = norm > *optimizer.max_norm ? *optimizer.max_norm / norm : 1.0f;
            for (float& slope : gradient) slope *= scale;
        }
        std::vector<float> values = current(row);
        for (float& value : values) value *= std::fma(-optimizer.learning_rate, optimizer.weight_decay, 1.0f);
        float accumulator = accumulators_[row];
        float step = optimizer.learning_rate;
        if (optimizer.update == NaiveUpdate::rowwise_adagrad) {
            accumulator += sum_of_squares(gradient) / static_cast<float>(options_.dim);
            step /= std::sqrt(accumulator) + optimizer.epsilon;
        }
        finite = finite && std::isfinite(accumulator);
        std::vector<float> elements = options_.elements.stride > 0 ? decoded_elements(row) : std::vector<float>{};
        for (std::size_t e = 0; e < values.size(); ++e) {
            float slope = gradient[e];
            if (optimizer.update == NaiveUpdate::adagrad) {
                elements[e] = std::fma(slope, slope, elements[e]);
                slope /= std::sqrt(elements[e]) + optimizer.epsilon;
                finite = finite && std::isfinite(elements[e]);
            }
            values[e] = std::fma(-step, slope, values[e]);
            finite = finite && std::isfinite(values[e]);
        }
        if (!finite) {
            ++counts_of(row).rejected_updates;
            return;
        }
        accumulators_[row] = accumulator;
        if (options_.elements.stride > 0) store_elements(row, elements, step_of_plan);
        write(row, values, step_of_plan);
    }

    void store_elements(std::uint64_t row, const std::vector<float>& values, std::uint64_t step) {
        std::vector<std::byte>& bytes = element_states_[row];
        bytes.resize(static_cast<std::size_t>(options_.elements.stride));
        options_.elements.encode(values.data(), bytes.data(), detail::state_key({options_.seed, step, row}, 0));
    }
    std::vector<float> decoded_elements(std::uint64_t row) const {
        std::vector<float> values(padded());
        options_.elements.decode(element_states_.at(row).data(), values.data());
        return values;
    }

    std::size_t padded() const { return static_cast<std::size_t>((options_.dim + 3) / 4 * 4); }

    NaiveOptions options_;
    Mixer mixer_;
    std::vector<std::uint64_t> table_end_;
    std::uint64_t step_ = 0;
    std::map<std::uint64_t, std::vector<std::byte>> stored_;
    std::map<std::uint64_t, float> accumulators_;
    std::map<std::uint64_t, std::vector<std::byte>> element_states_;
    std::vector<Set> sets_;
    std::vector<NaiveGhosts> ghosts_;  ///< by set
    NaiveForesight foresight_;
    std::uint64_t announced_ = 0;  ///< step of the last announced batch
    std::uint64_t lookups_ = 0, lookups_before_ = 0;
    std::map<int, Planned> in_flight_;
    int plans_ = 0;
    std::vector<Statistics> counts_;  ///< by table
    std::uint64_t bad_indices_ = 0;
    std::uint64_t step_at_reset_ = 0;
};

}  // namespace hotrow::test
