#!/usr/bin/env bash
# Installs the Debian/Ubuntu packages that hotrow's programs and tests are built with, those that are missing.
# Says what it does; touches nothing, network included, when all are there. Further package names may be given.
set -euo pipefail

# package, or package:command where the command, wherever it comes from, will do
wanted=(
    g++:g++
    cmake:cmake
    ninja-build:ninja
    clang:clang++           # a second opinion on the headers
    catch2                  # tests
    libbenchmark-dev        # benchmarks
    libeigen3-dev           # examples/dlrm: dense layers
    libcli11-dev            # examples/dlrm: options
    nlohmann-json3-dev      # examples/dlrm: results
    python3:python3         # bench/traffic: a report; tests of the documents
    libdlpack-dev           # a test of interop/dlpack.hpp
    doxygen:doxygen         # docs: the reference
    pkg-config:pkg-config   # a test of the installed package
    "$@"
)

oldest_cmake=3.25
check_cmake() {
    local version
    version=$(cmake --version | sed -n '1s/[^0-9]*//p')
    if [[ $(printf '%s\n' "$oldest_cmake" "$version" | sort -V | head -n 1) != "$oldest_cmake" ]]; then
        echo "setup: cmake is $version; hotrow needs $oldest_cmake or newer (Debian 12, Ubuntu 24.04 and later have it)" >&2
        exit 1
    fi
}

if ! command -v dpkg-query apt-get > /dev/null; then
    echo "setup: this is neither Debian nor Ubuntu: please install the like of ${wanted[*]%%:*} by your own means" >&2
    exit 1
fi

missing=()
for entry in "${wanted[@]}"; do
    package=${entry%%:*}
    if [[ $entry == *:* ]] && command -v "${entry#*:}" > /dev/null; then continue; fi
    if [[ $(dpkg-query -W -f='${db:Status-Status}' "$package" 2> /dev/null) != installed ]]; then
        missing+=("$package")
    fi
done

if (( ${#missing[@]} == 0 )); then
    check_cmake
    echo "setup: all packages are installed"
    exit 0
fi

if (( $(id -u) == 0 )); then
    as_root=(env)
elif command -v sudo > /dev/null && { [[ -t 0 ]] || sudo -n true 2> /dev/null; }; then
    as_root=(sudo env)
else
    echo "setup: packages are missing, and installing them needs root. Please run:" >&2
    echo "    apt-get update && apt-get install -y --no-install-recommends ${missing[*]}" >&2
    exit 1
fi

echo "setup: installing ${missing[*]}"
as_root+=(DEBIAN_FRONTEND=noninteractive)
log=$(mktemp)
trap 'rm -f "$log"' EXIT
run_quietly() {
    if ! "${as_root[@]}" "$@" > "$log" 2>&1 < /dev/null; then
        cat "$log" >&2
        echo "setup: failed: $*" >&2
        exit 1
    fi
}
run_quietly apt-get update -q
run_quietly apt-get install -q -y --no-install-recommends "${missing[@]}"
check_cmake
echo "setup: done"
