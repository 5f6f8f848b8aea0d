// SPDX-License-Identifier: Apache-2.0
// Kernels of one's own on a device leave the bytes that forward and backward leave on the host, whatever their tiles are.
#include "cuda/on_both.hpp"
#include "support/own_kernel.hpp"

#include <cooperative_groups.h>

#include <memory>

using namespace hotrow;
using namespace hotrow::test;
namespace cg = cooperative_groups;

namespace {

constexpr unsigned threads = 128;

template <int Lanes, class Body>
__global__ void run_warp_tiles(std::uint32_t count, Body body) {
    const std::uint32_t i = (blockIdx.x * threads + threadIdx.x) / Lanes;
    if (i < count) body(this_tile<Lanes>(), i);
}

template <int Lanes, class Body>
__global__ void run_group_tiles(std::uint32_t count, Body body) {
    const std::uint32_t i = (blockIdx.x * threads + threadIdx.x) / Lanes;
    if (i < count) body(tile_of(cg::tiled_partition<Lanes>(cg::this_thread_block())), i);
}

/// How a kernel's tiles are made.
struct Tiles {
    int choice;  ///< which of the lane counts
    bool groups;
};

template <int Lanes, class Body>
void launch(bool groups, std::uint32_t count, const Body& body, cudaStream_t stream) {
    if (count == 0) return;
    const std::uint32_t blocks = (count * Lanes + threads - 1u) / threads;
    if (groups) {
        run_group_tiles<Lanes><<<blocks, threads, 0, stream>>>(count, body);
    } else {
        run_warp_tiles<Lanes><<<blocks, threads, 0, stream>>>(count, body);
    }
    require_success(cudaGetLastError());
}

template <int... Lanes, class Body>
void launch(std::integer_sequence<int, Lanes...>, Tiles tiles, std::uint32_t count, const Body& body, cudaStream_t stream) {
    int i = 0;
    ((i++ == tiles.choice ? launch<Lanes>(tiles.groups, count, body, stream) : void()), ...);
}

/// A batch on both: forward and backward on the host, own kernels on the device, to be compared when the device has come so far.
template <class Pair>
struct Work {
    using I = std::int64_t;
    using View = typename Pair::DeviceEmbedding::View;
    static constexpr std::size_t dim = Pair::HostEmbedding::dim;

    BatchOnBoth<I> batch;
    std::size_t size = batch.output_rows * dim;
    Aligned<float> host_output{size}, host_gradient{size};
    DeviceArray<float> output{size}, gradient{size};
    DeviceArray<std::uint8_t> taken{batch.indices.size()};
    Plan<I> host_plan{}, plan{};
    std::uint32_t rejected = 0;

    Work(const NaiveBatch& b, RandomNumbers& random) : batch(b) {
        std::vector<float> values = random_gradient(random, size);
        if (!values.empty() && random.one_in(5)) values[random.below(size)] = random.one_in(2) ? NAN : INFINITY;
        std::copy(values.begin(), values.end(), host_gradient.span().begin());
        gradient.set(values);
        taken.set(std::vector<std::uint8_t>(batch.indices.size(), 7));
    }

    template <class Lanes>
    void step(Pair& both, RandomNumbers& random) {
        const std::uint64_t before = both.host.statistics().rejected_updates;
        both.host.forward(host_plan, host_output.span());
        both.host.backward(host_plan, std::span<const float>(host_gradient.span()));
        rejected = static_cast<std::uint32_t>(both.host.statistics().rejected_updates - before);

        const auto any_tiles = [&] { return Tiles{static_cast<int>(random.below(Lanes::size())), random.one_in(2)}; };
        const auto view = both.device.view();
        const auto planned = both.device.plan_view(plan, both.stream);
        const OwnForward<View, I> forward{view, planned, plan.batch, random.one_in(2), output.data()};
        launch(Lanes{}, any_tiles(), static_cast<std::uint32_t>(batch.output_rows), forward, both.stream);
        const OwnBackward<View, I> backward{view, planned, plan.batch, gradient.data(), taken.data()};
        launch(Lanes{}, any_tiles(), planned.lookups, backward, both.stream);
        both.device.finish(plan, both.stream);
    }

    void compare() const {
        REQUIRE(same_bytes(output.get(), host_output.copy()));
        // Among the runs that took nothing may be that of bad indices.
        const std::vector<std::uint8_t> results = taken.get();
        const auto refused = static_cast<std::uint32_t>(std::count(results.begin(), results.end(), 0));
        REQUIRE((refused == rejected || refused == rejected + 1));
    }
};

/// Random batches. Those that the options allow to be ahead are planned on a stream of their own, with which the host does not wait.
template <class Lanes, class Pair>
void train(typename Pair::Options options, int steps, bool waits_for_plans = false) {
    options.bounds = Bounds::skip;
    options.max_lookups = 1000;
    Pair both(options);
    TestStream own_ahead;
    const std::size_t in_flight = static_cast<std::size_t>(options.in_flight);
    const cudaStream_t ahead = in_flight > 1 ? static_cast<cudaStream_t>(own_ahead) : both.stream;
    RandomNumbers random(options.seed);
    std::vector<std::unique_ptr<Work<Pair>>> all;
    for (int i = 0; i < steps; ++i) {
        BatchShape shape = random_shape(random);
        shape.giant = 200;
        NaiveBatch batch = random_batch(random, options.table_rows, shape);
        for (std::int64_t& index : batch.indices) index = random.one_in(40) ? static_cast<std::int64_t>(random.below(~0ull)) : index;
        all.push_back(std::make_unique<Work<Pair>>(batch, random));
    }
    for (std::size_t planned = 0, done = 0; done < all.size(); ++done) {
        for (; planned < all.size() && planned < done + in_flight; ++planned) {
            all[planned]->host_plan = both.host.plan(all[planned]->batch.host);
            all[planned]->plan = both.device.plan(all[planned]->batch.device, ahead);
        }
        all[done]->template step<Lanes>(both, random);
    }
    // A device that works only when it must does first what the host waits for first: order that is missing shows.
    if (waits_for_plans) own_ahead.wait();
    both.own_stream.wait();
    own_ahead.wait();
    for (std::size_t i = 0; i < all.size(); ++i) {
        INFO("step " << i);
        all[i]->compare();
    }
    both.require_same("after training");
    const Statistics s = both.host.statistics();
    REQUIRE(s.rejected_updates > 0);
    REQUIRE(s.bad_indices > 0);
    REQUIRE((both.host.lines() == 0 || s.write_backs > 0));
}

template <int... Lanes>
using LaneCounts = std::integer_sequence<int, Lanes...>;

using Int8Rows = RowFormat<Int8, RowAffine<Fp16>, Stochastic<>>;

}  // namespace

TEST_CASE("own kernels, INT8, stochastic, a cache of 5 %, Lfu, row-wise Adagrad, dim 10: the bytes of forward and backward", "[cuda]") {
    static_assert(row_lanes<10>() == 4);
    using Pair = OnBoth<10, Int8Rows, Cache<SetAssociative<4>, Lfu>, RowwiseAdagrad>;
    SECTION("one plan at a time") { train<LaneCounts<1, 2, 4>, Pair>({.table_rows = {200, 30, 1}, .cache_fraction = 0.05, .seed = 61, .threads = 1}, 120); }
    SECTION("plans that run ahead on a stream of their own") {
        const bool waits_for_plans = GENERATE(false, true);
        train<LaneCounts<1, 2, 4>, Pair>({.table_rows = {200, 30, 1}, .cache_fraction = 0.05, .seed = 62, .in_flight = 3, .threads = 1}, 60, waits_for_plans);
    }
}

TEST_CASE("own kernels, FP32 without a cache, Sgd, dim 16: the bytes of forward and backward", "[cuda]") {
    static_assert(row_lanes<16>() == 4);
    using Pair = OnBoth<16, RowFormat<Fp32, Cast>, Cache<DirectMapped, Lru>, Sgd>;
    train<LaneCounts<1, 4>, Pair>({.table_rows = {200, 30, 1}, .cache_sets = 0, .seed = 63, .threads = 1}, 60);
}

TEST_CASE("own kernels, INT4, stochastic, 8 ways, row-wise Adagrad, dim 64: the bytes of forward and backward", "[cuda]") {
    static_assert(row_lanes<64>() == 4);
    using Pair = OnBoth<64, RowFormat<Int4, RowAffine<Fp16>, Stochastic<>>, Cache<SetAssociative<8>>, RowwiseAdagrad>;
    train<LaneCounts<4, 16>, Pair>({.table_rows = {200, 30, 1}, .cache_fraction = 0.1, .seed = 64, .threads = 1}, 60);
}
