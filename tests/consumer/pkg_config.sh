#!/usr/bin/env bash
# pkg_config.sh PREFIX VERSION PROGRAM COMPILER: the consumer by what pkg-config says of the hotrow below PREFIX, a folder that the
# install was moved to.
set -euo pipefail
prefix=$1 version=$2 program=$3 compiler=$4
if ! command -v pkg-config > /dev/null; then
    echo "SKIPPED: no pkg-config (setup.sh installs it)"
    exit 77
fi
export PKG_CONFIG_LIBDIR=$prefix/share/pkgconfig
[[ $(pkg-config --modversion hotrow) == "$version" ]] || { echo "it is of version $(pkg-config --modversion hotrow), not $version"; exit 1; }
# Quoted for a shell, as in make: the folder's name has a space.
eval "flags=($(pkg-config --cflags hotrow)) libraries=($(pkg-config --libs hotrow))"
for flag in "${flags[@]}" "${libraries[@]}"; do
    case $flag in
        -I* | -l* | -pthread) ;;
        *) echo "pkg-config gives \"$flag\", and flags are the consumer's"; exit 1 ;;
    esac
done
exec "$(dirname "$0")/compile.sh" "$program" "$compiler" -std=c++20 "${flags[@]}" --libs "${libraries[@]}"
