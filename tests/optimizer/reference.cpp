// SPDX-License-Identifier: Apache-2.0
// Every optimizer against its published formula in float64, over sparse steps with duplicated indices, with and without a cache. Rows are FP32, so that
// what differs is the rounding of single steps.
#include "support/catch.hpp"
#include "support/random_batch.hpp"

#include <hotrow/hotrow.hpp>

#include <cmath>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

using namespace hotrow;
using namespace hotrow::test;

namespace {

constexpr int dim = 10;
constexpr std::int64_t rows = 40;
using Doubles = std::vector<double>;

/// A row as the reference keeps it.
struct Row {
    Doubles w, a = Doubles(dim), b = Doubles(dim);  ///< weights, and two states an element
    double scalar = 0;
    int visits = 0;
};

/// One step of a row from its formula: the summed gradient, and t for bias corrections by steps.
using Formula = std::function<void(Row& row, const Doubles& gradient, int step)>;

double mean_of_squares(const Doubles& values) {
    double sum = 0;
    for (const double x : values) sum += x * x;
    return sum / static_cast<double>(values.size());
}
double norm(const Doubles& values) { return std::sqrt(mean_of_squares(values) * static_cast<double>(values.size())); }

/// Largest difference of any element after `steps` steps, over the largest element.
template <class O>
double difference(const O& optimizer, double initial_a, double initial_b, double initial_scalar, double cache_fraction, const Formula& formula) {
    using Embedding = CachedEmbedding<dim, RowFormat<Fp32, Cast>, Cache<SetAssociative<4>, Lru>, O, Host>;
    Embedding embedding({.table_rows = {rows}, .cache_fraction = cache_fraction, .seed = 5, .optimizer = optimizer, .initial_range = 0.5f, .threads = 1});
    std::vector<float> start(rows * dim);
    embedding.read_rows(0, 0, start);
    std::vector<Row> reference(rows);
    for (std::size_t r = 0; r < rows; ++r) {
        reference[r].w.assign(start.begin() + static_cast<std::ptrdiff_t>(r * dim), start.begin() + static_cast<std::ptrdiff_t>((r + 1) * dim));
        reference[r].a.assign(dim, initial_a);
        reference[r].b.assign(dim, initial_b);
        reference[r].scalar = initial_scalar;
    }
    RandomNumbers random(17);
    for (int step = 1; step <= 60; ++step) {
        std::vector<std::int32_t> indices, offsets{0};
        for (int bag = 0; bag < 12; ++bag) {
            const std::uint64_t length = random.below(4);
            for (std::uint64_t i = 0; i < length; ++i) indices.push_back(static_cast<std::int32_t>(random.skewed(rows)));
            offsets.push_back(static_cast<std::int32_t>(indices.size()));
        }
        std::vector<float> output(12 * dim), gradient(12 * dim);
        for (float& g : gradient) g = random.fine();
        const Batch<std::int32_t> batch{.indices = indices, .offsets = offsets, .batch_size = 12};
        const auto plan = embedding.forward(batch, std::span<float>(output));
        embedding.backward(plan, std::span<const float>(gradient));
        std::map<std::int32_t, Doubles> sums;
        for (std::size_t bag = 0; bag < 12; ++bag) {
            for (std::int32_t i = offsets[bag]; i < offsets[bag + 1]; ++i) {
                Doubles& sum = sums.try_emplace(indices[static_cast<std::size_t>(i)], dim).first->second;
                for (std::size_t e = 0; e < dim; ++e) sum[e] += static_cast<double>(gradient[bag * dim + e]);
            }
        }
        for (const auto& [index, sum] : sums) {
            Row& row = reference[static_cast<std::size_t>(index)];
            ++row.visits;
            formula(row, sum, step);
        }
    }
    REQUIRE(embedding.statistics().rejected_updates == 0);
    if (cache_fraction > 0) REQUIRE(embedding.statistics().write_backs > 0);
    std::vector<float> end(rows * dim);
    embedding.read_rows(0, 0, end);
    double worst = 0, largest = 0, moved = 0;
    for (std::size_t i = 0; i < end.size(); ++i) {
        const double expected = reference[i / dim].w[i % dim];
        worst = std::max(worst, std::fabs(static_cast<double>(end[i]) - expected));
        largest = std::max(largest, std::fabs(expected));
        moved = std::max(moved, std::fabs(expected - static_cast<double>(start[i])));
    }
    REQUIRE(moved > 0.05);
    return worst / largest;
}

/// Calls `f(element)` for all elements.
template <class F>
void each(F&& f) {
    for (std::size_t e = 0; e < dim; ++e) f(e);
}

double d(float x) { return static_cast<double>(x); }

template <class O>
void check(const O& optimizer, double initial_a, double initial_b, double initial_scalar, const Formula& formula) {
    for (const double share : {0.0, 0.3}) {
        INFO(O::name << ", share of lines " << share);
        CHECK(difference(optimizer, initial_a, initial_b, initial_scalar, share, formula) < 3e-6);
    }
}

template <class O>
Formula adam_of(const O& o, bool by_visit) {
    return [=](Row& row, const Doubles& g, int step) {
        const int t = by_visit ? row.visits : step;
        each([&](std::size_t e) {
            row.a[e] = d(o.beta1) * row.a[e] + (1 - d(o.beta1)) * g[e];
            row.b[e] = d(o.beta2) * row.b[e] + (1 - d(o.beta2)) * g[e] * g[e];
            const double first = row.a[e] / (1 - std::pow(d(o.beta1), t)), second = row.b[e] / (1 - std::pow(d(o.beta2), t));
            row.w[e] -= d(o.learning_rate) * first / (std::sqrt(second) + d(o.epsilon));
        });
    };
}

}  // namespace

TEST_CASE("Sgd and momentum follow their formulas", "[optimizer]") {
    const Sgd sgd{.learning_rate = 0.1f};
    check(sgd, 0, 0, 0, [&](Row& row, const Doubles& g, int) { each([&](std::size_t e) { row.w[e] -= d(sgd.learning_rate) * g[e]; }); });
    const Momentum<> momentum{.learning_rate = 0.05f, .momentum = 0.8f};
    check(momentum, 0, 0, 0, [&](Row& row, const Doubles& g, int) {
        each([&](std::size_t e) {
            row.a[e] = d(momentum.momentum) * row.a[e] + g[e];
            row.w[e] -= d(momentum.learning_rate) * row.a[e];
        });
    });
}

TEST_CASE("weights decay, coupled and decoupled", "[optimizer]") {
    const WeightDecay<Sgd, Decay::coupled> coupled{{.learning_rate = 0.1f}, 0.05f};
    check(coupled, 0, 0, 0, [&](Row& row, const Doubles& g, int) {
        each([&](std::size_t e) { row.w[e] -= d(coupled.learning_rate) * (g[e] + d(coupled.weight_decay) * row.w[e]); });
    });
    const WeightDecay<Momentum<>, Decay::decoupled> decoupled{{.learning_rate = 0.1f, .momentum = 0.5f}, 0.05f};
    check(decoupled, 0, 0, 0, [&](Row& row, const Doubles& g, int) {
        each([&](std::size_t e) {
            row.w[e] *= 1 - d(decoupled.learning_rate) * d(decoupled.weight_decay);
            row.a[e] = d(decoupled.momentum) * row.a[e] + g[e];
            row.w[e] -= d(decoupled.learning_rate) * row.a[e];
        });
    });
}

TEST_CASE("gradients are clipped by the norm of their row", "[optimizer]") {
    const ClipRowNorm<Sgd> clipped{{.learning_rate = 0.1f}, 2.5f};
    int scaled = 0, whole = 0;
    check(clipped, 0, 0, 0, [&](Row& row, const Doubles& g, int) {
        const double length = norm(g), scale = length > d(clipped.max_norm) ? d(clipped.max_norm) / length : 1.0;
        ++(scale < 1.0 ? scaled : whole);
        each([&](std::size_t e) { row.w[e] -= d(clipped.learning_rate) * scale * g[e]; });
    });
    REQUIRE(scaled > 0);
    REQUIRE(whole > 0);
}

TEST_CASE("adaptors act from the outside in", "[optimizer]") {
    int scaled = 0;
    const auto clip = [&](Doubles g, double most) {
        const double length = norm(g);
        if (length > most) {
            ++scaled;
            for (double& x : g) x *= most / length;
        }
        return g;
    };
    const ClipRowNorm<WeightDecay<Sgd, Decay::coupled>> clips_first{{{.learning_rate = 0.1f}, 0.5f}, 1.5f};
    check(clips_first, 0, 0, 0, [&](Row& row, const Doubles& g, int) {
        const Doubles clipped = clip(g, d(clips_first.max_norm));
        each([&](std::size_t e) { row.w[e] -= d(clips_first.learning_rate) * (clipped[e] + d(clips_first.weight_decay) * row.w[e]); });
    });
    const WeightDecay<ClipRowNorm<Sgd>, Decay::coupled> decays_first{{{.learning_rate = 0.1f}, 1.5f}, 0.5f};
    check(decays_first, 0, 0, 0, [&](Row& row, const Doubles& g, int) {
        Doubles sum = g;
        each([&](std::size_t e) { sum[e] += d(decays_first.weight_decay) * row.w[e]; });
        sum = clip(sum, d(decays_first.max_norm));
        each([&](std::size_t e) { row.w[e] -= d(decays_first.learning_rate) * sum[e]; });
    });
    REQUIRE(scaled > 100);
}

TEST_CASE("Adagrad and row-wise Adagrad follow their formulas", "[optimizer]") {
    const Adagrad<> adagrad{.learning_rate = 0.1f, .epsilon = 1e-6f, .initial_accumulator = 0.1f};
    check(adagrad, 0.1, 0, 0, [&](Row& row, const Doubles& g, int) {
        each([&](std::size_t e) {
            row.a[e] += g[e] * g[e];
            row.w[e] -= d(adagrad.learning_rate) * g[e] / (std::sqrt(row.a[e]) + d(adagrad.epsilon));
        });
    });
    const RowwiseAdagrad rowwise{.learning_rate = 0.1f, .epsilon = 1e-6f, .initial_accumulator = 0.1f};
    check(rowwise, 0, 0, 0.1, [&](Row& row, const Doubles& g, int) {
        row.scalar += mean_of_squares(g);
        each([&](std::size_t e) { row.w[e] -= d(rowwise.learning_rate) * g[e] / (std::sqrt(row.scalar) + d(rowwise.epsilon)); });
    });
}

TEST_CASE("Adam and AdamW follow their formulas, corrected by steps and by visits", "[optimizer]") {
    const Adam<> by_step{.learning_rate = 0.01f};
    check(by_step, 0, 0, 0, adam_of(by_step, false));
    const Adam<Fp32State, Fp32State, CorrectBy::visit> by_visit{.learning_rate = 0.01f};
    check(by_visit, 0, 0, 0, adam_of(by_visit, true));
    const AdamW<> adamw{{.learning_rate = 0.02f, .beta1 = 0.8f, .beta2 = 0.95f}, 0.1f};
    const Formula adam = adam_of(adamw, false);
    check(adamw, 0, 0, 0, [&](Row& row, const Doubles& g, int step) {
        each([&](std::size_t e) { row.w[e] *= 1 - d(adamw.learning_rate) * d(adamw.weight_decay); });
        adam(row, g, step);
    });
}

TEST_CASE("row-wise Adam follows its formula", "[optimizer]") {
    const auto formula = [](const auto& o, bool by_visit) {
        return [=](Row& row, const Doubles& g, int step) {
            const int t = by_visit ? row.visits : step;
            row.scalar = d(o.beta2) * row.scalar + (1 - d(o.beta2)) * mean_of_squares(g);
            const double second = row.scalar / (1 - std::pow(d(o.beta2), t));
            each([&](std::size_t e) {
                row.a[e] = d(o.beta1) * row.a[e] + (1 - d(o.beta1)) * g[e];
                row.w[e] -= d(o.learning_rate) * row.a[e] / (1 - std::pow(d(o.beta1), t)) / (std::sqrt(second) + d(o.epsilon));
            });
        };
    };
    const RowwiseAdam<> by_step{.learning_rate = 0.01f};
    check(by_step, 0, 0, 0, formula(by_step, false));
    const RowwiseAdam<Fp32State, Fp32State, CorrectBy::visit> by_visit{.learning_rate = 0.01f};
    check(by_visit, 0, 0, 0, formula(by_visit, true));
}

TEST_CASE("LAMB follows its formula", "[optimizer]") {
    const Lamb<> lamb{.learning_rate = 0.02f, .weight_decay = 0.1f};
    check(lamb, 0, 0, 0, [&](Row& row, const Doubles& g, int t) {
        Doubles direction(dim);
        each([&](std::size_t e) {
            row.a[e] = d(lamb.beta1) * row.a[e] + (1 - d(lamb.beta1)) * g[e];
            row.b[e] = d(lamb.beta2) * row.b[e] + (1 - d(lamb.beta2)) * g[e] * g[e];
            const double first = row.a[e] / (1 - std::pow(d(lamb.beta1), t)), second = row.b[e] / (1 - std::pow(d(lamb.beta2), t));
            direction[e] = first / (std::sqrt(second) + d(lamb.epsilon)) + d(lamb.weight_decay) * row.w[e];
        });
        const double trust = norm(row.w) / norm(direction);
        each([&](std::size_t e) { row.w[e] -= d(lamb.learning_rate) * trust * direction[e]; });
    });
}

TEST_CASE("FTRL-proximal follows its formula", "[optimizer]") {
    const Ftrl<> ftrl{.learning_rate = 0.2f, .beta = 0.5f, .l1 = 0.1f, .l2 = 0.3f, .initial_accumulator = 0.1f};
    int zeros = 0;
    check(ftrl, 0, 0.1, 0, [&](Row& row, const Doubles& g, int) {
        each([&](std::size_t e) {
            const double alpha = d(ftrl.learning_rate), before = std::sqrt(row.b[e]);
            row.b[e] += g[e] * g[e];
            row.a[e] += g[e] - (std::sqrt(row.b[e]) - before) / alpha * row.w[e];
            const double z = row.a[e], l1 = d(ftrl.l1);
            row.w[e] = std::fabs(z) <= l1 ? 0.0 : -(z - (z < 0 ? -l1 : l1)) / ((d(ftrl.beta) + std::sqrt(row.b[e])) / alpha + d(ftrl.l2));
            zeros += row.w[e] == 0.0 ? 1 : 0;
        });
    });
    REQUIRE(zeros > 10);
}
