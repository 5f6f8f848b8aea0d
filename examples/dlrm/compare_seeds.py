#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs dlrm with several seeds and sets its test figures beside those of FP32 rows, seed by seed.

    examples/dlrm/compare_seeds.py build/demo/examples/dlrm/dlrm --seeds 20 -- --data FILE --rows int8 --cache 0.05

What stands after -- goes to dlrm. Prints a Markdown table: means, spreads, and the mean of the paired differences
with its standard error.
"""
import argparse
import json
import math
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

METRICS = {"auc": "AUC", "log_loss": "log loss", "progressive_log_loss": "progressive log loss"}


def run(program: Path, seed: int, options: list[str], folder: Path) -> dict:
    out = folder / f"seed{seed}.json"
    subprocess.run([program, *options, "--seed", str(seed), "--json", out], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return json.loads(out.read_text())


def mean_and_spread(values: list[float]) -> str:
    return f"{statistics.mean(values):.5f} ± {statistics.stdev(values):.5f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=Path)
    parser.add_argument("--seeds", type=int, default=20, help="seeds 1 to this (at least 2)")
    parser.add_argument("options", nargs="*", help="for dlrm, after --")
    arguments = parser.parse_args()
    if arguments.seeds < 2:
        parser.error(f"--seeds {arguments.seeds}: must be at least 2")

    results = []
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(1, arguments.seeds + 1):
            try:
                results.append(run(arguments.program, seed, arguments.options, Path(folder)))
            except (OSError, subprocess.CalledProcessError) as error:
                sys.exit(f"compare_seeds: seed {seed}: {error}")
            print(f"\r{seed} of {arguments.seeds} seeds", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)

    first = results[0]
    if "fp32" not in first:
        sys.exit("compare_seeds: there is no FP32 run to compare with; leave out --no-compare")
    options = first["options"]
    name = f"{options['rows']}, cache {options['cache']:g}, {options['rounding']}, {options['eviction']}, dim {options['dim']}"
    print(f"| {name}; {len(results)} seeds | this run | FP32 rows | difference, ± standard error |")
    print("|---|---|---|---|")
    for key, title in METRICS.items():
        ours = [result[key] for result in results]
        fp32 = [result["fp32"][key] for result in results]
        differences = [a - b for a, b in zip(ours, fp32)]
        error = statistics.stdev(differences) / math.sqrt(len(differences))
        print(f"| {title} | {mean_and_spread(ours)} | {mean_and_spread(fp32)} | {statistics.mean(differences):+.5f} ± {error:.5f} |")
    print(f"| embedding bytes | {first['embedding_bytes']:,} | {first['fp32_bytes']:,} | {first['memory_ratio']:.2f} x less |")
    print(f"| hit rate | {statistics.mean(result['hit_rate'] for result in results):.3f} | | |")


if __name__ == "__main__":
    main()
