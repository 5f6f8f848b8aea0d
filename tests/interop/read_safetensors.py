#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reads what `test_interop_safetensors "[.write]"` writes, by the safetensors package if it is installed, else by the letter of the format, and says which."""

import json
import struct
import subprocess
import sys


def by_package(path):
    from safetensors import safe_open  # needs NumPy too

    with safe_open(path, framework="numpy") as file:
        return {name: (str(file.get_tensor(name).dtype), file.get_tensor(name).tolist()) for name in file.keys()}


def by_format(path):
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = file.read()
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        rows, dim = entry["shape"]
        values = struct.unpack(f"<{rows * dim}f", data[begin:end])
        tensors[name] = ({"F32": "float32"}[entry["dtype"]], [list(values[r * dim:(r + 1) * dim]) for r in range(rows)])
    return tensors


def main():
    subprocess.run([sys.argv[1], "[.write]"], check=True, stdout=subprocess.DEVNULL)
    path = "hotrow_weights.safetensors"
    try:
        tensors, reader = by_package(path), "the safetensors package"
    except ImportError:
        tensors, reader = by_format(path), "the format alone: the safetensors package is not installed"
    for table, (name, rows) in enumerate((("first", 40), ("second", 7))):
        expected = [[100.0 * table + r + e / 8 for e in range(6)] for r in range(rows)]
        if tensors[name] != ("float32", expected):
            sys.exit(f"tensor {name} differs, read by {reader}")
    print(f"read by {reader}")


main()
