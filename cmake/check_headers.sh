#!/usr/bin/env bash
# check_headers.sh host|cuda INCLUDE_DIR COMPILER: compiles every header below INCLUDE_DIR/hotrow alone, two at a
# time, and names those that do not. CUDA headers are *.cuh and those with a part of their path that begins with
# "cuda" (execution/cuda.hpp, execution/cuda/launch.hpp); nvcc takes those, a plain C++ compiler the others.
# Then all of them together: no macro is defined or undefined in them whose name does not begin with HOTROW_.
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
if (( ${#chosen[@]} == 0 )); then
    echo "no $kind headers below $include"
    exit 1
fi
printf '%s\0' "${chosen[@]}" | xargs -0 -n 1 -P 2 bash -c 'check_one "$1"' check_one

printf '#include <%s>\n' "${chosen[@]}" > "$scratch/all.cu"
keep_defines=(-dD)
if [[ $kind == host ]]; then keep_defines+=(-x c++); else keep_defines=(-Xcompiler=-dD); fi
# Lines `# 12 "file"` say which file the next lines are of; the compiler's own macros are of "<built-in>".
"$compiler" -std=c++20 -I"$include" -E "${keep_defines[@]}" "$scratch/all.cu" | awk -v own="$include/hotrow/" '
    /^# [0-9]+ "/ { is_own = index($3, "\"" own) == 1 }
    is_own && /^#[[:space:]]*(define|undef) / {
        ++seen
        if ($2 !~ /^HOTROW_/) { print "A MACRO THAT IS NOT OURS: " $0; leaks = 1 }
    }
    END {
        if (!seen) { print "no macros were seen, not even HOTROW_VERSION_MAJOR"; exit 1 }
        exit leaks
    }'
echo "${#chosen[@]} $kind headers compile alone with $compiler, and leave no macros but HOTROW_*"
