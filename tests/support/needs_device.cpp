// SPDX-License-Identifier: Apache-2.0
#include "support/device.hpp"
#include "support/needs.hpp"

std::string hotrow::test::what_is_missing() { return why_no_device(); }
