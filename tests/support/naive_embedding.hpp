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
        sets_.assign(options.sets, Set(static_cast<std::size_t>(options.ways)));
    }

    // --- a step ---

    /// Finds the batch's rows, in the order of their mixed ids; hits first, then misses enter.
    void plan(const NaiveBatch& batch) {
        ++step_;
        ++statistics_.steps;
        batch_ = batch;
        lookups_of_.clear();
        for (std::size_t bag = 0; bag < batch.bags(); ++bag) {
            for (std::int64_t p = batch.offsets[bag]; p < batch.offsets[bag + 1]; ++p) {
                const std::size_t position = static_cast<std::size_t>(p);
                if (const auto row = row_of(batch, bag, position)) {
                    lookups_of_[mixer_(*row)].positions.push_back({position, bag});
                    lookups_of_[mixer_(*row)].row = *row;
                } else {
                    ++statistics_.bad_indices;
                }
            }
        }
        std::vector<std::uint64_t> missed;  // mixed ids
        for (const auto& [key, entry] : lookups_of_) {
            const std::uint64_t lookups = entry.positions.size();
            statistics_.lookups += lookups;
            ++statistics_.unique_rows;
            if (Line* line = find(entry.row)) {
                statistics_.hits += lookups;
                line->last_use = step_;
                line->uses += lookups;
            } else {
                statistics_.misses += lookups;
                missed.push_back(key);
            }
        }
        if (options_.sets == 0) return;
        for (const std::uint64_t key : missed) admit(lookups_of_[key].row, lookups_of_[key].positions.size());
    }

    /// Pooled rows of the batch that was planned last.
    std::vector<float> forward() const { return pooled(batch_); }

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

    /// One optimizer update for each row of the planned batch.
    void backward(const std::vector<float>& gradient) {
        const std::size_t dim = static_cast<std::size_t>(options_.dim);
        for (const auto& [key, entry] : lookups_of_) {
            const std::vector<float> sum = chunked_sum(entry.positions.size(), [&](std::size_t i, std::vector<float>& s) {
                const auto [position, bag] = entry.positions[i];
                float factor = batch_.weight(position);
                if (batch_.pooling == NaivePooling::mean) {
                    factor /= static_cast<float>(batch_.offsets[bag + 1] - batch_.offsets[bag]);
                }
                const std::size_t from = (batch_.pooling == NaivePooling::none ? position : bag) * dim;
                for (std::size_t e = 0; e < dim; ++e) s[e] = std::fma(factor, gradient[from + e], s[e]);
            });
            update(entry.row, sum);
        }
    }

    // --- everything else ---

    void flush() {
        for (Set& set : sets_) {
            for (std::optional<Line>& line : set) {
                if (line && line->dirty) {
                    store(line->row, line->values);
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
                  {values.begin() + static_cast<std::ptrdiff_t>(i * dim), values.begin() + static_cast<std::ptrdiff_t>((i + 1) * dim)});
        }
    }

    void set_optimizer(const NaiveOptimizer& optimizer) { options_.optimizer = optimizer; }
    void reset_statistics() { statistics_ = {}; }

    const NaiveOptions& options() const { return options_; }
    const Statistics& statistics() const { return statistics_; }
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
        store(row, values);
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

    void store(std::uint64_t row, std::vector<float> values) {
        values.resize(padded());
        std::vector<std::byte>& bytes = stored_[row];
        bytes.resize(static_cast<std::size_t>(options_.codec.stride));
        options_.codec.encode(values.data(), bytes.data(), RandomKey{options_.seed, step_, row});
    }

    void write(std::uint64_t row, const std::vector<float>& values) {
        if (Line* line = find(row)) {
            line->values = values;
            line->dirty = true;
        } else {
            store(row, values);
        }
    }

    void admit(std::uint64_t row, std::uint64_t lookups) {
        std::optional<Line>* place = nullptr;
        for (std::optional<Line>& way : sets_[set_of(row)]) {
            if (!way) {
                place = &way;
                break;
            }
            if (lookups_of_.contains(mixer_(way->row))) continue;  // in use by this batch
            if (place == nullptr || goes_before(*way, **place)) place = &way;
        }
        if (place == nullptr) {
            ++statistics_.conflict_misses;
            return;
        }
        ++statistics_.admissions;
        if (*place) {
            ++statistics_.evictions;
            if ((*place)->dirty) {
                ++statistics_.write_backs;
                store((*place)->row, (*place)->values);
            } else {
                ++statistics_.clean_evictions;
            }
        }
        *place = Line{row, decoded(row), step_, lookups, false};
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

    void update(std::uint64_t row, const std::vector<float>& gradient) {
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
            ++statistics_.rejected_updates;
            return;
        }
        accumulators_[row] = accumulator;
        write(row, values);
    }

    std::size_t padded() const { return static_cast<std::size_t>((options_.dim + 3) / 4 * 4); }

    NaiveOptions options_;
    Mixer mixer_;
    std::vector<std::uint64_t> table_end_;
    std::uint64_t step_ = 0;
    std::map<std::uint64_t, std::vector<std::byte>> stored_;
    std::map<std::uint64_t, float> accumulators_;
    std::vector<Set> sets_;
    NaiveBatch batch_;
    std::map<std::uint64_t, Touched> lookups_of_;  ///< of the planned batch, by mixed id
    Statistics statistics_;
};

}  // namespace hotrow::test
