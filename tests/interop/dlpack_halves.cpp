// SPDX-License-Identifier: Apache-2.0
// Tensors of CUDA's halves. Their types need the toolkit's headers, and no device.
#include "support/catch.hpp"

#include <hotrow/error.hpp>
#include <hotrow/interop/dlpack.cuh>

#include <array>
#include <cstdint>

using namespace hotrow;

namespace {

constexpr DLDevice cpu{kDLCPU, 0};

template <class Half, class Other>
void check(std::uint8_t code) {
    std::array<Half, 6> values{};
    DLManagedTensor* const tensor = dlpack::tensor_of(values.data(), {2, 3}, cpu);
    const DLDataType type = tensor->dl_tensor.dtype;
    CHECK((type.code == code && type.bits == 16 && type.lanes == 1));
    CHECK(dlpack::span_of<Half>(tensor->dl_tensor, cpu).data() == values.data());
    CHECK(dlpack::span_of<const Half>(tensor->dl_tensor, cpu).size() == 6);
    CHECK_THROWS_AS(dlpack::span_of<Other>(tensor->dl_tensor, cpu), ShapeError);
    tensor->deleter(tensor);
}

}  // namespace

TEST_CASE("Tensors of CUDA's halves are those of hotrow's, and not each other's", "[interop]") {
    check<__half, __nv_bfloat16>(kDLFloat);
    check<__nv_bfloat16, __half>(kDLBfloat);
    check<Float16, BFloat16>(kDLFloat);
    check<BFloat16, Float16>(kDLBfloat);
    CHECK(dlpack::data_type<const std::int64_t>().code == kDLInt);
    CHECK(dlpack::data_type<std::uint8_t>().code == kDLUInt);
    CHECK(dlpack::data_type<double>().bits == 64);
}
