#!/usr/bin/env bash
# check_headers.sh host|cuda INCLUDE_DIR COMPILER: compiles every header below INCLUDE_DIR/hotrow alone, two at a
# time, and names those that do not. CUDA headers are *.cuh and those with a part of their path that begins with
# "cuda" (execution/cuda.hpp, execution/cuda/launch.hpp); nvcc takes those, a plain C++ compiler the others.
set -euo pipefail
kind=$1 include=$2 compiler=$3
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

check_one() {
    local header=$1
    local unit=$scratch/${header//\//_}.cu
    # Included by a file of its own, since a main file with #pragma once is warned of, and twice, to test the guard.
    printf '#include <%s>\n#include <%s>\n' "$header" "$header" > "$unit"
    local flags=(-std=c++20 -I"$include")
    if [[ $kind == host ]]; then
        flags+=(-x c++ -fsyntax-only -Wall -Wextra -Wconversion -Werror)
    else
        flags+=(-c -o "$unit.o" -gencode "arch=compute_80,code=compute_80" -Xcompiler=-Wall,-Wextra)
    fi
    if ! "$compiler" "${flags[@]}" "$unit" > "$unit.log" 2>&1; then
        # One write, so that the reports of two headers do not mix.
        printf '%s\n' "NOT SELF-CONTAINED: $header" "$(head -n 40 "$unit.log")"
        return 1
    fi
}
export -f check_one
export kind include compiler scratch

cd "$include"
mapfile -t headers < <(find hotrow \( -name '*.hpp' -o -name '*.cuh' \) 2>/dev/null | sort)
cuda='(^|/)cuda[^/]*(/|$)|\.cuh$'
chosen=()
for header in "${headers[@]}"; do
    if [[ $header =~ $cuda ]]; then found=cuda; else found=host; fi
    if [[ $found == "$kind" ]]; then chosen+=("$header"); fi
done
if (( ${#chosen[@]} )); then
    printf '%s\0' "${chosen[@]}" | xargs -0 -n 1 -P 2 bash -c 'check_one "$1"' check_one
fi
echo "${#chosen[@]} $kind headers compile alone with $compiler"
