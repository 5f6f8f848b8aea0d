// SPDX-License-Identifier: Apache-2.0
// A warm step allocates nothing and waits for nothing: what it calls of the CUDA runtime is counted, and every name is known.
#include "support/catch.hpp"

#include "cuda/batch_on_both.hpp"
#include "cuda/counted_runtime.hpp"
#include "support/random_batch.hpp"

#include <hotrow/cuda.cuh>

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

using namespace hotrow;
using namespace hotrow::test;

namespace {

constexpr int dim = 16;
using Embedding = CachedEmbedding<dim, RowFormat<Int8, RowAffine<Fp16>, Stochastic<>>, Cache<SetAssociative<4>>, RowwiseAdagrad, Cuda>;
using I = std::int64_t;
const std::vector<std::int64_t> table_rows{300, 40};

Embedding::Options options_of(std::int64_t max_lookups, int in_flight = 1) {
    return {.table_rows = table_rows, .cache_sets = 12, .seed = 1, .max_lookups = max_lookups, .in_flight = in_flight};
}

/// Neither allocates nor waits, and none of them is forbidden in a capture.
const std::set<std::string> harmless{"__cudaLaunchKernel",
                                     "cudaLaunchKernelExC",  // kernels
                                     "cudaMemsetAsync",      // CUB clears its counters
                                     "cudaEventRecord",
                                     "cudaStreamWaitEvent",  // order between streams
                                     "cudaGetLastError",
                                     "cudaPeekAtLastError",  // after launches
                                     "cudaGetDevice",
                                     "cudaSetDevice",
                                     "cudaGetDeviceCount",
                                     "cudaDeviceGetAttribute",
                                     "cudaFuncGetAttributes",  // CUB asks how to launch
                                     "cudaOccupancyMaxActiveBlocksPerMultiprocessorWithFlags"};

std::set<std::string> harmful(const std::map<std::string, int>& calls) {
    std::set<std::string> names;
    for (const auto& [name, count] : calls) {
        if (harmless.count(name) == 0) names.insert(name);
    }
    return names;
}

std::string listed(const std::map<std::string, int>& calls) {
    std::string text;
    for (const auto& [name, count] : calls) text += "    " + name + " x " + std::to_string(count) + "\n";
    return text;
}

/// A batch with a bag of so many lookups, its output and its gradient, on the device.
struct Work {
    BatchOnBoth<I> batch;
    DeviceArray<float> output, gradient;

    explicit Work(std::uint64_t seed, std::uint64_t giant = 300) : Work(made(seed, giant)) {}

private:
    explicit Work(const NaiveBatch& b) : batch(b), output(b.output_rows() * dim), gradient(std::vector<float>(b.output_rows() * dim, 0.25f)) {}
    static NaiveBatch made(std::uint64_t seed, std::uint64_t giant) {
        RandomNumbers random(seed);
        return random_batch(random, table_rows, {8, BagLengths::one_giant, NaivePooling::mean, true, false, giant});
    }
};

void step(Embedding& embedding, const Work& work, cudaStream_t stream) {
    const auto plan = embedding.plan(work.batch.device, stream);
    embedding.forward(plan, work.output.span(), stream);
    embedding.backward(plan, std::span<const float>(work.gradient.span()), stream);
}

}  // namespace

TEST_CASE("a warm step calls nothing that allocates or waits", "[cuda]") {
    const TestStream own_stream;
    const cudaStream_t stream = own_stream;
    // So many that CUB sorts in several passes.
    Embedding embedding(options_of(21'000), stream);
    const Work first(1), second(2, 20'000);
    step(embedding, first, stream);
    std::map<std::string, int> calls;
    {
        CountedCalls counted;
        step(embedding, second, stream);
        calls = counted.calls();
    }
    own_stream.wait();
    std::printf("a warm step calls\n%s", listed(calls).c_str());
    CHECK(harmful(calls) == std::set<std::string>{});
    CHECK(calls["__cudaLaunchKernel"] + calls["cudaLaunchKernelExC"] > 8);
    CHECK(calls["cudaGetLastError"] > 0);
}

TEST_CASE("already the first step of an embedding with reserved room allocates nothing", "[cuda]") {
    const TestStream own_stream;
    const cudaStream_t stream = own_stream;
    Embedding embedding(options_of(500), stream);
    const Work work(3);
    CountedCalls counted;
    step(embedding, work, stream);
    CHECK(harmful(counted.calls()) == std::set<std::string>{});
}

TEST_CASE("a batch planned ahead on another stream, reading, flushing and a new learning rate wait for nothing", "[cuda]") {
    const TestStream own_stream, own_ahead;
    const cudaStream_t stream = own_stream, ahead = own_ahead;
    Embedding embedding(options_of(500, 2), stream);
    const Work first(4), second(5);
    step(embedding, first, stream);
    std::map<std::string, int> calls;
    {
        CountedCalls counted;
        const auto now = embedding.plan(first.batch.device, stream);
        const auto next = embedding.prefetch(second.batch.device, ahead);
        embedding.forward(now, first.output.span(), stream);
        embedding.backward(now, std::span<const float>(first.gradient.span()), stream);
        embedding.forward(next, second.output.span(), stream);
        embedding.backward(next, std::span<const float>(second.gradient.span()), stream);
        embedding.lookup(first.batch.device, first.output.span(), stream);
        embedding.flush(stream);
        embedding.set_optimizer({.learning_rate = 0.5f}, stream);
        calls = counted.calls();
    }
    own_stream.wait();
    own_ahead.wait();
    CHECK(harmful(calls) == std::set<std::string>{});
    CHECK(calls["cudaStreamWaitEvent"] > 0);
    CHECK(calls["cudaEventRecord"] > 0);
}

TEST_CASE("what does allocate or wait is seen", "[cuda]") {
    const TestStream own_stream;
    const cudaStream_t stream = own_stream;
    const Work work(6);
    Embedding embedding(options_of(0), stream);
    {
        CountedCalls counted;
        step(embedding, work, stream);  // makes room
        INFO(listed(counted.calls()));
        CHECK(harmful(counted.calls()).count("cudaMalloc") == 1);
    }
    {
        CountedCalls counted;
        step(embedding, work, stream);
        CHECK(harmful(counted.calls()) == std::set<std::string>{});
    }
    {
        CountedCalls counted;
        (void)embedding.statistics(stream);
        CHECK(harmful(counted.calls()) == std::set<std::string>{"cudaMemcpyAsync", "cudaStreamSynchronize"});
    }
    {
        CountedCalls counted;
        Embedding other(options_of(10), stream);
        CHECK(harmful(counted.calls()).count("cudaMalloc") == 1);
    }
}

TEST_CASE("every function of the runtime that the program calls is counted", "[cuda]") {
    // These only register kernels and pass their arguments, or give names to errors.
    const std::set<std::string> known{"__cudaGetKernel",         "__cudaPopCallConfiguration", "__cudaPushCallConfiguration",
                                      "__cudaRegisterFatBinary", "__cudaRegisterFatBinaryEnd", "__cudaUnregisterFatBinary",
                                      "__cudaRegisterFunction",  "__cudaRegisterVar",          "__cudaInitModule",
                                      "cudaGetErrorName",        "cudaGetErrorString"};
    const std::vector<std::string> uncounted = uncounted_functions();
    CHECK(uncounted.size() > 3);  // the program's table of symbols was read
    for (const std::string& name : uncounted) {
        INFO(name << " is called and not counted: add it to counted_runtime.cpp");
        CHECK(known.count(name) == 1);
    }
}
