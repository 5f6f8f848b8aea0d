// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <span>
#include <type_traits>

namespace hotrow::detail {

template <class S>
inline constexpr bool is_std_span = false;
template <class T, std::size_t Extent>
inline constexpr bool is_std_span<std::span<T, Extent>> = true;

/// A view like `std::span` that is another type, such as `cuda::std::span`.
template <class S>
concept OtherSpan = !is_std_span<std::remove_cvref_t<S>> && requires(const S& span) {
    typename S::element_type;
    { span.data() } -> std::same_as<typename S::element_type*>;
    { span.size() } -> std::convertible_to<std::size_t>;
};

template <OtherSpan S>
std::span<typename S::element_type> std_span(const S& other) {
    return {other.data(), other.size()};
}

}  // namespace hotrow::detail
