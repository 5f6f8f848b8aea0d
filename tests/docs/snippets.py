#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes test cases of the code blocks in README.md and docs/, so that what they say compiles, runs and does it.

Above each ```cpp or ```cuda block stands `<!-- snippet: NAME -->`, which readers do not see. contexts/NAME.in is what surrounds the
block: its line `@code@` is replaced by the block, and it defines `void run()`, whose checks are those of the test case. The #include lines of
all blocks come first, each block is a namespace of its own. A block without a marker, and one whose context is missing, become a test case that fails.
"""

import argparse
import re
import sys
from pathlib import Path

FENCE = re.compile(r"^```(\w*)\s*$")
MARKER = re.compile(r"^<!-- snippet: (\w+) -->$")


class Block:
    """A fenced block: where it starts (the line after the fence), its language, its lines, and its context's name if it has a marker."""

    def __init__(self, path, line, language, context):
        self.path, self.line, self.language, self.context = path, line, language, context
        self.lines = []

    def __str__(self):
        return f"{self.path.name}:{self.line}"


def blocks_of(path):
    """All fenced blocks of a document. A marker counts for the block right below it, or below one empty line."""
    blocks, open_block, above = [], None, ["", ""]
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        fence = FENCE.match(line)
        if fence and open_block is None:
            marker = MARKER.match(above[1] or above[0])
            open_block = Block(path, number + 1, fence.group(1), marker.group(1) if marker else None)
        elif fence:
            blocks.append(open_block)
            open_block = None
        elif open_block is not None:
            open_block.lines.append(line)
        above = [above[1], line.strip()]
    if open_block is not None:
        sys.exit(f"{open_block}: the block has no end")
    return blocks


def is_include(line):
    return line.startswith("#include ")


def test_case_of(number, block, contexts):
    """What a block becomes: the lines of its includes, and its test case."""
    name = f'TEST_CASE("{block}", "[docs]")'
    context_file = contexts / f"{block.context}.in"
    if block.context is None or not context_file.exists():
        why = f"contexts/{block.context}.in is missing" if block.context else "no `<!-- snippet: NAME -->` stands above this block"
        return [], f'{name} {{ FAIL("{block}: {why}"); }}\n'
    before, _, after = context_file.read_text(encoding="utf-8").partition("@code@\n")
    if not after:
        sys.exit(f"{context_file}: it needs a line @code@")
    # The includes of blocks and contexts become empty lines, so that the compiler's messages name the right line.
    code = "\n".join("" if is_include(line) else line for line in block.lines)
    context = before.splitlines() + after.splitlines()
    includes = [line for line in block.lines + context if is_include(line)]
    before, after = ("\n".join("" if is_include(line) else line for line in part.splitlines()) for part in (before, after))
    line_after = before.count("\n") + 3
    return includes, (f"namespace snippet_{number} {{\n"
                      f'#line 1 "{context_file}"\n{before}\n'
                      f'#line {block.line} "{block.path}"\n{code}\n'
                      f'#line {line_after} "{context_file}"\n{after}\n'
                      f"}}  // namespace snippet_{number}\n"
                      f"{name} {{ snippet_{number}::run(); }}\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--language", choices=("cpp", "cuda"), required=True, help="of the blocks to take")
    parser.add_argument("--contexts", type=Path, required=True, help="the folder of what surrounds blocks")
    parser.add_argument("--out", type=Path, required=True, help="the source file to write")
    parser.add_argument("documents", type=Path, nargs="+")
    arguments = parser.parse_args()

    blocks = [block for path in arguments.documents for block in blocks_of(path) if block.language == arguments.language]
    includes, cases = ['#include "support/catch.hpp"'], []
    for number, block in enumerate(blocks):
        more, case = test_case_of(number, block, arguments.contexts)
        includes += [line for line in more if line not in includes]
        cases.append(case)
    source = "// Made by tests/docs/snippets.py.\n" + "\n".join(includes) + "\n\n" + "\n".join(cases)
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(source, encoding="utf-8")


if __name__ == "__main__":
    main()
