// SPDX-License-Identifier: Apache-2.0
// States in narrow formats: stochastic rounding follows the formula on average where rounding to nearest stands still, and training ends where it ends with FP32.
#include "support/catch.hpp"
#include "support/random_batch.hpp"

#include <hotrow/hotrow.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

using namespace hotrow;
using namespace hotrow::test;

namespace {

constexpr int dim = 64;
constexpr std::int64_t rows = 64;

template <class Optimizer>
class States {
public:
    explicit States(const Optimizer& optimizer) : embedding_({.table_rows = {rows}, .cache_fraction = 0.25, .seed = 11, .optimizer = optimizer, .threads = 1}) {
        for (std::int32_t i = 0; i < rows; ++i) indices_.push_back(i);
    }

    /// Steps that give each element of all rows this gradient.
    void train(int steps, float gradient) {
        const std::vector<std::int32_t> offsets{0, static_cast<std::int32_t>(rows)};
        const std::vector<float> gradients(static_cast<std::size_t>(rows * dim), gradient);
        for (int i = 0; i < steps; ++i) {
            const Batch<std::int32_t> batch{.indices = indices_, .offsets = offsets, .batch_size = 1, .pooling = Pooling::none};
            embedding_.backward(embedding_.plan(batch), std::span<const float>(gradients));
        }
        REQUIRE(embedding_.statistics().rejected_updates == 0);
    }

    /// Of all elements of all rows, one state.
    template <int K>
    std::vector<double> elements() const {
        using Elements = typename Optimizer::Elements;
        std::vector<double> all;
        for (std::uint64_t row = 0; row < rows; ++row) {
            float values[dim];
            Elements::template Format<K>::template decode<dim>(
                SingleLane{}, embedding_.view().of_row(row).elements + Elements::template Layout<dim>::template offset<K>, values);
            all.insert(all.end(), values, values + dim);
        }
        return all;
    }

private:
    CachedEmbedding<dim, RowFormat<Int8, RowAffine<Fp16>, Stochastic<>>, Cache<SetAssociative<4>, Lru>, Optimizer, Host> embedding_;
    std::vector<std::int32_t> indices_;
};

/// Mean and the standard error of it.
struct Mean {
    double value = 0, error = 0;
    explicit Mean(const std::vector<double>& values) {
        const double n = static_cast<double>(values.size());
        for (const double x : values) value += x / n;
        double squares = 0;
        for (const double x : values) squares += (x - value) * (x - value);
        error = std::sqrt(squares / (n - 1) / n);
    }
};

/// The mean is `expected` within five standard errors, which are a small part of it; that an unbiased mean is not is one chance in a million.
void follows(const std::vector<double>& values, double expected) {
    const Mean mean(values);
    INFO("mean " << mean.value << ", standard error " << mean.error << ", expected " << expected);
    CHECK(std::fabs(mean.value - expected) < 5 * mean.error + 1e-4 * expected);  // FP32 itself rounds
    CHECK(mean.error < 0.01 * expected);
}

void stands_still(const std::vector<double>& values, double at) {
    for (const double x : values) REQUIRE(x == at);
}

using Bf16Nearest = RowFormat<Bf16, Cast, NearestEven>;
using Fp16Nearest = RowFormat<Fp16, Cast, NearestEven>;

/// From 1 on, by less than half of what the format can add to 1.
template <class Format>
std::vector<double> accumulated(int steps, float gradient) {
    States<Adagrad<Format>> states(Adagrad<Format>{.initial_accumulator = 1.0f});
    states.train(steps, gradient);
    return states.template elements<0>();
}

/// A second moment that is left alone after one gradient of 1.
template <class Format>
std::vector<double> decayed(int steps, float beta2) {
    using Optimizer = Adam<Fp32State, Format>;
    States<Optimizer> states(Optimizer{.beta2 = beta2});
    states.train(1, 1.0f);
    states.train(steps, 0.0f);
    return states.template elements<1>();
}

}  // namespace

TEST_CASE("accumulators in 16 bits grow if they are rounded stochastically", "[optimizer]") {
    follows(accumulated<Bf16State>(300, 0x1p-5f), 1.0 + 300 * 0x1p-10);
    stands_still(accumulated<Bf16Nearest>(300, 0x1p-5f), 1.0);
    follows(accumulated<Fp16State>(300, 0x1p-6f), 1.0 + 300 * 0x1p-12);
    stands_still(accumulated<Fp16Nearest>(300, 0x1p-6f), 1.0);
}

TEST_CASE("means of squares in 16 and 8 bits decay if they are rounded stochastically", "[optimizer]") {
    const double once = static_cast<double>(1.0f - 0.999f), left = once * std::pow(static_cast<double>(0.999f), 700);
    follows(decayed<Fp32State>(700, 0.999f), left);
    follows(decayed<Bf16State>(700, 0.999f), left);
    follows(decayed<Fp8SquaresState>(700, 0.999f), left);
    const std::vector<double> nearest = decayed<Bf16Nearest>(700, 0.999f);
    stands_still(nearest, nearest[0]);
    CHECK(std::fabs(nearest[0] - once) < 0.002 * once);
    // Three more bits: a slower mean.
    const double slow = static_cast<double>(1.0f - 0.9999f);
    follows(decayed<Fp16State>(2000, 0.9999f), slow * std::pow(static_cast<double>(0.9999f), 2000));
    const std::vector<double> slow_nearest = decayed<Fp16Nearest>(2000, 0.9999f);
    stands_still(slow_nearest, slow_nearest[0]);
    CHECK(std::fabs(slow_nearest[0] - slow) < 0.0005 * slow);
}

namespace {

/// Half the mean squared error at the end of a linear regression on sums of rows that were planted: least squares, so convex. What no training takes away is the
/// noise of the targets, 0.5 * 0.1^2.
template <class Optimizer>
double loss_of(const Optimizer& optimizer, int steps = 1500) {
    constexpr int width = 32;
    constexpr std::size_t bags = 64, known = 200;
    using Embedding = CachedEmbedding<width, RowFormat<Fp32, Cast>, Cache<SetAssociative<4>, Lru>, Optimizer, Host>;
    Embedding embedding({.table_rows = {known}, .cache_fraction = 0.1, .seed = 3, .optimizer = optimizer, .initial_range = 0.1f, .threads = 1});
    RandomNumbers random(7);
    std::vector<float> planted(known * width);
    // Columns of very different size, as gradients have.
    for (std::size_t i = 0; i < planted.size(); ++i) planted[i] = random.fine();
    double total = 0;
    const int last = steps / 5;
    for (int step = 0; step < steps; ++step) {
        if (step == steps * 3 / 5) embedding.set_learning_rate(optimizer.learning_rate * 0.1f);
        std::vector<std::int32_t> indices, offsets{0};
        for (std::size_t bag = 0; bag < bags; ++bag) {
            for (std::uint64_t n = 1 + random.below(3); n > 0; --n) indices.push_back(static_cast<std::int32_t>(random.skewed(known)));
            offsets.push_back(static_cast<std::int32_t>(indices.size()));
        }
        std::vector<float> output(bags * width), gradient(bags * width);
        const auto plan = embedding.forward(Batch<std::int32_t>{.indices = indices, .offsets = offsets, .batch_size = bags}, std::span<float>(output));
        double loss = 0;
        for (std::size_t bag = 0; bag < bags; ++bag) {
            for (std::size_t e = 0; e < width; ++e) {
                float target = 0.17320508f * random.fine();  // uniform, of standard deviation 0.1
                for (std::int32_t i = offsets[bag]; i < offsets[bag + 1]; ++i)
                    target += planted[static_cast<std::size_t>(indices[static_cast<std::size_t>(i)]) * width + e];
                const float error = output[bag * width + e] - target;
                gradient[bag * width + e] = error / static_cast<float>(bags);
                loss += 0.5 * static_cast<double>(error) * static_cast<double>(error) / (bags * width);
            }
        }
        embedding.backward(plan, std::span<const float>(gradient));
        if (step >= steps - last) total += loss / last;
    }
    REQUIRE(embedding.statistics().rejected_updates == 0);
    return total;
}

}  // namespace

TEST_CASE("training with narrow states ends where it ends with FP32", "[optimizer]") {
    using Int8State = RowFormat<Int8, BlockAffine<32, Bf16>, Stochastic<>>;
    const auto adam = [](auto optimizer) {
        optimizer.learning_rate = 0.02f;
        return loss_of(optimizer);
    };
    const double exact = adam(Adam<>{});
    CHECK(exact < 0.0052);  // the noise of the targets is 0.005
    CHECK(adam(Adam<Bf16State>{}) < 1.02 * exact);
    CHECK(adam(Adam<Fp8State, Fp8SquaresState>{}) < 1.02 * exact);
    CHECK(adam(Adam<Int8State>{}) < 1.02 * exact);
    // Squares of small gradients are below what FP16 can hold.
    CHECK(adam(Adam<Fp32State, Fp16State>{}) > 1.2 * exact);

    const auto faster = [](auto optimizer) {
        optimizer.learning_rate = 0.3f;
        return loss_of(optimizer);
    };
    CHECK(faster(Adagrad<Bf16State>{}) < 1.02 * faster(Adagrad<>{}));
    CHECK(faster(Adagrad<Fp8SquaresState>{}) < 1.02 * faster(Adagrad<>{}));
    CHECK(faster(Momentum<Fp16State>{}) < 1.02 * faster(Momentum<>{}));
    CHECK(faster(Momentum<Fp8State>{}) < 1.02 * faster(Momentum<>{}));
}
