// SPDX-License-Identifier: Apache-2.0
// Host and device keep the same states, whatever the optimizer and the precision of what it keeps; captured steps see new hyperparameters.
#include "cuda/on_both.hpp"

#include <hotrow/cuda.cuh>

#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

using namespace hotrow;
using namespace hotrow::test;

namespace {

using Lines = Cache<SetAssociative<4>, Lfu>;
// Few kinds of rows, whose other kernels all optimizers share: a broken pack, whole packs, more lanes than packs.
template <class Optimizer>
using Small = OnBoth<10, RowFormat<Int8, RowAffine<Fp16>, Stochastic<>>, Lines, Optimizer>;
template <class Optimizer>
using Whole = OnBoth<64, RowFormat<Int4, RowAffine<Fp16>, Stochastic<>>, Lines, Optimizer>;
template <class Optimizer>
using Large = OnBoth<130, RowFormat<Fp32, Cast>, Lines, Optimizer>;

template <class Optimizer>
typename Small<Optimizer>::Options options_of(const Optimizer& optimizer) {
    return {.table_rows = {60, 9}, .cache_sets = 3, .seed = 41, .optimizer = optimizer, .max_lookups = 1000, .threads = 2};
}

template <template <class> class Pair, class Optimizer>
void train(const Optimizer& optimizer) {
    INFO(Optimizer::name);
    Pair<Optimizer> both(options_of(optimizer));
    RandomNumbers random(42);
    for (int i = 0; i < 12; ++i) {
        const BatchOnBoth<std::int32_t> batch(random_batch(random, {60, 9}, random_shape(random)));
        both.template step<std::int32_t, float, float>(batch, random, i % 2 == 1);
        if (i % 4 == 3) both.require_same("after some steps");
    }
    REQUIRE(both.host.statistics().write_backs > 0);
    REQUIRE(both.host.statistics().rejected_updates > 0);
}

}  // namespace

TEST_CASE("SGD and momentum keep the same bytes on both, with decay and clipping", "[cuda]") {
    train<Small>(WeightDecay<Sgd, Decay::coupled>{{.learning_rate = 0.1f}, 0.02f});
    train<Small>(ClipRowNorm<WeightDecay<Momentum<Fp16State>, Decay::decoupled>>{{{.learning_rate = 0.05f}, 0.02f}, 0.5f});
}

TEST_CASE("Adagrad and FTRL keep the same bytes on both", "[cuda]") {
    train<Small>(RowwiseAdagradOf<Fp16State>{.learning_rate = 0.1f});
    train<Whole>(Adagrad<Fp8SquaresState>{.learning_rate = 0.1f, .initial_accumulator = 0.1f});
    train<Large>(Ftrl<Fp32State, Bf16State>{.learning_rate = 0.2f, .l1 = 0.05f, .initial_accumulator = 0.1f});
}

TEST_CASE("Adam and its kin keep the same bytes on both", "[cuda]") {
    train<Small>(Adam<Bf16State, Fp32State, CorrectBy::visit>{.learning_rate = 0.02f});
    train<Large>(AdamW<Fp8State, Fp8SquaresState>{{.learning_rate = 0.02f}, 0.1f});
    train<Whole>(RowwiseAdam<Bf16State, Bf16State, CorrectBy::visit>{.learning_rate = 0.02f});
    train<Whole>(Lamb<Fp16State, Fp32State>{.learning_rate = 0.02f});
}

namespace {

using Changed = ClipRowNorm<WeightDecay<Momentum<Fp16State>, Decay::decoupled>>;

/// What a schedule of the user's own may do on the device.
__global__ void halve_rate(Changed* optimizer) { optimizer->learning_rate *= 0.5f; }

/// A captured piece of work.
class Graph {
public:
    template <class Work>
    Graph(cudaStream_t stream, const Work& work) : stream_(stream) {
        cudaGraph_t graph = nullptr;
        require_success(cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal));
        work();
        require_success(cudaStreamEndCapture(stream, &graph));
        require_success(cudaGraphInstantiate(&executable_, graph, 0));
        require_success(cudaGraphDestroy(graph));
    }
    Graph(const Graph&) = delete;
    Graph& operator=(const Graph&) = delete;
    ~Graph() { (void)cudaGraphExecDestroy(executable_); }
    void replay() const {
        require_success(cudaGraphLaunch(executable_, stream_));
        require_success(cudaStreamSynchronize(stream_));
    }

private:
    cudaStream_t stream_;
    cudaGraphExec_t executable_ = nullptr;
};

}  // namespace

TEST_CASE("captured steps see new learning rates", "[cuda]") {
    Small<Changed> both(options_of(Changed{{{.learning_rate = 0.05f}, 0.02f}, 0.5f}));
    RandomNumbers random(43);
    const BatchOnBoth<std::int32_t> batch(random_batch(random, {60, 9}, {10, BagLengths::mixed, NaivePooling::sum, false}));
    const std::vector<float> values = random_gradient(random, batch.output_rows * 10);
    const Aligned<float> gradient(values), output(values.size());
    const DeviceArray<float> device_gradient(values), device_output(values.size());
    DeviceArray<float> rate(1);
    const auto device_step = [&] {
        const auto plan = both.device.forward(batch.device, device_output.span(), both.stream);
        both.device.backward(plan, std::span<const float>(device_gradient.span()), both.stream);
    };
    const auto host_step = [&] { both.host.backward(both.host.forward(batch.host, output.span()), std::span<const float>(gradient.span())); };

    const Graph reads_rate(both.stream, [&] {
        both.device.set_learning_rate_from(rate.data(), both.stream);
        device_step();
    });
    for (const float next : {0.1f, 0.03f, 0.0f, 0.5f}) {
        rate.set({next});
        reads_rate.replay();
        both.host.set_learning_rate(next);
        host_step();
        both.require_same("a rate from memory");
    }
    for (const float refused : {NAN, -0.1f, INFINITY}) {
        rate.set({refused});
        reads_rate.replay();
        host_step();
        REQUIRE_THROWS_AS(both.device.check(both.stream), OptionError);
        both.device.check(both.stream);  // reported once
        both.require_same("a rate that is none");
    }

    // Set between replays, by the host and by a kernel.
    const Graph halves_rate(both.stream, [&] {
        device_step();
        halve_rate<<<1, 1, 0, both.stream>>>(both.device.optimizer_data());
    });
    float now = 0.25f;
    both.host.set_learning_rate(now);
    both.device.set_learning_rate(now, both.stream);
    for (int i = 0; i < 4; ++i) {
        halves_rate.replay();
        host_step();
        now *= 0.5f;
        both.host.set_learning_rate(now);
        both.require_same("a rate that halves");
    }
    REQUIRE(both.device.optimizer(both.stream).learning_rate == now);

    // A captured set is the same in each replay, and leaves the rest.
    const Graph sets_rate(both.stream, [&] { both.device.set_learning_rate(0.125f, both.stream); });
    both.device.set_optimizer(Changed{{{.learning_rate = 1.0f}, 0.5f}, 0.75f}, both.stream);
    sets_rate.replay();
    both.host.set_optimizer(Changed{{{.learning_rate = 0.125f}, 0.5f}, 0.75f});
    device_step();
    both.own_stream.wait();
    host_step();
    both.require_same("a captured rate");
}
