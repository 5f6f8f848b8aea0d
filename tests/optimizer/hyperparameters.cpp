// SPDX-License-Identifier: Apache-2.0
// What optimizers refuse, and hyperparameters that change while an embedding trains.
#include "support/catch.hpp"

#include <hotrow/hotrow.hpp>

#include <cmath>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

using namespace hotrow;

namespace {

void refused_call(const std::function<void()>& call, const std::vector<std::string>& parts) {
    try {
        call();
    } catch (const OptionError& error) {
        for (const std::string& part : parts) {
            INFO("message: " << error.what() << ", expected: " << part);
            REQUIRE(std::string(error.what()).find(part) != std::string::npos);
        }
        return;
    }
    FAIL("no error; expected one with \"" << parts[0] << "\"");
}

template <class O>
void refused(const O& optimizer, const std::vector<std::string>& parts) {
    refused_call([&] { optimizer.check(); }, parts);
}

using Clipped = ClipRowNorm<AdamW<>>;
using Embedding = CachedEmbedding<3, RowFormat<Fp32, Cast>, Cache<SetAssociative<2>, Lru>, Clipped, Host>;

constexpr Clipped usual{{{.learning_rate = 0.25f}, 0.1f}, 2.0f};

/// Steps of rows 0 to 9.
void train(Embedding& embedding, int steps) {
    const std::vector<std::int32_t> indices{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 3}, offsets{0, 11};
    const std::vector<float> gradient{0.5f, -0.25f, 1.0f};
    for (int i = 0; i < steps; ++i) {
        embedding.backward(embedding.plan(Batch<std::int32_t>{.indices = indices, .offsets = offsets, .batch_size = 1}), std::span<const float>(gradient));
    }
}

std::vector<float> rows_of(Embedding& embedding) {
    std::vector<float> values(30);
    embedding.read_rows(0, 0, values);
    return values;
}

}  // namespace

TEST_CASE("optimizers name what they refuse, and why", "[optimizer][errors]") {
    refused(Sgd{.learning_rate = -0.5f}, {"sgd", "learning_rate is -0.5", "at least 0"});
    refused(Sgd{.learning_rate = NAN}, {"learning_rate is", "nan"});
    refused(Sgd{.learning_rate = INFINITY}, {"learning_rate is inf", "finite"});
    Sgd{.learning_rate = 0.0f}.check();  // a schedule may start there
    refused(Momentum<>{.momentum = 1.0f}, {"momentum is 1", "at least 0 and below 1"});
    refused(Momentum<>{.momentum = -0.1f}, {"momentum is -0.1"});
    Momentum<>{.momentum = 0.0f}.check();
    refused(RowwiseAdagrad{.epsilon = 0.0f}, {"rowwise_adagrad", "epsilon is 0", "above 0"});
    refused(RowwiseAdagrad{.initial_accumulator = -1e-8f}, {"initial_accumulator is -1e-08"});
    refused(Adagrad<>{.epsilon = NAN}, {"adagrad", "epsilon is"});
    refused(Adagrad<>{.initial_accumulator = INFINITY}, {"initial_accumulator is inf"});
    refused(Adam<>{.beta1 = 1.0f}, {"adam", "beta1 is 1", "below 1"});
    refused(Adam<>{.beta2 = 1.5f}, {"beta2 is 1.5"});
    refused(Adam<>{.beta2 = NAN}, {"beta2 is"});
    refused(Adam<>{.epsilon = -1.0f}, {"epsilon is -1"});
    refused(RowwiseAdam<>{.beta2 = 2.0f}, {"rowwise_adam", "beta2 is 2"});
    refused(Lamb<>{.weight_decay = -0.01f}, {"lamb", "weight_decay is -0.01"});
    refused(Ftrl<>{.learning_rate = 0.0f}, {"ftrl", "learning_rate is 0", "above 0"});
    refused(Ftrl<>{.l1 = -1.0f}, {"l1 is -1"});
    refused(Ftrl<>{.l2 = NAN}, {"l2 is"});
    refused(Ftrl<>{.beta = -1.0f}, {"beta is -1"});
    // Adaptors ask what they are of, too.
    refused(WeightDecay<Sgd, Decay::coupled>{{.learning_rate = 0.1f}, -0.1f}, {"weight_decay is -0.1"});
    refused(ClipRowNorm<Sgd>{{.learning_rate = 0.1f}, 0.0f}, {"max_norm is 0", "above 0"});
    refused(ClipRowNorm<AdamW<>>{{{.beta1 = 3.0f}, 0.1f}, 1.0f}, {"adam", "beta1 is 3"});
    usual.check();
}

TEST_CASE("an embedding refuses hyperparameters before anything changes", "[optimizer][errors]") {
    Clipped wrong = usual;
    wrong.beta2 = 1.0f;
    refused_call([&] { Embedding({.table_rows = {10}, .optimizer = wrong}); }, {"beta2 is 1"});
    refused_call([&] { (void)Embedding::footprint({.table_rows = {10}, .optimizer = wrong}); }, {"beta2 is 1"});

    Embedding embedding({.table_rows = {10}, .cache_sets = 2, .optimizer = usual, .threads = 1});
    Embedding untouched({.table_rows = {10}, .cache_sets = 2, .optimizer = usual, .threads = 1});
    train(embedding, 2);
    train(untouched, 2);
    refused_call([&] { embedding.set_optimizer(wrong); }, {"beta2 is 1"});
    for (const float rate : {-0.5f, NAN, INFINITY}) {
        refused_call([&] { embedding.set_learning_rate(rate); }, {"learning_rate is"});
        refused_call([&] { embedding.set_learning_rate_from(&rate); }, {"set_learning_rate_from", "the rate is", "the old one was kept"});
        REQUIRE(embedding.optimizer().learning_rate == 0.25f);
        REQUIRE(embedding.options().optimizer.learning_rate == 0.25f);
    }
    embedding.check();  // nothing is left to report
    train(embedding, 2);
    train(untouched, 2);
    REQUIRE(rows_of(embedding) == rows_of(untouched));
}

TEST_CASE("a learning rate holds from the next backward on, however it was set", "[optimizer]") {
    const auto after = [](const std::function<void(Embedding&, float)>& set) {
        Embedding embedding({.table_rows = {10}, .cache_sets = 2, .optimizer = usual, .threads = 1});
        for (const float rate : {0.5f, 0.0f, 0.125f}) {
            set(embedding, rate);
            train(embedding, 2);
            REQUIRE(embedding.optimizer().learning_rate == rate);
            REQUIRE(embedding.optimizer().max_norm == 2.0f);
        }
        return rows_of(embedding);
    };
    const std::vector<float> expected = after([](Embedding& embedding, float rate) {
        Clipped next = usual;
        next.learning_rate = rate;
        embedding.set_optimizer(next);
    });
    CHECK(after([](Embedding& embedding, float rate) { embedding.set_learning_rate(rate); }) == expected);
    CHECK(after([](Embedding& embedding, float rate) { embedding.set_learning_rate_from(&rate); }) == expected);
    CHECK(after([](Embedding& embedding, float rate) { embedding.optimizer_data()->learning_rate = rate; }) == expected);
    CHECK(after([](Embedding& embedding, float rate) { embedding.view().state->optimizer.learning_rate = rate; }) == expected);
    // A rate of 0 moves nothing; the other two do.
    Embedding embedding({.table_rows = {10}, .cache_sets = 2, .optimizer = usual, .threads = 1});
    const std::vector<float> first = rows_of(embedding);
    embedding.set_learning_rate(0.0f);
    train(embedding, 3);
    CHECK(rows_of(embedding) == first);
    embedding.set_learning_rate(0.5f);
    train(embedding, 1);
    CHECK(rows_of(embedding) != first);
}
