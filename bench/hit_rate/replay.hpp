// SPDX-License-Identifier: Apache-2.0
// Drives an embedding over a trace.
#pragma once

#include "embedding.hpp"

#include <hotrow/hotrow.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <random>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

namespace hit_rate {

template <class EmbeddingType>
typename EmbeddingType::Options options_for(const std::vector<std::int64_t>& table_rows, std::int64_t sets, std::int64_t lookups, int threads) {
    return {.table_rows = table_rows, .cache_sets = sets, .seed = 1, .max_lookups = lookups, .threads = threads};
}

/// Counts the traffic of one plan after another.
class TrafficCounter {
public:
    explicit TrafficCounter(std::size_t rows) : last_batch_(rows) {}

    /// `is_cached(row)` once the batch is planned.
    template <class IsCached>
    void count(std::span<const std::uint32_t> rows, bool updates, IsCached&& is_cached) {
        ++batch_;
        for (const std::uint32_t row : rows) {
            const bool cached = is_cached(row);
            ++(cached ? traffic_.line_reads : traffic_.stored_reads);
            if (!updates || last_batch_[row] == batch_) continue;
            last_batch_[row] = batch_;
            ++(cached ? traffic_.line_reads : traffic_.stored_reads);
            ++(cached ? traffic_.line_writes : traffic_.stored_writes);
        }
    }

    Traffic total(const hotrow::Statistics& statistics) const {
        Traffic all = traffic_;
        all.stored_reads += statistics.admissions;
        all.line_writes += statistics.admissions;
        all.line_reads += statistics.write_backs;
        all.stored_writes += statistics.write_backs;
        return all;
    }

private:
    Traffic traffic_;
    std::vector<std::uint32_t> last_batch_;
    std::uint32_t batch_ = 0;
};

/// Pins the rows that the whole trace looks up most often, as many as the sets hold: the best that a choice made once
/// can do, with hindsight.
template <class EmbeddingType>
void pin_most_frequent(EmbeddingType& embedding, const Batches& batches, int ways) {
    const auto view = embedding.view();
    std::vector<std::uint64_t> count(view.geometry.rows);
    for (std::size_t i = 0; i < batches.size(); ++i) {
        for (const std::uint32_t row : batches.rows(i)) ++count[row];
    }
    std::vector<std::uint32_t> by_count(count.size());
    std::iota(by_count.begin(), by_count.end(), 0u);
    std::stable_sort(by_count.begin(), by_count.end(), [&](std::uint32_t a, std::uint32_t b) { return count[a] > count[b]; });
    std::vector<int> filled(view.geometry.sets);
    std::vector<std::vector<std::int64_t>> pins(batches.table_rows().size());
    for (const std::uint32_t row : by_count) {
        int& lines = filled[view.geometry.set(view.geometry.key(row))];
        if (lines == ways) continue;
        ++lines;
        const std::uint32_t table = view.table_of(row);
        pins[table].push_back(static_cast<std::int64_t>(row - view.table_begin[table]));
    }
    for (std::size_t table = 0; table < pins.size(); ++table) embedding.pin_rows(static_cast<int>(table), pins[table]);
    embedding.reset_statistics();
}

/// Announces batches as far ahead of their plans as the library allows.
template <class EmbeddingType>
class Announcer {
public:
    Announcer(EmbeddingType& embedding, const Batches& batches) : embedding_(embedding), batches_(batches) {}

    void before(std::size_t plan) {
        const std::size_t end = std::min(plan + static_cast<std::size_t>(hotrow::max_announced), batches_.size());
        for (; announced_ < end; ++announced_) embedding_.announce(batches_[announced_]);
    }

private:
    EmbeddingType& embedding_;
    const Batches& batches_;
    std::size_t announced_ = 0;
};

template <class EmbeddingType, class CacheType>
Replay replay(const Batches& batches, std::int64_t sets, int threads) {
    using Eviction = typename CacheType::Eviction_t;
    using Clock = std::chrono::steady_clock;
    EmbeddingType embedding(options_for<EmbeddingType>(batches.table_rows(), sets, static_cast<std::int64_t>(batches.most_lookups()), threads));
    if constexpr (std::is_same_v<Eviction, hotrow::Pinned>) pin_most_frequent(embedding, batches, CacheType::ways);
    const bool trains = batches.most_lookups() > 1;
    std::vector<float> output(batches.most_bags() * dim);
    const std::vector<float> gradient(output.size(), 0.001f);
    TrafficCounter traffic(static_cast<std::size_t>(embedding.rows()));
    [[maybe_unused]] Announcer announcer(embedding, batches);
    Replay result;
    for (std::size_t i = 0; i < batches.size(); ++i) {
        const auto batch = batches[i];
        const std::size_t values = (batch.offsets.size() - 1) * dim;
        const auto start = Clock::now();
        if constexpr (hotrow::looks_ahead<Eviction>) announcer.before(i);
        const auto plan = embedding.plan(batch);
        embedding.forward(plan, std::span(output).first(values));
        result.seconds += std::chrono::duration<double>(Clock::now() - start).count();
        traffic.count(batches.rows(i), trains, [view = embedding.view()](std::uint32_t row) { return view.probe(hotrow::SingleLane{}, row) != view.nowhere; });
        if (trains) {
            embedding.backward(plan, std::span(gradient).first(values));
        } else {
            embedding.release(plan);
        }
    }
    result.statistics = embedding.statistics();
    result.traffic = traffic.total(result.statistics);
    return result;
}

template <class RowFormatType>
double row_error() {
    constexpr int rows = 1000;
    std::mt19937 random(1);
    std::normal_distribution<float> normal;
    std::vector<float> values(dim), decoded(dim);
    std::vector<std::byte> stored(RowFormatType::template Layout<dim>::stride);
    double sum = 0;
    for (std::uint64_t row = 0; row < rows; ++row) {
        for (float& value : values) value = normal(random);
        RowFormatType::template initialise<dim>(hotrow::SingleLane{}, values.data(), stored.data(), {1, 0, row});
        RowFormatType::template decode<dim>(hotrow::SingleLane{}, stored.data(), decoded.data());
        for (std::size_t i = 0; i < values.size(); ++i) sum += std::pow(static_cast<double>(values[i]) - static_cast<double>(decoded[i]), 2);
    }
    return std::sqrt(sum / (static_cast<double>(rows) * dim));
}

template <class CacheType, class RowFormatType>
Embedding embedding_of(std::string policy, std::string precision) {
    using Made = hotrow::CachedEmbedding<dim, RowFormatType, CacheType, hotrow::Sgd, hotrow::Host>;
    return {.policy = std::move(policy),
            .ways = CacheType::ways,
            .precision = std::move(precision),
            .stored_row_bytes = RowFormatType::template Layout<dim>::stride,
            .footprint = [](const std::vector<std::int64_t>& table_rows, std::int64_t sets,
                            std::int64_t lookups) { return Made::footprint(options_for<Made>(table_rows, sets, lookups, 1)); },
            .replay = replay<Made, CacheType>,
            .row_error = row_error<RowFormatType>};
}

using Fp32Rows = hotrow::RowFormat<hotrow::Fp32, hotrow::Cast>;
using Fp16Rows = hotrow::RowFormat<hotrow::Fp16, hotrow::Cast, hotrow::Stochastic<>>;
using Int8Rows = hotrow::RowFormat<hotrow::Int8, hotrow::RowAffine<hotrow::Fp16>, hotrow::Stochastic<>>;
using Int4Rows = hotrow::RowFormat<hotrow::Int4, hotrow::RowAffine<hotrow::Fp16>, hotrow::Stochastic<>>;
using Int2Rows = hotrow::RowFormat<hotrow::Int2, hotrow::RowClipped<hotrow::Fp16>, hotrow::Stochastic<>>;

/// All associativities but the default one, which the policies have.
template <class Eviction>
void add_ways(std::vector<Embedding>& all, const char* policy) {
    const auto add = [&]<int Ways>() {
        all.push_back(embedding_of<hotrow::Cache<hotrow::SetAssociative<Ways>, Eviction>, Int8Rows>(policy, default_precision));
    };
    add.template operator()<1>();
    add.template operator()<4>();
    add.template operator()<8>();
    add.template operator()<16>();
    add.template operator()<64>();
    add.template operator()<128>();
}

}  // namespace hit_rate
