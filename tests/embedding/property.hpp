// SPDX-License-Identifier: Apache-2.0
// Random operations on an embedding and on the naive model, for combinations of policies.
#pragma once

#include "support/sanitized.hpp"
#include "support/subject.hpp"

#include <hotrow/hotrow.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <tuple>
#include <type_traits>

namespace hotrow::test {

/// Runs the combination against the model with several seeds; reports through Catch2.
void check_against_model(const Combination& combination, std::uint64_t seeds = 8);

inline constexpr int varied_dims[] = {1, 3, 4, 7, 16, 33, 64, 128};

template <class Optimizer>
constexpr NaiveUpdate update_of() {
    if (Optimizer::name == std::string_view("adagrad")) return NaiveUpdate::adagrad;
    return std::is_same_v<Optimizer, RowwiseAdagrad> ? NaiveUpdate::rowwise_adagrad : NaiveUpdate::sgd;
}

/// Of an optimizer that keeps at most one state.
template <class Optimizer, int Dim>
Codec elements_codec_of() {
    using Elements = typename detail::ElementsOf<Optimizer>::type;
    if constexpr (Elements::count > 0) {
        static_assert(Elements::count == 1);
        return codec_of<typename Elements::template Format<0>, Dim>();
    } else {
        return {};
    }
}

/// Policies are multiplied with each other; dimension and types are varied over groups of six combinations, which then share
/// most of their code.
/// `CachePolicy`: a `Cache`.
template <int Number, class Format, class CachePolicy, class Optimizer, class Placement = BackendMemory>
Combination combination_of(const char* name) {
    constexpr int group = Number / 6;
    constexpr int dim = varied_dims[group * 3 % 8];
    using Scalar = std::tuple_element_t<group % 3, std::tuple<float, Float16, BFloat16>>;
    using I = std::conditional_t<(group / 2) % 2 == 0, std::int32_t, std::int64_t>;
    using RowId = std::conditional_t<group % 5 == 2, std::uint64_t, std::uint32_t>;
    using Embedding = CachedEmbedding<dim, Format, CachePolicy, Optimizer, CountingHost, RowId, Placement>;
    using Made = SubjectOf<Embedding, Optimizer, I, Scalar>;
    return {.name = name,
            .dim = dim,
            .ways = CachePolicy::ways,
            .policy = naive_policy<CachePolicy>(),
            .optimizer = Optimizer::name,
            .update = update_of<Optimizer>(),
            .is_clipped_and_decays = requires(Optimizer o){o.max_norm;
}
, .codec = codec_of<Format, dim>(), .elements = elements_codec_of<Optimizer, dim>(), .output = static_cast<OutputType>(group % 3),
  .wide_indices = sizeof(I) == 8, .line_stride = Embedding::View::line_stride, .tag_bytes = static_cast<int>(sizeof(RowId)),
  .state_bytes = (Embedding::View::keeps_row_states ? 4 : 0) + elements_codec_of<Optimizer, dim>().stride,
  .record_bytes = Placement::is_apart ? Embedding::View::stored_stride : 0, .in_file = Placement::is_lazy,
  .make = [](const SubjectOptions& o) { return std::unique_ptr<Subject>(new Made(o)); },  // make_unique would be slow to compile
    .footprint = [](const SubjectOptions& o) { return Embedding::footprint(Made::options_of(o)); }
};  // namespace hotrow::test
}

/// Whether combination `number` is checked. Sanitizers look for other bugs than wrong policies, and
/// are slow: there every eleventh is, which has each format once and each cache with each optimizer once.
constexpr bool is_checked(int number) { return hotrow::test::is_sanitized ? number % 11 == 0 : number >= 0; }

template <int Number, class Format, class CachePolicy, class Optimizer>
void check_combination(const char* name) {
    if constexpr (is_checked(Number)) { check_against_model(combination_of<Number, Format, CachePolicy, Optimizer>(name)); }
}

/// All caches and optimizers with one format; combinations `First` to `First + 11`.
template <int First, class Format>
void check_format(const char* name) {
    check_combination<First + 0, Format, Cache<DirectMapped, Lru>, Sgd>(name);
    check_combination<First + 1, Format, Cache<DirectMapped, Lru>, RowwiseAdagrad>(name);
    check_combination<First + 2, Format, Cache<DirectMapped, Lfu>, Sgd>(name);
    check_combination<First + 3, Format, Cache<DirectMapped, Lfu>, RowwiseAdagrad>(name);
    check_combination<First + 4, Format, Cache<SetAssociative<4>, Lru>, Sgd>(name);
    check_combination<First + 5, Format, Cache<SetAssociative<4>, Lru>, RowwiseAdagrad>(name);
    check_combination<First + 6, Format, Cache<SetAssociative<4>, Lfu>, Sgd>(name);
    check_combination<First + 7, Format, Cache<SetAssociative<4>, Lfu>, RowwiseAdagrad>(name);
    check_combination<First + 8, Format, Cache<SetAssociative<32>, Lru>, Sgd>(name);
    check_combination<First + 9, Format, Cache<SetAssociative<32>, Lru>, RowwiseAdagrad>(name);
    check_combination<First + 10, Format, Cache<SetAssociative<32>, Lfu>, Sgd>(name);
    check_combination<First + 11, Format, Cache<SetAssociative<32>, Lfu>, RowwiseAdagrad>(name);
}

}  // namespace hotrow::test
