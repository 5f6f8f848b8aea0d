// SPDX-License-Identifier: Apache-2.0
#include "train.hpp"

float train_elsewhere(Embedding& embedding) { return train(embedding); }
