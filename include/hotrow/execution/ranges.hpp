// SPDX-License-Identifier: Apache-2.0
#pragma once

#if defined(HOTROW_NVTX)
#include <nvtx3/nvtx3.hpp>
#endif

namespace hotrow::detail {

#if defined(HOTROW_NVTX)
struct ProfilerDomain {
    static constexpr const char* name = "hotrow";
};
/// Shows a call of the host as a range named `name` in profilers that know NVTX, in the domain "hotrow". Only where HOTROW_NVTX is defined.
class Range {
public:
    explicit Range(const char* name) : range_(name) {}

private:
    nvtx3::scoped_range_in<ProfilerDomain> range_;
};
#else
struct Range {
    explicit Range(const char*) {}
};
#endif

}  // namespace hotrow::detail
