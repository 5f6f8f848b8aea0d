#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compiles a file for real architectures and fails if a kernel of it has a stack frame or spills registers to local memory.

    check_spills.py --nvcc nvcc --architecture 90 --include include tests/cuda/main_kernels.cu

Prints the registers of every kernel. With --expect-spills it fails unless some kernel spills: the check of this check."""
import argparse
import re
import subprocess
import sys
import tempfile

ENTRY = re.compile(r"Compiling entry function '(\S+)' for '(\S+)'")
FRAME = re.compile(r"(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads")
USED = re.compile(r"Used (\d+) registers")


def kernels_of(report):
    """(mangled name, architecture, stack frame, spill stores, spill loads, registers) of each entry function in what ptxas says."""
    kernels, name, frame = [], None, None
    for line in report.splitlines():
        if match := ENTRY.search(line):
            if name is not None:
                sys.exit(f"the compiler's report ends before the registers of {name[0]}")
            name, frame = match.groups(), None
        elif (match := FRAME.search(line)) and name is not None and frame is None:
            frame = tuple(int(n) for n in match.groups())
        elif (match := USED.search(line)) and name is not None:
            if frame is None:
                sys.exit(f"the compiler's report has no stack frame of {name[0]}")
            kernels.append((*name, *frame, int(match.group(1))))
            name = None
    if name is not None:
        sys.exit(f"the compiler's report ends before the registers of {name[0]}")
    return kernels


def demangled(names):
    try:
        done = subprocess.run(["c++filt"], input="\n".join(names), capture_output=True, text=True, check=True).stdout.splitlines()
    except (OSError, subprocess.CalledProcessError):
        return names  # unreadable is better than nothing
    return [shortened(name) for name in done]


def shortened(name):
    """Without what is the same everywhere, and without the arguments."""
    name = re.sub(r"hotrow::|detail::|v\d+_\d+_\d+_sm\d+::|\(anonymous namespace\)::|^void ", "", name)
    name = re.sub(r"cub::CUB_\w+::|thrust::THRUST_\w+::", "cub::", name)
    depth = 0
    for at, letter in enumerate(name):
        depth += {"<": 1, ">": -1}.get(letter, 0)
        if letter == "(" and depth == 0:
            return name[:at]
    return name


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nvcc", default="nvcc")
    parser.add_argument("--architecture", action="append", required=True, help="80, 90, ...; may be repeated")
    parser.add_argument("--include", action="append", default=[])
    parser.add_argument("--flag", action="append", default=[], help="for nvcc; may be repeated")
    parser.add_argument("--least-kernels", type=int, default=1, help="fail if the file has fewer an architecture")
    parser.add_argument("--expect-spills", action="store_true")
    parser.add_argument("source")
    options = parser.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        command = [options.nvcc, "-std=c++20", "-O3", "-fatbin", "-Xptxas", "-v", "-o", f"{folder}/kernels.fatbin", "--threads", str(len(options.architecture))]
        command += [f"-gencode=arch=compute_{a},code=sm_{a}" for a in options.architecture] + [f"-I{path}" for path in options.include] + options.flag
        run = subprocess.run([*command, options.source], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if run.returncode != 0:
        sys.exit(run.stdout)

    kernels = kernels_of(run.stdout)
    names = demangled([kernel[0] for kernel in kernels])
    # Nested architectures are those of the first; the names differ in nothing else.
    table = sorted({(name, *kernel[1:]) for name, kernel in zip(names, kernels)})
    print(f"{'':8} {'registers':>9} {'stack':>6} {'stores':>6} {'loads':>6}  kernel")
    for name, architecture, stack, stores, loads, registers in table:
        print(f"{architecture:8} {registers:9} {stack:6} {stores:6} {loads:6}  {name}")
    for architecture in options.architecture:
        found = sum(1 for kernel in kernels if kernel[1] == f"sm_{architecture}")
        if found < options.least_kernels:
            sys.exit(f"FAILED: {found} kernels for sm_{architecture}, expected at least {options.least_kernels}")
    spilled = [kernel for kernel in table if any(kernel[2:5])]
    for name, architecture, stack, stores, loads, _ in spilled:
        print(f"SPILLED on {architecture}: stack frame {stack}, spill stores {stores}, spill loads {loads} bytes: {name}")
    if options.expect_spills:
        sys.exit("FAILED: nothing spilled, and something had to" if not spilled else 0)
    sys.exit(f"FAILED: {len(spilled)} kernels use local memory" if spilled else 0)


if __name__ == "__main__":
    main()
