// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../config.hpp"

#include <cstdint>

#if !defined(__CUDA_ARCH__)
#include <atomic>
#endif

/// Atomics on integers, by operations that commute: the order of threads does not show. Relaxed: kernels are ordered by streams.
namespace hotrow::detail {

#if defined(__CUDA_ARCH__)
template <class T>
struct DeviceWord;  // the type that CUDA's atomics know
template <>
struct DeviceWord<std::uint32_t> {
    using type = unsigned int;
};
template <>
struct DeviceWord<std::uint64_t> {
    using type = unsigned long long;
};
template <class T>
__device__ typename DeviceWord<T>::type* device_word(T* address) {
    return reinterpret_cast<typename DeviceWord<T>::type*>(address);
}
#endif

/// Keeps the least value seen.
HOTROW_HD inline void atomic_minimum(std::uint64_t* address, std::uint64_t value) {
#if defined(__CUDA_ARCH__)
    atomicMin(device_word(address), static_cast<unsigned long long>(value));
#else
    std::atomic_ref<std::uint64_t> least(*address);
    std::uint64_t seen = least.load(std::memory_order_relaxed);
    while (value < seen && !least.compare_exchange_weak(seen, value, std::memory_order_relaxed)) {}
#endif
}

template <class T>
HOTROW_HD void atomic_add(T* address, T value) {
#if defined(__CUDA_ARCH__)
    atomicAdd(device_word(address), value);
#else
    std::atomic_ref<T>(*address).fetch_add(value, std::memory_order_relaxed);
#endif
}

template <class T>
HOTROW_HD void atomic_or(T* address, T bits) {
#if defined(__CUDA_ARCH__)
    atomicOr(device_word(address), bits);
#else
    // Most bits are set already: a read leaves the cache line shared.
    std::atomic_ref<T> word(*address);
    if ((word.load(std::memory_order_relaxed) & bits) != bits) word.fetch_or(bits, std::memory_order_relaxed);
#endif
}

/// Writes `value` if `expected` is there. Returns what was there.
template <class T>
HOTROW_HD T atomic_claim(T* address, T expected, T value) {
#if defined(__CUDA_ARCH__)
    return atomicCAS(device_word(address), expected, value);
#else
    std::atomic_ref<T> word(*address);
    T seen = word.load(std::memory_order_relaxed);
    if (seen != expected) return seen;
    word.compare_exchange_strong(expected, value, std::memory_order_relaxed);
    return expected;
#endif
}

}  // namespace hotrow::detail
