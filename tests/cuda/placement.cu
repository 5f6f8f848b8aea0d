// SPDX-License-Identifier: Apache-2.0
// Rows in memory of the host behind a cache on the device: the same bytes as on the host, and no look at that memory in a step whose rows were prefetched.
#include "cuda/on_both.hpp"

#include <hotrow/cuda.cuh>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <thread>
#include <vector>

using namespace hotrow;
using namespace hotrow::test;

namespace {

using Bytes = RowFormat<Int8, RowAffine<Fp16>, Stochastic<>>;
using Nibbles = RowFormat<Int4, RowAffine<Fp16>, Stochastic<>>;
using Lines = Cache<SetAssociative<4>, Lfu>;

template <class Both>
void train(int in_flight) {
    typename Both::Options options{.table_rows = {60, 9}, .cache_sets = 3, .seed = 43, .max_lookups = 1000, .in_flight = in_flight, .threads = 2};
    options.optimizer.learning_rate = 0.1f;
    Both both(options);
    both.require_same("at the start");
    RandomNumbers random(44);
    for (int i = 0; i < 12; ++i) {
        const BatchOnBoth<std::int32_t> batch(random_batch(random, {60, 9}, random_shape(random)));
        both.template step<std::int32_t, float, float>(batch, random, i % 2 == 1);
        if (i == 7) {
            both.host.flush();
            both.device.flush(both.stream);
        }
        if (i % 4 == 3) {
            both.template lookup<std::int32_t, float>(batch);
            both.require_same("after some steps");
        }
    }
    const Statistics all = both.host.statistics();
    REQUIRE(all.write_backs > 0);
    REQUIRE(all.bytes_read > 0);
    REQUIRE(all.bytes_written > 0);
}

}  // namespace

TEST_CASE("Rows in page-locked memory keep the same bytes on both, with their states", "[cuda]") {
    train<OnBoth<10, Bytes, Lines, RowwiseAdagrad, std::uint32_t, HostMemory>>(1);
    train<OnBoth<64, Nibbles, Lines, Adam<Fp8State, Fp8SquaresState, CorrectBy::visit>, std::uint32_t, HostMemory>>(2);
    train<OnBoth<33, RowFormat<Fp32, Cast>, Lines, Momentum<Bf16State>, std::uint64_t, HostMemory>>(1);
}

TEST_CASE("Rows in managed memory keep the same bytes on both", "[cuda]") { train<OnBoth<10, Bytes, Lines, RowwiseAdagrad, std::uint32_t, ManagedMemory>>(2); }

// The records are overwritten while the step runs: were one of them read, the outputs would differ; were one written, it would show.
TEST_CASE("A step whose rows are prefetched touches no memory of the host", "[cuda]") {
    constexpr int dim = 10;
    using Embedding = CachedEmbedding<dim, Bytes, Lines, RowwiseAdagrad, Cuda, std::uint32_t, HostMemory>;
    const Embedding::Options options{
        .table_rows = {400}, .cache_sets = 16, .seed = 45, .optimizer = {.learning_rate = 0.1f}, .max_lookups = 64, .in_flight = 2};
    TestStream stream, side;
    Embedding embedding(options, cudaStream_t(stream)), twin(options, cudaStream_t(stream));
    const std::size_t record_bytes = static_cast<std::size_t>(embedding.footprint().apart);
    std::byte* const records = embedding.view().stored;
    RandomNumbers random(46);
    for (int step = 0; step < 20; ++step) {
        NaiveBatch naive;
        naive.offsets = {0};
        naive.batch_size = 8;
        for (int bag = 0; bag < 8; ++bag) {
            for (int i = 0; i < 2; ++i) naive.indices.push_back(random.skewed(400));
            naive.offsets.push_back(static_cast<std::int64_t>(naive.indices.size()));
        }
        const BatchOnBoth<std::int32_t> batch(naive);
        const auto plan = embedding.prefetch(batch.device, cudaStream_t(side));
        side.wait();
        const Statistics moved = embedding.statistics(cudaStream_t(stream));
        const auto twin_plan = twin.prefetch(batch.device, cudaStream_t(side));

        const std::vector<std::byte> kept(records, records + record_bytes);
        std::fill_n(records, record_bytes, std::byte{0xcb});
        DeviceArray<float> output(batch.output_rows * dim), twin_output(batch.output_rows * dim);
        embedding.forward(plan, output.span(), cudaStream_t(stream));
        embedding.backward(plan, std::span<const float>(output.span()), cudaStream_t(stream));
        stream.wait();
        REQUIRE(std::all_of(records, records + record_bytes, [](std::byte b) { return b == std::byte{0xcb}; }));
        std::copy(kept.begin(), kept.end(), records);

        twin.forward(twin_plan, twin_output.span(), cudaStream_t(stream));
        twin.backward(twin_plan, std::span<const float>(twin_output.span()), cudaStream_t(stream));
        stream.wait();
        REQUIRE(same_bytes(output.get(), twin_output.get()));
        const Statistics now = embedding.statistics(cudaStream_t(stream));
        REQUIRE(now.bytes_read == moved.bytes_read);
        REQUIRE(now.bytes_written == moved.bytes_written);
        REQUIRE(now.conflict_misses == 0);
    }
    REQUIRE(embedding.statistics(cudaStream_t(stream)).write_backs > 0);
}

namespace {

/// Keeps a stream from going on until it is let go, for two seconds at most.
class Barrier {
public:
    explicit Barrier(cudaStream_t stream) {
        require_success(cudaLaunchHostFunc(
            stream,
            [](void* barrier) {
                Barrier& self = *static_cast<Barrier*>(barrier);
                for (int waited = 0; waited < 200 && !self.open_; ++waited) std::this_thread::sleep_for(std::chrono::milliseconds(10));
                self.passed_ = true;
            },
            this));
    }
    bool was_passed() const { return passed_; }
    void open() { open_ = true; }

private:
    std::atomic<bool> open_{false}, passed_{false};
};

}  // namespace

// The model's work on the stream of the step stands still; the rows of the next batch come nevertheless.
TEST_CASE("Rows of a coming batch move while the step before it computes", "[cuda]") {
    constexpr int dim = 10;
    using Embedding = CachedEmbedding<dim, Bytes, Lines, RowwiseAdagrad, Cuda, std::uint32_t, HostMemory>;
    TestStream stream, side;
    Embedding embedding({.table_rows = {400}, .cache_sets = 16, .seed = 47, .max_lookups = 64, .in_flight = 2}, cudaStream_t(stream));
    RandomNumbers random(48);
    const BatchOnBoth<std::int32_t> first(random_batch(random, {400}, {8, BagLengths::ones, NaivePooling::sum, false}));
    const BatchOnBoth<std::int32_t> second(random_batch(random, {400}, {8, BagLengths::ones, NaivePooling::sum, false}));
    DeviceArray<float> output(first.output_rows * dim);
    const auto plan = embedding.prefetch(first.device, cudaStream_t(side));
    embedding.forward(plan, output.span(), cudaStream_t(stream));
    stream.wait();

    Barrier model((cudaStream_t(stream)));
    if (model.was_passed()) {
        WARN("SKIPPED: streams of this runtime do all work at once; GPUEMU_ASYNC=1, or a device, shows the order");
        return;
    }
    const std::uint64_t read_before = embedding.statistics(cudaStream_t(side)).bytes_read;
    const auto next = embedding.prefetch(second.device, cudaStream_t(side));
    side.wait();
    REQUIRE(embedding.statistics(cudaStream_t(side)).bytes_read > read_before);  // they are there,
    REQUIRE_FALSE(model.was_passed());                                           // and the step still waits
    model.open();
    embedding.backward(plan, std::span<const float>(output.span()), cudaStream_t(stream));
    embedding.release(next);
    stream.wait();
    REQUIRE(model.was_passed());
}
