// SPDX-License-Identifier: Apache-2.0
// The oracle of the embedding's tests: the same semantics written as plainly as they can be, slow and without a plan, a
// sort, tiles or threads. It shares with the library only the row codec, the random key, the words of first values, and
// the mixer that says which set a row belongs to.
#pragma once

#include <hotrow/cache/geometry.hpp>
#include <hotrow/execution/tile.hpp>
#include <hotrow/statistics.hpp>
#include <hotrow/storage/generator.hpp>

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
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
            [](const float* values, std::byte* stored, const RandomKey& key) {
                Format::template encode<Dim>(SingleLane{}, values, stored, key);
            },
            [](const std::byte* stored, float* values) { Format::template decode<Dim>(SingleLane{}, stored, values); }};
}

enum class NaiveEviction { lru, lfu };
enum class NaivePooling { sum, mean, none };

struct NaiveOptimizer {
    bool adagrad;
    float learning_rate;
    float epsilon = 0.0f;
    float initial_accumulator = 0.0f;
};

struct NaiveOptions {
    int dim;
    Codec codec;
    int ways;
    std::uint64_t sets;
    NaiveEviction eviction;
    NaiveOptimizer optimizer;
    std::vector<std::int64_t> table_rows;
    std::uint64_t seed;
    std::optional<float> initial_range;
};

/// A batch on its own memory, all indices 64 bits wide.
struct NaiveBatch {
    std::vector<std::int64_t> indices;
    std::vector<std::int64_t> offsets;
    std::vector<float> weights;  ///< empty: all one
    int batch_size = 0;
    NaivePooling pooling = NaivePooling::sum;

    std::size_t bags() const { return offsets.size() - 1; }
    std::size_t output_rows() const { return pooling == NaivePooling::none ? indices.size() : bags(); }
    float weight(std::size_t position) const { return weights.empty() ? 1.0f : weights[position]; }
};

class NaiveEmbedding {
public:
    struct Line {
        std::uint64_t row;
        std::vector<float> values;
        std::uint64_t last_use;  ///< step
        std::uint64_t uses;      ///< lookups since it entered
        bool dirty;
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
    }

    // --- a step ---

    /// Finds the batch's rows, in the order of their mixed ids; hits first, then misses enter. Lines that a plan in flight uses
    /// stay, and a row that one uses where it is stored stays there. Returns a number for the calls below.
    int plan(const NaiveBatch& batch) {
        ++step_;
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
            } else {
                counts.misses += lookups;
                missed.push_back(&touched);
            }
        }
        if (options_.sets > 0) {
            for (const Touched* touched : missed) admit(*touched, touches);
        }
        in_flight_[number] = {batch, std::move(touches), step_};
        return number;
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
                if (batch.pooling == NaivePooling::mean) {
                    factor /= static_cast<float>(batch.offsets[bag + 1] - batch.offsets[bag]);
                }
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
    const std::map<std::uint64_t, std::vector<std::byte>>& stored() const { return stored_; }
    float accumulator(std::uint64_t row) const { return accumulators_.at(row); }
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

    void admit(const Touched& touched, const Touches& batch) {
        std::optional<Line>* place = nullptr;
        for (std::optional<Line>& way : sets_[set_of(touched.row)]) {
            if (in_flight_uses(touched.row)) break;
            if (!way) {
                place = &way;
                break;
            }
            if (batch.contains(mixer_(way->row)) || in_flight_uses(way->row)) continue;
            if (place == nullptr || goes_before(*way, **place)) place = &way;
        }
        if (place == nullptr) {
            ++counts_of(touched.row).conflict_misses;
            return;
        }
        ++counts_of(touched.row).admissions;
        if (const std::optional<Line>& victim = *place) {
            ++counts_of(victim->row).evictions;
            if (victim->dirty) {
                ++counts_of(victim->row).write_backs;
                store(victim->row, victim->values, step_);
            } else {
                ++counts_of(victim->row).clean_evictions;
            }
        }
        *place = Line{touched.row, decoded(touched.row), step_, touched.positions.size(), false};
    }

    bool goes_before(const Line& a, const Line& b) const {
        return options_.eviction == NaiveEviction::lru ? a.last_use < b.last_use : a.uses < b.uses;
    }

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

    void update(std::uint64_t row, const std::vector<float>& gradient, std::uint64_t step_of_plan) {
        const NaiveOptimizer& optimizer = options_.optimizer;
        std::vector<float> values = current(row);
        float accumulator = accumulators_[row];
        float step = optimizer.learning_rate;
        if (optimizer.adagrad) {
            accumulator += sum_of_squares(gradient) / static_cast<float>(options_.dim);
            step /= std::sqrt(accumulator) + optimizer.epsilon;
        }
        bool finite = std::isfinite(accumulator);
        for (std::size_t e = 0; e < values.size(); ++e) {
            values[e] = std::fma(-step, gradient[e], values[e]);
            finite = finite && std::isfinite(values[e]);
        }
        if (!finite) {
            ++counts_of(row).rejected_updates;
            return;
        }
        accumulators_[row] = accumulator;
        write(row, values, step_of_plan);
    }

    std::size_t padded() const { return static_cast<std::size_t>((options_.dim + 3) / 4 * 4); }

    NaiveOptions options_;
    Mixer mixer_;
    std::vector<std::uint64_t> table_end_;
    std::uint64_t step_ = 0;
    std::map<std::uint64_t, std::vector<std::byte>> stored_;
    std::map<std::uint64_t, float> accumulators_;
    std::vector<Set> sets_;
    std::map<int, Planned> in_flight_;
    int plans_ = 0;
    std::vector<Statistics> counts_;  ///< by table
    std::uint64_t bad_indices_ = 0;
    std::uint64_t step_at_reset_ = 0;
};

}  // namespace hotrow::test
