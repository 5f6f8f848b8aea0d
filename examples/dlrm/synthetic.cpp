// SPDX-License-Identifier: Apache-2.0
#include "synthetic.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "examples/support/random.hpp"

namespace dlrm {
namespace {

using examples::mix;
using examples::to_normal;
using examples::to_uniform;

// How many different ids each field can have: the orders of magnitude of Criteo's fields.
constexpr std::array<double, categorical_fields> cardinalities = {1.5e3, 600, 8e6, 2e6, 300, 24,  1.2e4, 600, 3,  9e4, 6e3, 7e6, 3e3,
                                                                  27,    1e4, 5e6, 10,  5e3, 2e3, 4,     6e6, 18, 15,  3e5, 100, 1.4e5};

constexpr double bias = -1.75;              // about one click in four
constexpr double id_effect = 0.28;          // spread of what one id adds to the log odds
constexpr double dense_effect = 0.16;       // of one unit of a dense feature
constexpr double interaction_effect = 0.4;  // of one pair of fields
constexpr int interactions = 12;

// What a random number is for; part of its name, next to the seed and the sample or the field.
enum Purpose : std::uint64_t { for_id = 1, for_missing, for_count, for_click, for_id_effect, for_id_sign, for_dense_effect };

// Ids with P(id) nearly proportional to 1 / (id + 1), that is, Zipf's law.
std::uint64_t zipf(double cardinality, double uniform) {
    auto const id = static_cast<std::uint64_t>(std::pow(cardinality + 1.0, uniform)) - 1;
    return std::min(id, static_cast<std::uint64_t>(cardinality) - 1);
}

// Effects belong to the world (the seed) and to the id, not to the sample.
double effect_of(std::uint64_t seed, int field, Key key) { return id_effect * to_normal(mix(mix(seed, for_id_effect, field), key)); }

// Which of two kinds the id is of; two fields interact by whether their kinds agree.
double sign_of(std::uint64_t seed, int field, Key key) { return mix(mix(seed, for_id_sign, field), key) & 1 ? 1.0 : -1.0; }

}  // namespace

bool SyntheticStream::next(Sample& sample) {
    if (position_ == samples_) return false;
    auto const sample_seed = mix(seed_, 0x5a3b1e, static_cast<std::uint64_t>(position_++));
    double log_odds = bias;

    for (int field = 0; field < dense_fields; ++field) {
        bool const missing = to_uniform(mix(sample_seed, for_missing, field)) < 0.02 * field;
        double const spread = 0.8 + 0.15 * field;
        double const count = std::floor(std::exp(spread * to_normal(mix(sample_seed, for_count, field)) + 0.5 * spread));
        sample.dense[field] = missing ? 0.0f : std::log1p(static_cast<float>(count));
        log_odds += dense_effect * to_normal(mix(seed_, for_dense_effect, field)) * (sample.dense[field] - 1.0);
    }
    for (int field = 0; field < categorical_fields; ++field) {
        auto const id = zipf(cardinalities[field], to_uniform(mix(sample_seed, for_id, field)));
        bool const missing = field % 3 == 2 && to_uniform(mix(sample_seed, for_missing, dense_fields + field)) < 0.1;
        sample.keys[field] = missing ? missing_key : id + 1;
        log_odds += effect_of(seed_, field, sample.keys[field]);
    }
    for (int pair = 0; pair < interactions; ++pair) {
        int const first = pair * 2, second = (pair * 2 + 5) % categorical_fields;
        log_odds += interaction_effect / std::sqrt(interactions) * sign_of(seed_, first, sample.keys[first]) * sign_of(seed_, second, sample.keys[second]);
    }
    double const probability = 1.0 / (1.0 + std::exp(-log_odds));
    sample.label = to_uniform(mix(sample_seed, for_click)) < probability ? 1.0f : 0.0f;
    return true;
}

}  // namespace dlrm
