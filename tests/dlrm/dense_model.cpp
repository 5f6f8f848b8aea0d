// SPDX-License-Identifier: Apache-2.0
// The dense model: gradients against finite differences, one step of Adagrad, threads.
#include "dense_model.hpp"

#include <cmath>
#include <vector>

#include "metrics.hpp"
#include "network.hpp"
#include "support/catch.hpp"
#include "synthetic.hpp"

using namespace dlrm;

namespace {

struct Problem {
    ClickBatch batch;
    std::vector<float> pooled;
};

Problem make_problem(int size, int dim) {
    Problem problem;
    SyntheticStream stream(size, 5);
    read_batch(stream, Vocabulary(100), size, size, problem.batch);
    problem.pooled.resize(problem.batch.indices.size() * static_cast<std::size_t>(dim));
    for (std::size_t i = 0; i < problem.pooled.size(); ++i) { problem.pooled[i] = static_cast<float>(0.3 * examples::to_normal(examples::mix(11, i))); }
    return problem;
}

double total_loss(DenseModel& model, Problem const& problem) {
    std::vector<float> logits;
    model.predict(problem.batch, problem.pooled, logits);
    return mean_log_loss(logits, problem.batch.labels) * problem.batch.size;
}

// How far two gradients are apart, relative to their size.
double distance(std::vector<double> const& a, std::vector<double> const& b) {
    double difference = 0, size = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        difference += (a[i] - b[i]) * (a[i] - b[i]);
        size += a[i] * a[i];
    }
    return std::sqrt(difference / size);
}

}  // namespace

TEST_CASE("the gradient of the pooled rows is that of the loss", "[dlrm]") {
    auto problem = make_problem(70, 16);
    auto const model = make_host_dense({.dim = 16, .learning_rate = 0.0f, .seed = 3, .threads = 1});
    auto const gradient = model->train(problem.batch, problem.pooled);
    std::vector<double> computed, measured;
    for (std::size_t i = 0; i < problem.pooled.size(); i += 331) {
        float const value = problem.pooled[i];
        constexpr float step = 0.003f;
        problem.pooled[i] = value + step;
        double const above = total_loss(*model, problem);
        problem.pooled[i] = value - step;
        double const below = total_loss(*model, problem);
        problem.pooled[i] = value;
        computed.push_back(gradient[i]);
        measured.push_back((above - below) / (2.0 * step));
    }
    REQUIRE(computed.size() > 50);
    CHECK(distance(computed, measured) < 0.02);
}

TEST_CASE("the gradient of every layer is that of the mean loss", "[dlrm]") {
    auto const problem = make_problem(70, 16);
    auto const model = make_host_dense({.dim = 16, .learning_rate = 0.0f, .seed = 3, .threads = 1});
    model->train(problem.batch, problem.pooled);
    auto const gradient = model->gradient();
    auto parameters = model->parameters();

    Network const network(16);
    for (auto const* layers : {&network.bottom, &network.top}) {
        for (Layer const& layer : *layers) {
            std::vector<double> computed, measured;
            auto const end = layer.bias + static_cast<std::size_t>(layer.outputs);
            for (std::size_t i = layer.weights; i < end; i += 1 + (end - layer.weights) / 40) {
                float const value = parameters[i];
                constexpr float step = 0.003f;
                parameters[i] = value + step;
                model->set_parameters(parameters);
                double const above = total_loss(*model, problem);
                parameters[i] = value - step;
                model->set_parameters(parameters);
                double const below = total_loss(*model, problem);
                parameters[i] = value;
                computed.push_back(gradient[i]);
                measured.push_back((above - below) / (2.0 * step) / problem.batch.size);
            }
            INFO("layer " << layer.inputs << " -> " << layer.outputs);
            CHECK(distance(computed, measured) < 0.03);
        }
    }
}

TEST_CASE("Adagrad's first steps are what its formula says", "[dlrm]") {
    auto const problem = make_problem(64, 16);
    auto const model = make_host_dense({.dim = 16, .learning_rate = 0.02f, .seed = 3, .threads = 2});
    auto expected = model->parameters();
    std::vector<float> squares(expected.size(), 0.0f);
    for (int step = 0; step < 3; ++step) {
        model->train(problem.batch, problem.pooled);
        auto const gradient = model->gradient();
        auto const parameters = model->parameters();
        for (std::size_t i = 0; i < expected.size(); ++i) {
            squares[i] += gradient[i] * gradient[i];
            expected[i] -= 0.02f * gradient[i] / (std::sqrt(squares[i]) + 1e-10f);
            REQUIRE(parameters[i] == Approx(expected[i]).margin(1e-6));
        }
    }
}

TEST_CASE("results do not depend on the number of threads", "[dlrm]") {
    for (int size : {1, 100, 300, 2000}) {
        auto const problem = make_problem(size, 16);
        std::vector<std::vector<float>> parameters, gradients, losses(3);
        for (int threads : {1, 2, 3}) {
            auto const model = make_host_dense({.dim = 16, .learning_rate = 0.02f, .seed = 3, .threads = threads});
            for (int step = 0; step < 3; ++step) {
                auto const gradient = model->train(problem.batch, problem.pooled);
                gradients.emplace_back(gradient.begin(), gradient.end());
            }
            parameters.push_back(model->parameters());
            model->collect_losses(losses[static_cast<std::size_t>(threads - 1)]);
        }
        CHECK((parameters[0] == parameters[1]));
        CHECK((parameters[0] == parameters[2]));
        for (std::size_t step = 0; step < 3; ++step) {
            CHECK((gradients[step] == gradients[step + 3]));
            CHECK((gradients[step] == gradients[step + 6]));
        }
        CHECK(losses[0].size() == 3 * static_cast<std::size_t>(size));
        CHECK((losses[0] == losses[1]));
        CHECK((losses[0] == losses[2]));
    }
}

TEST_CASE("losses are those of before the step, and handed over once", "[dlrm]") {
    auto const problem = make_problem(64, 16);
    auto const model = make_host_dense({.dim = 16, .learning_rate = 0.02f, .seed = 3, .threads = 1});
    std::vector<float> logits, losses;
    model->predict(problem.batch, problem.pooled, logits);
    model->train(problem.batch, problem.pooled);
    model->collect_losses(losses);
    REQUIRE(losses.size() == 64);
    for (std::size_t i = 0; i < 64; ++i) CHECK(losses[i] == Approx(log_loss(logits[i], problem.batch.labels[i])));
    model->collect_losses(losses);
    CHECK(losses.size() == 64);
}
