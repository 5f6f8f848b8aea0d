#!/usr/bin/env bash
# lint.sh [--fix]: clang-format over all tracked sources, then clang-tidy over a few units that take in every header. --fix formats
# instead, and does no more. Formatting differs between releases of clang-format, so it must be the one named here; Debian 12 and
# Ubuntu 24.04 have it (./setup.sh clang-format-16:clang-format-16 clang-tidy:clang-tidy), as has PyPI (clang-format==16.0.6).
set -euo pipefail
cd "$(dirname "$0")/.."
release=16

format=
for command in clang-format-$release clang-format; do
    if [[ $("$command" --version 2> /dev/null) =~ version\ $release\. ]]; then format=$command; break; fi
done
if [[ -z $format ]]; then
    echo "lint: clang-format $release is needed, and $(clang-format --version 2> /dev/null || echo none) was found" >&2
    exit 1
fi
mapfile -t sources < <(git ls-files '*.hpp' '*.cpp' '*.cuh' '*.cu')
if [[ ${1:-} == --fix ]]; then
    "$format" -i "${sources[@]}"
    exit
fi
printf '%s\0' "${sources[@]}" | xargs -0 -n 40 -P 2 "$format" --dry-run -Werror
echo "lint: ${#sources[@]} files are formatted"

# The host's headers, and units that instantiate what is in them.
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
git ls-files 'include/*.hpp' | sed 's|^include/\(.*\)|#include <\1>|' > "$scratch/every_header.cpp"
units=("$scratch/every_header.cpp" tests/consumer/project/main.cpp examples/custom_policy/main.cpp)
export scratch
printf '%s\0' "${units[@]}" | xargs -0 -n 1 -P 2 bash -c '
    clang-tidy --quiet --warnings-as-errors="*" --config-file=.clang-tidy "$1" -- -std=c++20 -Iinclude -Iexamples > "$scratch/$$.log" 2>&1 ||
        { cat "$scratch/$$.log"; exit 1; }' tidy
echo "lint: clang-tidy has nothing to say of $(wc -l < "$scratch/every_header.cpp") headers and $((${#units[@]} - 1)) units"
