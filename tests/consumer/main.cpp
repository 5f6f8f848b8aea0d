// SPDX-License-Identifier: Apache-2.0
// A program that uses hotrow as an outsider does: the header, no flags, no nvcc.
#if __has_include(<hotrow/hotrow.hpp>)
#include <hotrow/hotrow.hpp>
#endif

int main() {}
