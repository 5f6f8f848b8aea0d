// SPDX-License-Identifier: Apache-2.0
// Lookups and updates by the caller's own code, through `plan_view`, `view()` and `finish`: the same bytes as forward and backward.
#include "support/own_kernel.hpp"
#include "support/catch.hpp"
#include "support/random_batch.hpp"
#include "support/subject.hpp"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <span>
#include <type_traits>
#include <vector>

using namespace hotrow;
using namespace hotrow::test;

namespace {

/// Every byte that an embedding keeps of its rows.
template <class Embedding>
std::vector<std::byte> memory_of(const Embedding& embedding) {
    using View = typename Embedding::View;
    const View view = embedding.view();
    const std::size_t rows = static_cast<std::size_t>(embedding.rows()), slots = static_cast<std::size_t>(embedding.lines());
    std::vector<std::byte> bytes;
    const auto add = [&](const auto* from, std::size_t count) {
        const std::byte* const first = reinterpret_cast<const std::byte*>(from);
        bytes.insert(bytes.end(), first, first + count * sizeof(*from));
    };
    add(view.stored, rows * View::Layout::stride);
    if constexpr (!std::is_empty_v<typename View::RowState>) add(view.row_states, rows);
    add(view.tags, slots);
    add(view.flags, slots);
    if constexpr (View::has_score) add(view.scores, slots);
    for (std::size_t slot = 0; slot < slots; ++slot) {
        if (view.tags[slot] != View::no_row) add(view.line(slot), View::line_stride);
    }
    return bytes;
}

/// A batch in flight in both embeddings.
template <class I>
struct InFlight {
    TypedBatch<I> batch;
    std::size_t rows;
    Plan<I> plan{}, own_plan{};
    explicit InFlight(const NaiveBatch& b) : batch(b), rows(b.output_rows()) {}
};

template <class Embedding, class I>
std::uint64_t step(Embedding& embedding, Embedding& own, const InFlight<I>& work, bool asks_tags, std::vector<float> gradients) {
    using View = typename Embedding::View;
    Dense<float> output(work.rows * Embedding::dim), own_output(output.span().size());
    const Dense<float> gradient(gradients);
    embedding.forward(work.plan, output.span());
    embedding.backward(work.plan, std::span<const float>(gradient.span()));

    const auto plan = own.plan_view(work.own_plan);
    const OwnForward<View, I> forward{own.view(), plan, work.own_plan.batch, asks_tags, own_output.span().data()};
    for (std::uint32_t i = 0; i < work.rows; ++i) forward(SingleLane{}, i);
    std::vector<std::uint8_t> taken(plan.lookups, 7);
    const OwnBackward<View, I> backward{own.view(), plan, work.own_plan.batch, gradient.span().data(), taken.data()};
    for (std::uint32_t run = 0; run < plan.lookups; ++run) backward(SingleLane{}, run);
    std::uint64_t refused = 0;
    for (std::uint32_t run = 0; run < plan.lookups; ++run) {
        REQUIRE((taken[run] == 7) == (run >= plan.runs()));
        if (run < plan.runs() && plan.run_location[run] != View::nowhere) refused += taken[run] == 0 ? 1u : 0u;
    }
    own.finish(work.own_plan);
    REQUIRE(own_output.floats() == output.floats());
    return refused;
}

/// Random batches, up to `in_flight` of them planned ahead; some indices and some gradients are bad.
template <class Embedding>
void train(typename Embedding::Options options, int steps) {
    using I = std::int32_t;
    options.bounds = Bounds::skip;
    Embedding embedding(options), own(options);
    RandomNumbers random(options.seed);
    std::vector<std::unique_ptr<InFlight<I>>> queue;
    std::uint64_t refused = 0;
    for (int i = 0; i < steps; ++i) {
        INFO("step " << i);
        NaiveBatch batch = random_batch(random, options.table_rows, random_shape(random));
        for (std::int64_t& index : batch.indices) index = random.one_in(40) ? static_cast<std::int32_t>(random.below(~0ull)) : index;
        auto& next = *queue.emplace_back(std::make_unique<InFlight<I>>(batch));
        next.plan = embedding.plan(next.batch.batch());
        next.own_plan = own.plan(next.batch.batch());
        while (static_cast<int>(queue.size()) == options.in_flight || (i + 1 == steps && !queue.empty())) {
            const InFlight<I>& work = *queue.front();
            std::vector<float> gradient = random_gradient(random, work.rows * Embedding::dim);
            if (!gradient.empty() && random.one_in(5)) gradient[random.below(gradient.size())] = random.one_in(2) ? NAN : INFINITY;
            // The tags of a batch ahead are those of this one: its rows stay where they are.
            refused += step(embedding, own, work, random.one_in(2), gradient);
            queue.erase(queue.begin());
        }
        if (random.one_in(20)) {
            embedding.flush();
            own.flush();
        }
        REQUIRE((memory_of(own) == memory_of(embedding)));
    }
    REQUIRE(own.statistics().rejected_updates == embedding.statistics().rejected_updates);
    REQUIRE(own.statistics().rejected_updates == refused);
    REQUIRE(own.table_statistics()[0].rejected_updates == embedding.table_statistics()[0].rejected_updates);
    REQUIRE(refused > 0);
    REQUIRE(own.statistics().bad_indices > 0);
    REQUIRE((embedding.lines() == 0 || embedding.statistics().write_backs > 0));
}

using Int8Rows = RowFormat<Int8, RowAffine<Fp16>, Stochastic<>>;
using Small = CachedEmbedding<10, Int8Rows, Cache<SetAssociative<4>, Lfu>, RowwiseAdagrad, Host>;

}  // namespace

TEST_CASE("kernels of one's own leave the bytes that forward and backward leave", "[embedding]") {
    SECTION("INT8, stochastic, a cache of 5 %, row-wise Adagrad, dim 10") {
        train<Small>({.table_rows = {400, 60, 1}, .cache_fraction = 0.05, .seed = 51, .threads = 2}, 300);
    }
    SECTION("the same with plans that run ahead") {
        train<Small>({.table_rows = {400, 60, 1}, .cache_fraction = 0.05, .seed = 52, .in_flight = 3, .threads = 1}, 300);
    }
    SECTION("FP32 without a cache, SGD, dim 16") {
        train<CachedEmbedding<16, RowFormat<Fp32, Cast>, Cache<DirectMapped, Lru>, Sgd, Host>>(
            {.table_rows = {400, 60, 1}, .cache_sets = 0, .seed = 53, .threads = 1}, 150);
    }
    SECTION("INT4 in blocks, dim 64, wide row ids") {
        train<CachedEmbedding<64, RowFormat<Int4, BlockAffine<32, Fp16>, Stochastic<>>, Cache<SetAssociative<8>>, RowwiseAdagrad, Host, std::uint64_t>>(
            {.table_rows = {400, 60, 1}, .cache_fraction = 0.05, .seed = 54, .threads = 1}, 150);
    }
}

TEST_CASE("an update that is not finite leaves the row, and says so", "[embedding]") {
    for (const double cached : {0.0, 1.0}) {
        Small embedding({.table_rows = {30, 8}, .cache_fraction = cached, .threads = 1});
        const std::vector<std::int32_t> indices{7, 3, 3}, offsets{0, 1, 3};
        const auto plan = embedding.plan(Batch<std::int32_t>{.indices = indices, .offsets = offsets, .batch_size = 1});
        const auto planned = embedding.plan_view(plan);
        const auto view = embedding.view();
        REQUIRE(planned.runs() == 2);
        REQUIRE(view.is_line(planned.locations[0]) == (cached > 0.0));
        const auto before = memory_of(embedding);
        for (const float bad : {NAN, INFINITY, -INFINITY, 3e38f}) {  // the square of the last is not finite
            float gradient[12] = {};
            gradient[9] = bad;
            for (std::uint32_t run = 0; run < 2; ++run) REQUIRE_FALSE(view.update(SingleLane{}, planned, run, gradient));
        }
        REQUIRE((memory_of(embedding) == before));
        REQUIRE(embedding.statistics().rejected_updates == 8);
        REQUIRE(embedding.table_statistics()[1].rejected_updates == 4);
        const float good[12] = {1.0f, 2.0f};
        REQUIRE(view.update(SingleLane{}, planned, 0, good));
        REQUIRE(view.update(SingleLane{}, planned.locations[1], good, *planned.step));
        REQUIRE_FALSE((memory_of(embedding) == before));
        REQUIRE(embedding.statistics().rejected_updates == 8);
        embedding.finish(plan);
    }
}

TEST_CASE("what is outside of the tables is nowhere: it reads as zeros and takes nothing", "[embedding]") {
    Small embedding({.table_rows = {30, 8}, .cache_fraction = 0.5, .threads = 1});
    const auto view = embedding.view();
    using View = Small::View;
    constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min(), most = std::numeric_limits<std::int64_t>::max();
    REQUIRE(view.row_id(0, 29) == 29);
    REQUIRE(view.row_id(1, 0) == 30);
    REQUIRE(view.row_id(1, 7) == 37);
    const std::vector<std::int64_t> bad{-1, 30, least, most, std::int64_t{1} << 32};
    for (const std::int64_t index : bad) REQUIRE(view.row_id(0, index) == View::no_row);
    REQUIRE(view.row_id(1, 8) == View::no_row);
    REQUIRE(view.row_id(2, 0) == View::no_row);
    REQUIRE(view.row_id(~0u, 0) == View::no_row);
    REQUIRE(view.locate(SingleLane{}, View::no_row) == View::nowhere);
    REQUIRE(view.locate(SingleLane{}, 38) == View::nowhere);
    REQUIRE(view.locate(SingleLane{}, 37) == view.stored_location(37));

    const auto before = memory_of(embedding);
    float values[12], ones[12];
    for (float& value : ones) value = 1.0f;
    std::memcpy(values, ones, sizeof(values));
    view.accumulate(SingleLane{}, View::nowhere, 2.0f, values);
    REQUIRE(std::memcmp(values, ones, sizeof(values)) == 0);
    view.read(SingleLane{}, View::nowhere, values);
    for (const float value : values) REQUIRE(value == 0.0f);
    REQUIRE_FALSE(view.update(SingleLane{}, View::nowhere, ones, 1));
    REQUIRE((memory_of(embedding) == before));
    REQUIRE(embedding.statistics().rejected_updates == 0);
}

TEST_CASE("a plan that has ended has no view, and does not end again", "[embedding]") {
    Small embedding({.table_rows = {30}, .cache_fraction = 0.5, .threads = 1}), other({.table_rows = {30}, .threads = 1});
    const std::vector<std::int32_t> none, offsets{0};
    const Batch<std::int32_t> batch{.indices = none, .offsets = offsets, .batch_size = 0};
    const auto plan = embedding.plan(batch);
    REQUIRE(embedding.plan_view(plan).runs() == 0);  // an empty batch
    REQUIRE_THROWS_AS(other.plan_view(plan), PlanError);
    REQUIRE_THROWS_AS(other.finish(plan), PlanError);
    REQUIRE_THROWS_AS(embedding.plan(batch), PlanError);  // one at a time
    embedding.finish(plan);
    REQUIRE_THROWS_AS(embedding.plan_view(plan), PlanError);
    REQUIRE_THROWS_AS(embedding.finish(plan), PlanError);
    embedding.release(embedding.plan(batch));
}

TEST_CASE("the dot product of rows has the shape of all sums over rows", "[embedding]") {
    const float a[8] = {1.0f, 2.0f, 3.0f, 4.0f, 5.0f}, b[8] = {7.0f, 11.0f, 13.0f, 17.0f, 19.0f, NAN, NAN, NAN};
    REQUIRE(reduction::row_dot<5>(SingleLane{}, a, b) == 7.0f + 22.0f + 39.0f + 68.0f + 95.0f);
    REQUIRE(reduction::row_dot<5>(SingleLane{}, a, a) == reduction::row_sum_of_squares<5>(SingleLane{}, a));
}
