// SPDX-License-Identifier: Apache-2.0
// What nearly every test of the host includes, precompiled (HotrowTest.cmake). Tests include what they need all the same.
#pragma once

#include "support/catch.hpp"

#include <hotrow/hotrow.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <span>
#include <string>
#include <thread>
#include <tuple>
#include <vector>
