// SPDX-License-Identifier: Apache-2.0
// hotrow behind the program's interface: from a specification to the one instance of the template that it means.
#pragma once

#include <hotrow/hotrow.hpp>
#include <string>
#include <type_traits>

#include "embedding_model.hpp"
#include "error.hpp"

namespace dlrm {

inline EmbeddingStatistics figures_of(hotrow::Statistics const& from) {
    auto const count = [](auto value) { return static_cast<std::int64_t>(value); };
    return {.hit_rate = from.hit_rate(),
            .counts = {{"steps", count(from.steps)},
                       {"lookups", count(from.lookups)},
                       {"unique_rows", count(from.unique_rows)},
                       {"hits", count(from.hits)},
                       {"misses", count(from.misses)},
                       {"conflict_misses", count(from.conflict_misses)},
                       {"admissions", count(from.admissions)},
                       {"evictions", count(from.evictions)},
                       {"write_backs", count(from.write_backs)},
                       {"clean_evictions", count(from.clean_evictions)},
                       {"rejected_updates", count(from.rejected_updates)},
                       {"bad_indices", count(from.bad_indices)}}};
}

inline EmbeddingBytes bytes_of(hotrow::Footprint const& from) {
    return {.embedding = from.embedding(),
            .optimizer_state = from.optimizer_state,
            .components = {{"stored_rows", from.stored_rows},
                           {"lines", from.lines},
                           {"tags", from.tags},
                           {"scores", from.scores},
                           {"flags", from.flags},
                           {"ghosts", from.ghosts},
                           {"foresight", from.foresight},
                           {"optimizer_state", from.optimizer_state},
                           {"control", from.control},
                           {"workspace", from.workspace}}};
}

inline hotrow::Batch<std::int32_t> hotrow_batch(std::span<std::int32_t const> indices, std::span<std::int32_t const> offsets, int size) {
    return {.indices = indices, .offsets = offsets, .weights = {}, .batch_size = size, .pooling = hotrow::Pooling::sum};
}

template <class Embedding>
typename Embedding::Options hotrow_options(EmbeddingSpec const& spec) {
    typename Embedding::Options options;
    options.table_rows = spec.table_rows;
    options.cache_fraction = spec.cache;
    options.seed = spec.seed;
    options.optimizer.learning_rate = spec.learning_rate;
    options.max_lookups = static_cast<std::int64_t>(spec.batch) * categorical_fields;
    options.threads = spec.threads;
    options.initial_range = spec.initial_range;
    return options;
}

// Calls make.operator()<Embedding>(spec) with the type that the specification means, row format given.
//
// Not every combination is compiled: the default cache and optimizer with all, the others with 64 values a row in FP32 or in
// INT8 with stochastic rounding; of the dims, those from `LeastDim` on.
template <class Format, class Backend, int LeastDim, int... Dims>
struct Choose {
    template <class Make>
    static std::unique_ptr<EmbeddingModel> embedding(EmbeddingSpec const& spec, Make const& make) {
        std::unique_ptr<EmbeddingModel> made;
        std::string dims;
        auto const offer = [&]<int Dim>(std::integral_constant<int, Dim>) {
            if constexpr (Dim >= LeastDim) {
                if (spec.dim == Dim) made = with_dim<Dim>(spec, make);
                dims += (dims.empty() ? "" : ", ") + std::to_string(Dim);
            }
        };
        (offer(std::integral_constant<int, Dims>{}), ...);
        if (made) return made;
        throw UsageError("--dim " + std::to_string(spec.dim) + " with --rows " + name(spec.rows) + ", --quantizer " + name(spec.quantizer) +
                         ": this build has " + dims);
    }

private:
    static constexpr bool plain_fp32 = std::is_same_v<typename Format::Precision_t, hotrow::Fp32>;
    static constexpr bool has_choice =
        plain_fp32 || std::is_same_v<Format, hotrow::RowFormat<hotrow::Int8, hotrow::RowAffine<hotrow::Fp16>, hotrow::Stochastic<>>>;

    template <int Dim, class Make>
    static std::unique_ptr<EmbeddingModel> with_dim(EmbeddingSpec const& spec, Make const& make) {
        constexpr bool choice = has_choice && Dim == 64;
        if (spec.cache > 0 && spec.eviction != Eviction::lfu_aged) {
            if constexpr (choice && !plain_fp32) {
                return spec.eviction == Eviction::lfu ? with_cache<Dim, hotrow::Cache<hotrow::SetAssociative<32>, hotrow::Lfu>, true>(spec, make)
                                                      : with_cache<Dim, hotrow::Cache<hotrow::SetAssociative<32>, hotrow::Lru>, true>(spec, make);
            }
            throw UsageError("--eviction " + name(spec.eviction) + ": this build has it for --rows int8 --rounding stochastic --dim 64; take lfu_aged");
        }
        return with_cache<Dim, hotrow::Cache<hotrow::SetAssociative<32>>, choice>(spec, make);
    }

    template <int Dim, class Cache, bool AllOptimizers, class Make>
    static std::unique_ptr<EmbeddingModel> with_cache(EmbeddingSpec const& spec, Make const& make) {
        if (spec.optimizer == Optimizer::sgd) {
            if constexpr (AllOptimizers) { return make.template operator()<hotrow::CachedEmbedding<Dim, Format, Cache, hotrow::Sgd, Backend>>(spec); }
            throw UsageError("--optimizer sgd: this build has it for --dim 64 with --rows fp32 or --rows int8 --rounding stochastic; take adagrad");
        }
        return make.template operator()<hotrow::CachedEmbedding<Dim, Format, Cache, hotrow::RowwiseAdagrad, Backend>>(spec);
    }
};

}  // namespace dlrm
