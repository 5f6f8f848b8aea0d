#!/usr/bin/env bash
# compile.sh PROGRAM COMPILER WORD...: compiles the consumer without CMake, by the words given, and runs it. `--libs` and
# what follows goes behind the sources.
set -euo pipefail
program=$1 compiler=$2
shift 2
flags=() libraries=()
while (( $# )) && [[ $1 != --libs ]]; do flags+=("$1"); shift; done
if (( $# )); then shift; libraries=("$@"); fi
mkdir -p "$(dirname "$program")"
sources=$(dirname "$0")/project
"$compiler" "${flags[@]}" "$sources/main.cpp" "$sources/elsewhere.cpp" -o "$program" "${libraries[@]}"
"$program"
