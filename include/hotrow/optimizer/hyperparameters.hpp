// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../error.hpp"
#include "../execution/arithmetic.hpp"

#include <charconv>
#include <string>

/// What optimizers accept, checked on the host before anything changes. Messages name the value, the limit and the remedy.
namespace hotrow::detail {

[[noreturn]] inline void refuse_hyperparameter(const char* of, const char* what, float value, const char* remedy) {
    char digits[32];
    const std::string number(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);  // as many as tell it apart
    throw OptionError(std::string("hotrow: ") + of + ": " + what + " is " + number + "; give " + remedy);
}

inline void require_not_negative(const char* of, const char* what, float value) {
    if (!(value >= 0.0f && arithmetic::is_finite(value))) refuse_hyperparameter(of, what, value, "a finite number of at least 0");
}

inline void require_positive(const char* of, const char* what, float value) {
    if (!(value > 0.0f && arithmetic::is_finite(value))) refuse_hyperparameter(of, what, value, "a finite number above 0");
}

/// The factor of a running mean.
inline void require_decay(const char* of, const char* what, float value) {
    if (!(value >= 0.0f && value < 1.0f)) refuse_hyperparameter(of, what, value, "a number of at least 0 and below 1");
}

template <class O>
concept HasLearningRate = requires(O& optimizer, float rate) { optimizer.learning_rate = rate; };

/// Throws `OptionError` for what an optimizer says of its own hyperparameters; one without `check()` takes all.
template <class O>
void check_hyperparameters(const O& optimizer) {
    if constexpr (requires { optimizer.check(); }) optimizer.check();
}

}  // namespace hotrow::detail
