// SPDX-License-Identifier: Apache-2.0
// What only a device has: graphs, streams, reports instead of exceptions. All with one type, since each takes nvcc long.
#include "cuda/on_both.hpp"

#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <thread>

using namespace hotrow;
using namespace hotrow::test;

namespace {

constexpr int dim = 16;
using Pair = OnBoth<dim, RowFormat<Int8, RowAffine<Fp16>, Stochastic<>>, Cache<SetAssociative<4>, Lfu>, RowwiseAdagrad>;
using Embedding = Pair::DeviceEmbedding;
using I = std::int64_t;

Pair::Options options_of(std::uint64_t seed) { return {.table_rows = {300, 40}, .cache_sets = 12, .seed = seed, .threads = 3}; }

std::vector<float> gradient_for(std::size_t rows) {
    RandomNumbers random(rows);
    return random_gradient(random, rows * dim);
}

void require_message(const std::function<void()>& call, const std::vector<std::string>& parts) {
    try {
        call();
    } catch (const Error& error) {
        for (const std::string& part : parts) {
            INFO("message: " << error.what() << ", expected: " << part);
            REQUIRE(std::string(error.what()).find(part) != std::string::npos);
        }
        return;
    }
    FAIL("no error; expected one with \"" << parts[0] << "\"");
}

std::size_t free_memory() {
    std::size_t free = 0, total = 0;
    require_success(cudaMemGetInfo(&free, &total));
    return free;
}

}  // namespace

TEST_CASE("a step captured in a graph does on new indices what plain launches do", "[cuda]") {
    constexpr std::size_t lookups = 200, bags = 2 * 8;
    Pair::Options options = options_of(21);
    options.max_lookups = lookups;
    Pair both(options);  // plain
    Embedding replayed(options, both.stream);
    DeviceArray<I> indices(lookups), offsets(bags + 1);
    DeviceArray<float> weights(lookups), output(bags * dim), gradient(gradient_for(bags));
    const Batch<I> batch{indices.span(), offsets.span(), weights.span(), 8, Pooling::mean};
    const std::size_t free_before = free_memory();

    // In this mode a capture fails at any call that allocates or waits.
    cudaGraph_t graph = nullptr;
    cudaGraphExec_t step = nullptr;
    require_success(cudaStreamBeginCapture(both.stream, cudaStreamCaptureModeGlobal));
    const auto captured = replayed.forward(batch, output.span(), both.stream);
    replayed.backward(captured, std::span<const float>(gradient.span()), both.stream);
    require_success(cudaStreamEndCapture(both.stream, &graph));
    require_success(cudaGraphInstantiate(&step, graph, 0));
    REQUIRE(replayed.statistics(both.stream).steps == 0);  // captured, not run

    RandomNumbers random(22);
    for (int i = 0; i < 30; ++i) {
        // 200 lookups in bags of new lengths, one of them long
        NaiveBatch next;
        next.batch_size = 8;
        next.pooling = NaivePooling::mean;
        next.offsets = {0};
        for (std::size_t bag = 0; bag < bags; ++bag) {
            const std::int64_t left = static_cast<std::int64_t>(lookups) - next.offsets.back();
            const std::int64_t length =
                bag + 1 == bags ? left : std::min<std::int64_t>(left, random.one_in(5) ? 90 : static_cast<std::int64_t>(random.below(9)));
            for (std::int64_t k = 0; k < length; ++k) {
                next.indices.push_back(random.skewed(bag < 8 ? 300 : 40));
                next.weights.push_back(random.fine());
            }
            next.offsets.push_back(next.offsets.back() + length);
        }
        const BatchOnBoth<I> plain(next);
        indices.set(plain.indices);
        offsets.set(plain.offsets);
        weights.set(plain.weights);
        require_success(cudaGraphLaunch(step, both.stream));
        DeviceArray<float> plain_output(bags * dim);
        const auto plan = both.device.forward(plain.device, plain_output.span(), both.stream);
        both.device.backward(plan, std::span<const float>(gradient.span()), both.stream);
        both.own_stream.wait();
        REQUIRE(same_bytes(output.get(), plain_output.get()));

        Aligned<float> host_output(bags * dim);
        const Aligned<float> host_gradient(gradient_for(bags));
        both.host.backward(both.host.forward(plain.host, host_output.span()), std::span<const float>(host_gradient.span()));
    }
    both.require_same("after plain launches");
    require_same_memory(both.host.view(), replayed.view(), both.host.lines());
    REQUIRE(numbers(replayed.statistics(both.stream)) == numbers(both.host.statistics()));
    REQUIRE(both.host.statistics().write_backs > 0);
    replayed.check(both.stream);
    require_success(cudaGraphExecDestroy(step));
    require_success(cudaGraphDestroy(graph));
    REQUIRE(free_memory() == free_before);
}

TEST_CASE("a bag of 20,000, and one row in every bag", "[cuda]") {
    Pair both(options_of(23));
    RandomNumbers random(24);
    BatchShape giant{2, BagLengths::one_giant, NaivePooling::mean, true};
    giant.giant = 20'000;
    for (const NaivePooling pooling : {NaivePooling::sum, NaivePooling::mean, NaivePooling::none}) {
        giant.pooling = pooling;
        const BatchOnBoth<I> batch(random_batch(random, {300, 40}, giant));
        both.step<I, float, float>(batch, random);
        both.lookup<I, float>(batch);
        both.require_same("after a giant bag");
    }
    BatchShape one_row{3000, BagLengths::ones, NaivePooling::sum, false, true};
    for (int i = 0; i < 2; ++i) {
        both.step<I, float, float>(BatchOnBoth<I>(random_batch(random, {300, 40}, one_row)), random);
        both.require_same("after one row in every bag");
    }
    REQUIRE(both.host.statistics().rejected_updates == 0);
}

TEST_CASE("a bad index is reported by check, and touches nothing", "[cuda]") {
    // The host that skips such indices must end up with the same bytes.
    Pair::Options options = options_of(25);
    options.bounds = Bounds::skip;
    Pair::HostEmbedding host(options);
    options.bounds = Bounds::report;
    TestStream own_stream;
    const cudaStream_t stream = own_stream;
    Embedding device(options, stream);
    const auto step = [&](const std::vector<std::int64_t>& indices, const std::vector<std::int64_t>& offsets) {
        NaiveBatch batch;
        batch.indices = indices;
        batch.offsets = offsets;
        batch.batch_size = 2;
        const BatchOnBoth<I> on_both(batch);
        const std::vector<float> values = gradient_for(4);
        const Aligned<float> gradient(values);
        const DeviceArray<float> device_gradient(values);
        host.backward(host.plan(on_both.host), std::span<const float>(gradient.span()));
        device.backward(device.plan(on_both.device, stream), std::span<const float>(device_gradient.span()), stream);
        own_stream.wait();
    };
    constexpr std::int64_t huge = std::numeric_limits<std::int64_t>::max();
    step({1, 2, 3, 4}, {0, 1, 2, 3, 4});
    device.check(stream);
    step({1, 2, 40, 4}, {0, 1, 2, 3, 4});
    require_message([&] { device.check(stream); }, {"index 40 of lookup 2", "table 1", "40 rows", "Bounds::skip"});
    device.check(stream);  // reported once
    step({1, -1, 300, 4}, {0, 1, 3, 3, 4});
    require_message([&] { device.check(stream); }, {"index -1 of lookup 1", "table 0", "300 rows"});
    for (const std::int64_t bad : {huge, -huge - 1, (std::int64_t{1} << 32) + 1, std::int64_t{300}}) {
        step({1, 2, 2, 5, bad}, {0, 5, 5, 5, 5});
        require_message([&] { device.check(stream); }, {"index " + std::to_string(bad) + " of lookup 4", "table 0"});
    }
    // Bad batches before anybody looks: the first one is named, with its own values.
    step({1, 2, 3, 4, 5, 777}, {0, 5, 6, 6, 6});
    step({1, -5, 3}, {0, 1, 3, 3, 3});
    require_message([&] { device.check(stream); }, {"index 777 of lookup 5", "table 0"});

    const DeviceArray<I> indices(std::vector<I>{7, 41}), offsets(std::vector<I>{0, 1, 1, 1, 2});
    DeviceArray<float> output(4 * dim);
    device.lookup(Batch<I>{.indices = indices.span(), .offsets = offsets.span(), .batch_size = 2}, output.span(), stream);
    require_message([&] { device.check(stream); }, {"index 41 of lookup 1", "table 1"});
    const std::vector<float> pooled = output.get();
    for (std::size_t e = dim; e < 4 * dim; ++e) REQUIRE(pooled[e] == 0.0f);

    require_same_memory(host.view(), device.view(), host.lines());
    REQUIRE(numbers(host.statistics()) == numbers(device.statistics(stream)));
    REQUIRE(host.statistics().bad_indices == 9);
}

TEST_CASE("bad offsets are reported by check, and no foreign memory is touched", "[cuda]") {
    Pair both(options_of(26));
    const std::vector<float> values = gradient_for(4);
    const DeviceArray<float> gradient(values);
    const auto run = [&](const std::vector<std::int64_t>& lookups, const std::vector<std::int64_t>& bags, const std::string& part) {
        const DeviceArray<I> indices(lookups), offsets(bags);
        for (const Pooling pooling : {Pooling::sum, Pooling::mean}) {
            DeviceArray<float> output(4 * dim);
            const Batch<I> batch{.indices = indices.span(), .offsets = offsets.span(), .batch_size = 2, .pooling = pooling};
            const auto plan = both.device.forward(batch, output.span(), both.stream);
            both.device.backward(plan, std::span<const float>(gradient.span()), both.stream);
            require_message([&] { both.device.check(both.stream); }, {part});
            both.device.lookup(batch, output.span(), both.stream);
            require_message([&] { both.device.check(both.stream); }, {part});
        }
    };
    constexpr std::int64_t huge = std::numeric_limits<std::int64_t>::max();
    run({1, 2, 3}, {1, 1, 2, 3, 3}, "offsets of bag 0");
    run({1, 2, 3}, {0, 2, 1, 3, 3}, "offsets of bag 1");
    run({1, 2, 3}, {0, 1, 2, 3, 9}, "offsets of bag 3");
    run({1, 2, 3}, {0, 1, 2, 2, 2}, "offsets of bag 3");
    run({1, 2, 3}, {0, huge, 2, 3, 3}, "offsets of bag 1");
    run({1, 2, 3}, {0, 1, -huge, 3, 3}, "offsets of bag 1");
    run(std::vector<std::int64_t>(200, 7), {0, huge, 0, -huge, 200}, "offsets of bag 1");
    run({}, {0, 0, 5, 5, 5}, "offsets of bag 3");
    // The rows are still whole.
    std::vector<float> rows(300 * dim);
    both.device.read_rows(0, 0, rows, both.stream);
    for (const float value : rows) REQUIRE(std::isfinite(value));
    both.device.check(both.stream);
}

TEST_CASE("two embeddings on two streams do not disturb each other", "[cuda]") {
    Pair first(options_of(27)), second(options_of(28));
    RandomNumbers random(29);
    for (int i = 0; i < 10; ++i) {
        struct Work {
            Pair& pair;
            BatchOnBoth<I> batch;
            DeviceArray<float> output, gradient;
            Aligned<float> host_output, host_gradient;
            Plan<I> plan{};
            Work(Pair& p, const NaiveBatch& b)
                : pair(p), batch(b), output(b.output_rows() * dim), gradient(gradient_for(b.output_rows())), host_output(b.output_rows() * dim),
                  host_gradient(gradient_for(b.output_rows())) {}
        };
        Work a(first, random_batch(random, {300, 40}, {20, BagLengths::mixed, NaivePooling::sum, true}));
        Work b(second, random_batch(random, {300, 40}, {15, BagLengths::mixed, NaivePooling::mean, false}));
        for (Work* w : {&a, &b}) w->plan = w->pair.device.plan(w->batch.device, w->pair.stream);
        for (Work* w : {&b, &a}) w->pair.device.forward(w->plan, w->output.span(), w->pair.stream);
        for (Work* w : {&a, &b}) w->pair.device.backward(w->plan, std::span<const float>(w->gradient.span()), w->pair.stream);
        for (Work* w : {&a, &b}) {
            w->pair.host.backward(w->pair.host.forward(w->batch.host, w->host_output.span()), std::span<const float>(w->host_gradient.span()));
            w->pair.own_stream.wait();
            REQUIRE(same_bytes(w->host_output.copy(), w->output.get()));
        }
    }
    first.require_same("first");
    second.require_same("second");
}

TEST_CASE("two embeddings driven by two host threads do not disturb each other", "[cuda]") {
    Pair first(options_of(33)), second(options_of(34));
    const auto train = [](Pair& pair, std::uint64_t seed, std::string& failure) {
        // No Catch2 here: its assertions are not for several threads.
        try {
            RandomNumbers random(seed);
            for (int i = 0; i < 15; ++i) {
                const NaiveBatch naive = random_batch(random, {300, 40}, {10, BagLengths::mixed, static_cast<NaivePooling>(i % 3), i % 2 == 0});
                const BatchOnBoth<I> batch(naive);
                const Aligned<float> output(batch.output_rows * dim), gradient(gradient_for(batch.output_rows));
                const DeviceArray<float> device_output(batch.output_rows * dim), device_gradient(gradient_for(batch.output_rows));
                pair.host.backward(pair.host.forward(batch.host, output.span()), std::span<const float>(gradient.span()));
                const auto plan = pair.device.forward(batch.device, device_output.span(), pair.stream);
                pair.device.backward(plan, std::span<const float>(device_gradient.span()), pair.stream);
                pair.own_stream.wait();
                if (!same_bytes(output.copy(), device_output.get())) failure = "the outputs of step " + std::to_string(i) + " differ";
            }
        } catch (const std::exception& error) { failure = error.what(); }
    };
    std::string of_first, of_second;
    std::thread other([&] { train(first, 35, of_first); });
    train(second, 36, of_second);
    other.join();
    INFO("first: " << of_first << "; second: " << of_second);
    REQUIRE((of_first.empty() && of_second.empty()));
    first.require_same("first");
    second.require_same("second");
}

TEST_CASE("batches planned ahead on a stream of their own end as on the host", "[cuda]") {
    Pair::Options options = options_of(30);
    options.in_flight = 3;
    options.max_lookups = 500;
    Pair both(options);
    TestStream own_ahead;
    const cudaStream_t ahead = own_ahead;
    RandomNumbers random(31);
    struct InFlight {
        BatchOnBoth<I> batch;
        DeviceArray<float> output, gradient;
        Aligned<float> host_output, host_gradient;
        Plan<I> host_plan{}, device_plan{};
        explicit InFlight(const NaiveBatch& b)
            : batch(b), output(b.output_rows() * dim), gradient(gradient_for(b.output_rows())), host_output(b.output_rows() * dim),
              host_gradient(gradient_for(b.output_rows())) {}
    };
    std::vector<std::unique_ptr<InFlight>> queue;
    for (int i = 0; i < 40; ++i) {
        BatchShape shape = random_shape(random);
        shape.giant = 200;
        auto& next = *queue.emplace_back(std::make_unique<InFlight>(random_batch(random, {300, 40}, shape)));
        next.host_plan = both.host.plan(next.batch.host);
        next.device_plan = both.device.plan(next.batch.device, ahead);
        while (queue.size() == 3 || (i == 39 && !queue.empty())) {
            InFlight& work = *queue.front();
            both.host.forward(work.host_plan, work.host_output.span());
            both.device.forward(work.device_plan, work.output.span(), both.stream);
            both.host.backward(work.host_plan, std::span<const float>(work.host_gradient.span()));
            both.device.backward(work.device_plan, std::span<const float>(work.gradient.span()), both.stream);
            both.own_stream.wait();
            REQUIRE(same_bytes(work.host_output.copy(), work.output.get()));
            queue.erase(queue.begin());
        }
    }
    own_ahead.wait();
    both.require_same("after planning ahead");
    REQUIRE(both.host.statistics().write_backs > 0);
}

namespace {

/// Differences of addresses, in bytes.
template <class View>
__global__ void measure(View view, std::int64_t* differences) {
    const std::uint64_t rows = view.geometry.rows, slots = view.slots();
    differences[0] = view.stored_row(rows - 1u) - view.stored;
    differences[1] = reinterpret_cast<std::byte*>(view.line(slots - 1u)) - reinterpret_cast<std::byte*>(view.lines);
    differences[2] = static_cast<std::int64_t>(view.stored_location(static_cast<typename View::RowId>(rows - 1u)));
    differences[3] = view.is_line(static_cast<typename View::Location>(slots - 1u)) && !view.is_line(static_cast<typename View::Location>(slots));
}

}  // namespace

TEST_CASE("addresses beyond 2^31 elements are right on the device", "[cuda]") {
    Embedding::View view{};
    constexpr std::uint64_t rows = 3'500'000'000u, sets = 150'000'000u;
    view.geometry = Geometry<std::uint32_t>(rows, sets);
    view.line_count = sets * 4;
    view.stored = reinterpret_cast<std::byte*>(4096);
    view.lines = reinterpret_cast<float*>(4096);
    DeviceArray<std::int64_t> differences(4);
    measure<<<1, 1>>>(view, differences.data());
    require_success(cudaDeviceSynchronize());
    const std::vector<std::int64_t> result = differences.get();
    REQUIRE(result[0] == std::int64_t{rows - 1} * 20);
    REQUIRE(result[1] == std::int64_t{sets * 4 - 1} * dim * 4);
    REQUIRE(result[2] == std::int64_t{sets * 4 + rows - 1});
    REQUIRE(result[3] == 1);
}

TEST_CASE("a table that the device has no room for is a typed error", "[cuda]") {
    std::size_t free = 0, total = 0;
    require_success(cudaMemGetInfo(&free, &total));
    const Pair::Options options{.table_rows = {4'000'000'000}, .cache_sets = 1};
    const std::int64_t needed = Embedding::footprint(options).total();
    REQUIRE(needed > 80'000'000'000);
    if (needed < static_cast<std::int64_t>(total)) return;
    TestStream stream;
    const cudaStream_t handle = stream;
    require_message([&] { Embedding{options, handle}; }, {"the device has no room for 80000000000 bytes", "footprint"});
    REQUIRE(free_memory() == free);
}
