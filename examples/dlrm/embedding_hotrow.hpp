// SPDX-License-Identifier: Apache-2.0
// hotrow behind the program's interface: from a specification to the one instance of the template that it means.
#pragma once

#include <hotrow/hotrow.hpp>

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

inline hotrow::Batch<std::int32_t> hotrow_batch(std::span<std::int32_t const> indices,
                                                std::span<std::int32_t const> offsets, int size) {
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
    return options;
}

// Calls make.operator()<Embedding>() with the type that the specification means, row format given. `Backend`'s
// embeddings of one format are made in a translation unit of their own, so that they compile side by side.
template <class Format, class Backend, int... Dims>
struct Choose {
    template <class Make>
    static std::unique_ptr<EmbeddingModel> embedding(EmbeddingSpec const& spec, Make const& make) {
        std::unique_ptr<EmbeddingModel> made;
        ((spec.dim == Dims ? void(made = with_dim<Dims>(spec, make)) : void()), ...);
        if (!made) throw UsageError("--dim " + std::to_string(spec.dim) + ": this build does not have it");
        return made;
    }

private:
    template <int Dim, class Make>
    static std::unique_ptr<EmbeddingModel> with_dim(EmbeddingSpec const& spec, Make const& make) {
        return spec.eviction == Eviction::lfu ? with_eviction<Dim, hotrow::Lfu>(spec, make)
                                              : with_eviction<Dim, hotrow::Lru>(spec, make);
    }

    template <int Dim, class Evict, class Make>
    static std::unique_ptr<EmbeddingModel> with_eviction(EmbeddingSpec const& spec, Make const& make) {
        using Cache = hotrow::Cache<hotrow::SetAssociative<32>, Evict, float>;
        if (spec.optimizer == Optimizer::sgd) {
            return make.template operator()<hotrow::CachedEmbedding<Dim, Format, Cache, hotrow::Sgd, Backend>>(spec);
        }
        return make.template operator()<hotrow::CachedEmbedding<Dim, Format, Cache, hotrow::RowwiseAdagrad, Backend>>(
            spec);
    }
};

}  // namespace dlrm
