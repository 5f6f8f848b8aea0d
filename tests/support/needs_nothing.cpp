// SPDX-License-Identifier: Apache-2.0
#include "support/needs.hpp"

std::string hotrow::test::what_is_missing() { return {}; }
