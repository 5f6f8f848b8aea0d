// SPDX-License-Identifier: Apache-2.0
// Of another version, as in a library that was built with a later release.
#include <hotrow/config.hpp>
#undef HOTROW_VERSION_PATCH
#define HOTROW_VERSION_PATCH 99
#define UNIT 2
#include "unit.hpp"

void write_marks_of_next_version(std::uint32_t* marks, std::uint32_t count) { hotrow::Cuda().for_each<1>(cudaStreamPerThread, count, WriteMark{marks}); }
