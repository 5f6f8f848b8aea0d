#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Builds the reference with Doxygen, and fails on any warning but these: members that need no text of their own.

* A policy's members that its concept describes (`encode` of a quantizer, `hit` of an eviction policy, ...).
* Members of what only the library's own code calls: the parts of views, and what backends offer to CachedEmbedding. Their classes must have text.

Everything else that is public must be documented: types, functions, concepts, constants, and all members of the types that users hold.
"""

import argparse
import re
import subprocess
import sys
from pathlib import Path

OF_CONCEPTS = {
    "precision": "bits is_integer name levels unpack decode in_place pack",
    "quantizer": "accepts qparam_bytes qparam_alignment encode decode initialise visit",
    "rounding and generator": "prepare random_words to_integer to_code drop_bits mean_variance fill State",
    "eviction": "Score admitted hit priority time passed remember recall looks_ahead DefaultAdmission DefaultGhosts name",
    "admission": "fills competes admits name",
    "optimizer": "RowState Elements initial_state initial_element update check name",
    "placement": "is_apart is_lazy name",
    "tile": "lanes rank exchange from any ballot sync",
}
DESCRIBED = {name for names in OF_CONCEPTS.values() for name in names.split()}
# Parts of views, layouts and codecs, and the backends.
INNER = re.compile(r"\b(RowsView|TablesView|TagsView|CacheView|StatesView|ForesightView|OwnStates|ElementStates|Geometry|Mixer|Host|Cuda|SmallFloat|"
                   r"ScalarCast|QparamStorage|RowShape|WarpTile|GroupTile|Philox4x32|CounterHash)\b")
MEMBER = re.compile(r"Member (?P<what>.*) \((?P<kind>\w+)\) of (?:class|struct|namespace|file|union) (?P<owner>.*) is not documented\.")


def name_of(what):
    """The name in a declaration without its type: `hit(Score score, ...)`, `counter[4]`, `levels`."""
    return re.split(r"[(\[]", what.strip())[0].split()[-1]


def needs_no_text(warning):
    match = MEMBER.search(warning)
    if not match or match["owner"] in ("hotrow", "hotrow::arithmetic", "hotrow::reduction"):
        return False
    return name_of(match["what"]) in DESCRIBED or INNER.search(match["owner"]) is not None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("doxygen", help="the program")
    parser.add_argument("configuration", type=Path, help="the Doxyfile")
    parser.add_argument("out", type=Path, help="where it writes the pages and warnings.txt")
    arguments = parser.parse_args()

    arguments.out.mkdir(parents=True, exist_ok=True)
    subprocess.run([arguments.doxygen, arguments.configuration], check=True)
    pages = arguments.out / "classhotrow_1_1CachedEmbedding.html"
    if not pages.exists():
        sys.exit(f"{pages} was not made")
    warnings = (arguments.out / "warnings.txt").read_text(encoding="utf-8").splitlines()
    errors = sorted({warning for warning in warnings if warning.strip() and not needs_no_text(warning)})
    print("\n".join(errors) or f"the reference is in {arguments.out}/index.html")
    sys.exit(1 if errors else 0)


if __name__ == "__main__":
    main()
