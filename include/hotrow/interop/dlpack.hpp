// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../batch/batch.hpp"
#include "../error.hpp"
#include "../storage/small_float.hpp"

#if !__has_include(<dlpack/dlpack.h>)
#error "hotrow/interop/dlpack.hpp needs DLPack's header, <dlpack/dlpack.h>: install it (Debian: libdlpack-dev), or put its folder on the include path"
#endif
#include <dlpack/dlpack.h>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

/// Tensors of other libraries (PyTorch, NumPy, JAX, ...) as what hotrow takes, and hotrow's memory as tensors of theirs, by DLPack and without copies.
namespace hotrow::dlpack {

namespace detail {

template <std::uint8_t Code>
struct DataTypeOfHalf {
    static constexpr DLDataType value{Code, 16, 1};
};

}  // namespace detail

/// DLPack's type of a scalar without `const`: of float, double, `Float16`, `BFloat16` and integers. interop/dlpack.cuh has CUDA's halves; specialise it for scalars of your own.
template <class Scalar>
struct DataType {
    static_assert(std::is_arithmetic_v<Scalar> && !std::is_same_v<Scalar, bool> && sizeof(Scalar) <= 8,
                  "dlpack: scalars are float, double, Float16, BFloat16 or integers; include hotrow/interop/dlpack.cuh for __half, or specialise DataType");
    /// Kind, bits and lanes.
    static constexpr DLDataType value{std::is_floating_point_v<Scalar> ? kDLFloat : std::is_signed_v<Scalar> ? kDLInt : kDLUInt, 8 * sizeof(Scalar), 1};
};
/// FP16.
template <>
struct DataType<Float16> : detail::DataTypeOfHalf<kDLFloat> {};
/// BF16.
template <>
struct DataType<BFloat16> : detail::DataTypeOfHalf<kDLBfloat> {};

/// The same of a scalar that may be `const`.
template <class T>
constexpr DLDataType data_type() {
    return DataType<std::remove_cv_t<T>>::value;
}

namespace detail {

inline std::string text_of(DLDataType type) {
    const char* const kind = type.code == kDLInt      ? "int"
                             : type.code == kDLUInt   ? "uint"
                             : type.code == kDLFloat  ? "float"
                             : type.code == kDLBfloat ? "bfloat"
                                                      : "type";
    return kind + std::to_string(type.bits) + (type.lanes > 1 ? "x" + std::to_string(type.lanes) : "");
}
inline std::string text_of(DLDevice device) {
    return (device.device_type == kDLCPU    ? "cpu"
            : device.device_type == kDLCUDA ? "cuda"
                                            : "device type " + std::to_string(device.device_type)) +
           ":" + std::to_string(device.device_id);
}

}  // namespace detail

/// The elements of a tensor as one span, in row-major order. Throws `ShapeError`, naming `what`, for another type, another device, or strides with gaps. The memory is the
/// tensor's, which must outlive the span.
template <class T>
std::span<T> span_of(const DLTensor& tensor, DLDevice device, const char* what = "the tensor") {
    const auto refuse = [&](const std::string& why) { throw ShapeError("hotrow: " + std::string(what) + " " + why); };
    constexpr DLDataType wanted = data_type<T>();
    if (tensor.dtype.code != wanted.code || tensor.dtype.bits != wanted.bits || tensor.dtype.lanes != 1) {
        refuse("is of " + detail::text_of(tensor.dtype) + "; give " + detail::text_of(wanted));
    }
    if (tensor.device.device_type != device.device_type || tensor.device.device_id != device.device_id) {
        refuse("is on " + detail::text_of(tensor.device) + "; move it to " + detail::text_of(device));
    }
    bool is_empty = false;  // strides of no elements say nothing, and differ between libraries
    for (int i = 0; i < tensor.ndim; ++i) {
        if (tensor.shape[i] < 0) refuse("has the extent " + std::to_string(tensor.shape[i]) + "; give 0 or more");
        is_empty = is_empty || tensor.shape[i] == 0;
    }
    if (is_empty) return {};
    constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max() / static_cast<std::int64_t>(sizeof(T));
    std::int64_t size = 1;
    for (int i = tensor.ndim - 1; i >= 0; --i) {
        if (tensor.shape[i] > most / size) refuse("has more elements than memory can, from dimension " + std::to_string(i) + " on; correct its shape");
        if (tensor.strides != nullptr && tensor.shape[i] > 1 && tensor.strides[i] != size) {
            refuse("has stride " + std::to_string(tensor.strides[i]) + " in dimension " + std::to_string(i) + " where " + std::to_string(size) +
                   " leaves no gap; make it contiguous");
        }
        size *= tensor.shape[i];
    }
    if (tensor.data == nullptr) refuse("has " + std::to_string(size) + " elements and no memory; give its data");
    const std::uintptr_t address = reinterpret_cast<std::uintptr_t>(tensor.data) + tensor.byte_offset;
    if (address % alignof(T) != 0) refuse("is not aligned to its " + std::to_string(alignof(T)) + " bytes; copy it");
    return {reinterpret_cast<T*>(address), static_cast<std::size_t>(size)};
}

/// A batch whose indices, offsets and, if given, weights are tensors: [lookups], [tables * batch_size + 1], [lookups]. `I` is the type of indices and offsets.
template <Index I>
Batch<I> batch_of(const DLTensor& indices, const DLTensor& offsets, const DLTensor* weights, DLDevice device, std::int32_t batch_size,
                  Pooling pooling = Pooling::sum) {
    Batch<I> batch;
    batch.indices = span_of<const I>(indices, device, "the tensor of indices");
    batch.offsets = span_of<const I>(offsets, device, "the tensor of offsets");
    if (weights != nullptr) batch.weights = span_of<const float>(*weights, device, "the tensor of weights");
    batch.batch_size = batch_size;
    batch.pooling = pooling;
    return batch;
}

/// Memory as a tensor of `shape`, row-major, its rows `row_stride` elements apart (0: no gaps). `owner` lives until the tensor's deleter is called, which is the
/// receiver's to do, once; the memory must live as long. Nothing is copied.
template <class T>
DLManagedTensor* tensor_of(T* data, const std::vector<std::int64_t>& shape, DLDevice device, const std::shared_ptr<const void>& owner = {},
                           std::int64_t row_stride = 0) {
    struct Held {
        DLManagedTensor tensor{};
        std::vector<std::int64_t> shape, strides;
        std::shared_ptr<const void> owner;
    };
    auto held = std::make_unique<Held>();
    held->shape = shape;
    held->strides.resize(held->shape.size());
    std::int64_t stride = 1;
    for (std::size_t i = held->shape.size(); i-- > 0;) {
        held->strides[i] = stride;
        stride = i + 1 == held->shape.size() && row_stride != 0 ? row_stride : stride * held->shape[i];
    }
    held->owner = owner;
    DLTensor& tensor = held->tensor.dl_tensor;
    tensor.data = const_cast<std::remove_cv_t<T>*>(data);
    tensor.device = device;
    tensor.ndim = static_cast<int>(held->shape.size());
    tensor.dtype = data_type<T>();
    tensor.shape = held->shape.data();
    tensor.strides = held->strides.data();
    held->tensor.manager_ctx = held.get();
    held->tensor.deleter = [](DLManagedTensor* self) { delete static_cast<Held*>(self->manager_ctx); };
    return &held.release()->tensor;
}

/// The lines of an embedding's cache, [lines][Dim] of float. A line's row is in `view().tags`. Valid while the embedding lives: give it as `owner`, or see to it.
template <class Embedding>
DLManagedTensor* lines_of(const Embedding& embedding, DLDevice device, const std::shared_ptr<const void>& owner = {}) {
    return tensor_of(embedding.view().lines, {embedding.lines(), Embedding::dim}, device, owner, Embedding::View::line_stride);
}

/// The stored rows of an embedding of FP32 rows, [rows][Dim] of float, by linear row id; those that are cached are in their lines. As `lines_of`.
/// Not of a `MappedFile`, whose records are zeros until their rows are first written.
template <class Embedding>
    requires(Embedding::View::stored_as_lines && !Embedding::View::Placement::is_lazy)
DLManagedTensor* stored_rows_of(const Embedding& embedding, DLDevice device, const std::shared_ptr<const void>& owner = {}) {
    return tensor_of(reinterpret_cast<float*>(embedding.view().stored), {embedding.rows(), Embedding::dim}, device, owner,
                     Embedding::View::stored_stride / static_cast<std::int64_t>(sizeof(float)));
}

}  // namespace hotrow::dlpack
