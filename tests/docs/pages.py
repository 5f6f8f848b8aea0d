#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks what README.md and docs/ say besides C++: that links lead somewhere, that code blocks name their language, and that shell commands
name presets, options, programs and files that exist. Prints what is wrong, and fails if anything is.

    pages.py --root . --program dlrm=build/test/examples/dlrm/dlrm ... README.md docs/*.md
"""

import argparse
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

from snippets import blocks_of

LANGUAGES = {"cpp", "cuda", "sh", "cmake", "text"}
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.*)$")


def anchors_of(path):
    """The anchors of a document's headings, as GitHub makes them."""
    headings = (HEADING.match(line) for line in path.read_text(encoding="utf-8").splitlines())
    return {re.sub(r"[^\w\- ]", "", match.group(1)).strip().lower().replace(" ", "-") for match in headings if match}


def wrong_links(path):
    text = path.read_text(encoding="utf-8")
    for target in LINK.findall(text):
        if re.match(r"https?:", target):
            continue
        name, _, anchor = target.partition("#")
        file = path.parent / name if name else path
        if not file.exists():
            yield f"{path}: the link to {target} leads nowhere"
        elif anchor and anchor not in anchors_of(file):
            yield f"{path}: {name or path.name} has no heading #{anchor}"


def wrong_blocks(path):
    for block in blocks_of(path):
        if block.language not in LANGUAGES:
            yield f"{block}: the block's language is '{block.language}'; name one of {', '.join(sorted(LANGUAGES))}"
    fenced = {number for block in blocks_of(path) for number in range(block.line - 1, block.line + len(block.lines) + 1)}
    lines = path.read_text(encoding="utf-8").splitlines()
    in_list = False
    for number, line in enumerate(lines, start=1):
        if number in fenced:
            continue
        if re.match(r"\s*([*-]|\d+\.) ", line):
            in_list = True
        elif line.strip() and not line.startswith(" "):
            in_list = False
        if line.startswith("    ") and not in_list and lines[number - 2].strip() == "":
            yield f"{path.name}:{number}: an indented block, which no test sees; put it between fences"


def commands_of(block):
    """The commands of a shell block, each a list of words; lines that end in a backslash go on."""
    text = "\n".join(block.lines).replace("\\\n", " ")
    for line in text.splitlines():
        try:
            words = shlex.split(line, comments=True)
        except ValueError as error:
            sys.exit(f"{block}: {error}: {line}")
        while words:
            ends = [i for i, word in enumerate(words) if word in ("&&", "||", ";", "|")] or [len(words)]
            if words[:ends[0]]:
                yield words[:ends[0]]
            words = words[ends[0] + 1:]


class Shell:
    """What commands may name: presets, CMake options, programs and their options, files of the repository."""

    def __init__(self, root, programs):
        self.root, self.programs, self.helps = root, programs, {}
        presets = json.loads((root / "CMakePresets.json").read_text(encoding="utf-8"))
        self.presets = {entry["name"] for kind, entries in presets.items() if kind.endswith("Presets") for entry in entries}
        sources = [*root.glob("CMakeLists.txt"), *root.glob("cmake/*.cmake"), *root.glob("*/CMakeLists.txt"), *root.glob("*/*/CMakeLists.txt")]
        self.cmake = "\n".join(path.read_text(encoding="utf-8") for path in sources)

    def help_of(self, name):
        if name not in self.helps:
            program = self.programs[name]
            command = [sys.executable, program] if program.endswith(".py") else [program]
            # Google Benchmark answers --help itself; a program's own options are then in what it says to -h.
            runs = [subprocess.run([*command, flag], capture_output=True, text=True, timeout=60, check=False) for flag in ("--help", "-h")]
            self.helps[name] = "".join(run.stdout + run.stderr for run in runs)
        return self.helps[name]

    def wrong(self, words):
        if words[0] in ("taskset", "nice", "setarch"):  # what they run is the first word with a path
            words = words[next((i for i, word in enumerate(words) if "/" in word), 0):]
        program = Path(words[0]).name
        for option, value in zip(words, words[1:]):
            if option == "--preset" and value not in self.presets:
                yield f"there is no preset {value}"
        for word in words:
            if word.startswith("-D"):
                option = word[2:].partition("=")[0].partition(":")[0]
                if option.startswith("HOTROW_") and not re.search(rf"\b{option}\b", self.cmake):
                    yield f"there is no CMake option {option}"
            if re.match(r"(\./)?(bench|examples|docs|tests|cmake)/[\w./-]+$", word) and not word.endswith("/"):
                if not (self.root / word).exists() and not word.startswith("docs/pictures/"):
                    yield f"there is no file {word}"
        if words[0] == "cmake" and "--target" in words:
            target = words[words.index("--target") + 1]
            if not re.search(rf"\b{re.escape(target.removeprefix('bench_'))}\b", self.cmake):
                yield f"there is no target {target}"
        if program in self.programs:
            known = self.help_of(program)
            for word in words[1:]:
                option = word.partition("=")[0]
                if option.startswith("--") and not option.startswith("--benchmark_") and not re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", known):
                    yield f"{program} has no option {option}"
        elif re.match(r"(\./)?build/", words[0]) and not re.search(rf"\((bench_)?{re.escape(program.removeprefix('bench_'))}\b", self.cmake):
            yield f"{words[0]} is no program of the build"


def wrong_inline_commands(path, shell):
    """Commands in running text: `program --option ...` for the programs of the build."""
    text = re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    for code in re.findall(r"`([^`\n]+)`", text):
        words = code.split()
        if len(words) > 1 and Path(words[0]).name in shell.programs and words[1].startswith("--"):
            for what in shell.wrong(words):
                yield f"{path.name}: {what}: {code}"


def wrong_commands(path, shell):
    for block in blocks_of(path):
        if block.language != "sh":
            continue
        for words in commands_of(block):
            for what in shell.wrong(words):
                yield f"{block}: {what}: {' '.join(words)}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, required=True, help="of the repository")
    parser.add_argument("--program", action="append", default=[], metavar="NAME=PATH", help="a program that commands may name")
    parser.add_argument("documents", type=Path, nargs="+")
    arguments = parser.parse_args()

    shell = Shell(arguments.root, dict(entry.split("=", 1) for entry in arguments.program))
    wrong = [what for path in arguments.documents for check in (wrong_links, wrong_blocks, lambda p: wrong_commands(p, shell), lambda p: wrong_inline_commands(p, shell)) for what in check(path)]
    print("\n".join(wrong) or f"{len(arguments.documents)} documents are in order")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
