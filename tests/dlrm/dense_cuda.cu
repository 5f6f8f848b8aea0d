// SPDX-License-Identifier: Apache-2.0
// The dense model's kernels on a device, with a plain matrix product in place of cuBLAS, against the host's model.
#include "dense_cuda.cuh"

#include <cmath>
#include <memory>
#include <vector>

#include "batch.hpp"
#include "support/catch.hpp"
#include "synthetic.hpp"

using namespace dlrm;

namespace {

__global__ void multiply(bool transpose_a, bool transpose_b, int m, int n, int k, float const* a, float const* b, float* c) {
    int const i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
    if (i >= m * n) return;
    int const row = i / n, column = i % n;
    float sum = 0.0f;
    for (int x = 0; x < k; ++x) { sum = fmaf(transpose_a ? a[x * m + row] : a[row * k + x], transpose_b ? b[column * k + x] : b[x * n + column], sum); }
    c[i] = sum;
}

struct PlainGemm {
    cudaStream_t stream;
    explicit PlainGemm(cudaStream_t on) : stream(on) {}
    void operator()(bool transpose_a, bool transpose_b, int m, int n, int k, float const* a, float const* b, float* c) const {
        multiply<<<blocks_for(m * n), kernel_threads, 0, stream>>>(transpose_a, transpose_b, m, n, k, a, b, c);
        check_cuda(cudaGetLastError(), "multiply");
    }
};

ClickBatch make_batch(int size) {
    ClickBatch batch;
    SyntheticStream stream(size, 5);
    read_batch(stream, Vocabulary(100), size, size, batch);
    return batch;
}

std::vector<float> make_pooled(ClickBatch const& batch, int dim) {
    std::vector<float> pooled(batch.indices.size() * static_cast<std::size_t>(dim));
    for (std::size_t i = 0; i < pooled.size(); ++i) pooled[i] = static_cast<float>(0.3 * examples::to_normal(examples::mix(11, i)));
    return pooled;
}

// How far two vectors are apart, relative to their size.
double distance(std::vector<float> const& a, std::vector<float> const& b) {
    REQUIRE(a.size() == b.size());
    double difference = 0, size = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        difference += std::pow(double{a[i]} - double{b[i]}, 2);
        size += std::pow(double{a[i]}, 2);
    }
    return std::sqrt(difference / size);
}

struct Trained {
    std::vector<float> pooled_gradient, gradient, parameters, losses, logits;
};

template <class Train>
Trained finish(DenseModel& model, ClickBatch const& batch, Train const& train) {
    Trained trained;
    trained.pooled_gradient = train();
    trained.gradient = model.gradient();
    trained.pooled_gradient = train();
    trained.parameters = model.parameters();
    model.collect_losses(trained.losses);
    REQUIRE(trained.losses.size() == 2 * batch.labels.size());
    return trained;
}

Trained on_device(ClickBatch const& batch, std::vector<float> const& pooled, DenseSpec const& spec) {
    auto const stream = std::make_shared<Stream const>();
    CudaDense<PlainGemm> model(spec, stream);
    DeviceArray<float> pooled_there;
    pooled_there.upload(pooled, *stream);
    auto trained = finish(model, batch, [&] {
        auto const there = model.train(batch, pooled_there.span());
        std::vector<float> here(there.size());
        download(std::span(here), there.data(), *stream);
        return here;
    });
    model.predict(batch, pooled_there.span(), trained.logits);
    return trained;
}

Trained on_host(ClickBatch const& batch, std::vector<float> const& pooled, DenseSpec const& spec) {
    auto const model = make_host_dense(spec);
    auto trained = finish(*model, batch, [&] {
        auto const here = model->train(batch, pooled);
        return std::vector<float>(here.begin(), here.end());
    });
    model->predict(batch, pooled, trained.logits);
    return trained;
}

}  // namespace

TEST_CASE("the device's dense model does what the host's does", "[dlrm][cuda]") {
    // Adagrad's first step has the size of the learning rate whatever the gradient: keep it small, so that tiny
    // gradients that differ in their sign do not matter.
    for (int size : {5, 32}) {
        DenseSpec const spec{.dim = 16, .learning_rate = 1e-4f, .seed = 3, .threads = 1};
        auto const batch = make_batch(size);
        auto const pooled = make_pooled(batch, spec.dim);
        auto const host = on_host(batch, pooled, spec), device = on_device(batch, pooled, spec);
        CHECK(distance(host.gradient, device.gradient) < 1e-4);
        CHECK(distance(host.pooled_gradient, device.pooled_gradient) < 1e-3);
        CHECK(distance(host.parameters, device.parameters) < 1e-4);
        CHECK(distance(host.losses, device.losses) < 1e-4);
        CHECK(distance(host.logits, device.logits) < 1e-3);
    }
}

TEST_CASE("the device's dense model gives the same bits again", "[dlrm][cuda]") {
    DenseSpec const spec{.dim = 16, .learning_rate = 0.02f, .seed = 3, .threads = 1};
    auto const batch = make_batch(20);
    auto const pooled = make_pooled(batch, spec.dim);
    auto const first = on_device(batch, pooled, spec), second = on_device(batch, pooled, spec);
    CHECK((first.pooled_gradient == second.pooled_gradient));
    CHECK((first.parameters == second.parameters));
    CHECK((first.losses == second.losses));
    CHECK((first.logits == second.logits));
}
