#!/usr/bin/env bash
# conan.sh RECIPE VERSION HOME COMPILER: `conan create` of a recipe, its test_package with it, without a remote and in a home of its own.
set -euo pipefail
recipe=$1 version=$2 home=$3 compiler=$4
if ! command -v conan > /dev/null || [[ $(conan --version 2> /dev/null) != "Conan version "* ]]; then
    echo "SKIPPED: no Conan (pip install conan)"
    exit 77
fi
rm -rf "$home"
export CONAN_HOME=$home CXX=$compiler
conan profile detect
conan create "$recipe/all" --version "$version" --no-remote -s compiler.cppstd=20 -s build_type=Release
