// SPDX-License-Identifier: Apache-2.0
// Whether this program is slow because a sanitizer watches it.
#pragma once

namespace hotrow::test {

#if defined(__has_feature)  // clang
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define HOTROW_TEST_IS_SANITIZED
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)  // gcc
#define HOTROW_TEST_IS_SANITIZED
#endif

#if defined(HOTROW_TEST_IS_SANITIZED)
inline constexpr bool is_sanitized = true;
#else
inline constexpr bool is_sanitized = false;
#endif

}  // namespace hotrow::test
