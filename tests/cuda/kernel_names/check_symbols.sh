#!/usr/bin/env bash
# check_symbols.sh NAMESPACE OBJECT: every kernel in OBJECT is hidden and stands in NAMESPACE; there is one at least.
set -euo pipefail
namespace=$1 object=$2
# number, value, size, type, bind, visibility, section, name
kernels=$(readelf --symbols --wide --demangle "$object" | grep -E ' FUNC .*[: ]run_(counting_)?tiles<') || { echo "no kernel of hotrow in $object"; exit 1; }
status=0
while read -r _ _ _ _ bind visibility _ name; do
    if [[ $bind != LOCAL && $visibility != HIDDEN ]]; then echo "visible: $name"; status=1; fi
    if [[ $name != *"hotrow::detail::$namespace::run_"* ]]; then echo "not in $namespace: $name"; status=1; fi
done <<< "$kernels"
exit "$status"
