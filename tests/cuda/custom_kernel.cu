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

/// A batch in flight on both.
template <class I>
struct InFlight {
    BatchOnBoth<I> batch;
    Plan<I> host_plan{}, device_plan{};
    explicit InFlight(const NaiveBatch& b) : batch(b) {}
};

/// Forward and backward on the host; own kernels on the device.
template <class Lanes, class I, class Pair>
void step(Pair& both, const InFlight<I>& work, RandomNumbers& random) {
    using View = typename Pair::DeviceEmbedding::View;
    constexpr std::size_t dim = Pair::HostEmbedding::dim;
    const std::size_t size = work.batch.output_rows * dim;
    std::vector<float> values = random_gradient(random, size);
    if (!values.empty() && random.one_in(5)) values[random.below(size)] = random.one_in(2) ? NAN : INFINITY;
    const typename Pair::template Aligned<float> output(size), gradient(values);
    both.host.forward(work.host_plan, output.span());
    both.host.backward(work.host_plan, std::span<const float>(gradient.span()));
    const std::uint64_t rejected_on_host = both.host.statistics().rejected_updates;
    const std::uint64_t rejected_before = both.device.statistics(both.stream).rejected_updates;

    const auto any_tiles = [&] { return Tiles{static_cast<int>(random.below(Lanes::size())), random.one_in(2)}; };
    const auto plan = both.device.plan_view(work.device_plan, both.stream);
    const DeviceArray<float> own_output(size), own_gradient(values);
    const DeviceArray<std::uint8_t> taken(std::vector<std::uint8_t>(plan.lookups, 7));
    const OwnForward<View, I> forward{both.device.view(), plan, work.device_plan.batch, random.one_in(2), own_output.data()};
    launch(Lanes{}, any_tiles(), static_cast<std::uint32_t>(work.batch.output_rows), forward, both.stream);
    const OwnBackward<View, I> backward{both.device.view(), plan, work.device_plan.batch, own_gradient.data(), taken.data()};
    launch(Lanes{}, any_tiles(), plan.lookups, backward, both.stream);
    both.device.finish(work.device_plan, both.stream);
    both.own_stream.wait();
    REQUIRE(same_bytes(own_output.get(), output.copy()));
    REQUIRE(both.device.statistics(both.stream).rejected_updates == rejected_on_host);
    // Among the runs that took nothing are those of bad indices: at most one a batch.
    const std::vector<std::uint8_t> results = taken.get();
    const std::uint64_t refused = static_cast<std::uint64_t>(std::count(results.begin(), results.end(), 0));
    const std::uint64_t rejected = rejected_on_host - rejected_before;
    REQUIRE((refused == rejected || refused == rejected + 1));
}

/// Random batches, planned ahead on a stream of their own if the options allow it.
template <class Lanes, class Pair>
void train(typename Pair::Options options, int steps) {
    using I = std::int64_t;
    options.bounds = Bounds::skip;
    options.max_lookups = 1000;
    Pair both(options);
    TestStream own_ahead;
    const cudaStream_t ahead = options.in_flight > 1 ? static_cast<cudaStream_t>(own_ahead) : both.stream;
    RandomNumbers random(options.seed);
    std::vector<std::unique_ptr<InFlight<I>>> queue;
    for (int i = 0; i < steps; ++i) {
        INFO("step " << i);
        BatchShape shape = random_shape(random);
        shape.giant = 200;
        NaiveBatch batch = random_batch(random, options.table_rows, shape);
        for (std::int64_t& index : batch.indices) index = random.one_in(40) ? static_cast<std::int64_t>(random.below(~0ull)) : index;
        auto& next = *queue.emplace_back(std::make_unique<InFlight<I>>(batch));
        next.host_plan = both.host.plan(next.batch.host);
        next.device_plan = both.device.plan(next.batch.device, ahead);
        while (static_cast<int>(queue.size()) == options.in_flight || (i + 1 == steps && !queue.empty())) {
            step<Lanes>(both, *queue.front(), random);
            queue.erase(queue.begin());
        }
    }
    own_ahead.wait();
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
        train<LaneCounts<1, 2, 4>, Pair>({.table_rows = {200, 30, 1}, .cache_fraction = 0.05, .seed = 62, .in_flight = 3, .threads = 1}, 60);
    }
}

TEST_CASE("own kernels, FP32 without a cache, Sgd, dim 16: the bytes of forward and backward", "[cuda]") {
    static_assert(row_lanes<16>() == 4);
    train<LaneCounts<1, 4>, OnBoth<16, RowFormat<Fp32, Cast>, Cache<DirectMapped, Lru>, Sgd>>({.table_rows = {200, 30, 1}, .cache_sets = 0, .seed = 63, .threads = 1}, 60);
}

TEST_CASE("own kernels, INT4, stochastic, 8 ways, row-wise Adagrad, dim 64: the bytes of forward and backward", "[cuda]") {
    static_assert(row_lanes<64>() == 4);
    train<LaneCounts<4, 16>, OnBoth<64, RowFormat<Int4, RowAffine<Fp16>, Stochastic<>>, Cache<SetAssociative<8>>, RowwiseAdagrad>>(
        {.table_rows = {200, 30, 1}, .cache_fraction = 0.1, .seed = 64, .threads = 1}, 60);
}
