#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Trains the same two configurations, as asked and in FP32, over many seeds, and says whether they are equivalent.

    examples/dlrm/seeds.py --program build/test/examples/dlrm/dlrm --seeds 20 --out results.jsonl -- --data FILE --rows int8 --cache 0.05

Everything after `--` goes to dlrm. One line of JSON a seed is kept in --out; seeds that are there already are not run again.
Equivalent means: the 95 % confidence interval of the mean paired difference in log loss lies within +-MARGIN.
"""
import argparse
import json
import math
import pathlib
import statistics
import subprocess
import sys
import tempfile


def t_quantile(p: float, df: int) -> float:
    """Student's quantile by the Cornish-Fisher expansion (Abramowitz and Stegun 26.7.5); right to 3 digits from df = 5 on."""
    z = statistics.NormalDist().inv_cdf(p)
    return (z + (z**3 + z) / (4 * df) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * df**2)
            + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * df**3))


def mean_and_error(values: list[float]) -> tuple[float, float]:
    return statistics.mean(values), statistics.stdev(values) / math.sqrt(len(values))


def run(program: str, options: list[str], seed: int) -> dict:
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "run.json"
        subprocess.run([program, *options, "--seed", str(seed), "--json", str(out)], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return json.loads(out.read_text())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True, help="the dlrm program")
    parser.add_argument("--seeds", type=int, default=20, help="seeds 1 to this (default 20)")
    parser.add_argument("--out", type=pathlib.Path, required=True, help="results, one line of JSON a seed")
    parser.add_argument("--margin", type=float, default=0.001, help="what counts as equal in log loss (default 0.001)")
    parser.add_argument("options", nargs="*", help="options of dlrm, after --")
    arguments = parser.parse_args()
    if arguments.seeds < 2:
        parser.error("--seeds: at least 2 are needed for an error")

    done = {}
    if arguments.out.exists():
        for line in arguments.out.read_text().splitlines():
            record = json.loads(line)
            if record["options"] == arguments.options:
                done[record["seed"]] = record["run"]
    for seed in range(1, arguments.seeds + 1):
        if seed in done:
            continue
        done[seed] = run(arguments.program, arguments.options, seed)
        with arguments.out.open("a") as out:
            out.write(json.dumps({"seed": seed, "options": arguments.options, "run": done[seed]}) + "\n")
        print(f"seed {seed}: log loss {done[seed]['log_loss']:.5f}, fp32 {done[seed]['fp32']['log_loss']:.5f}",
              file=sys.stderr)

    runs = [done[seed] for seed in range(1, arguments.seeds + 1)]
    print(f"{len(runs)} seeds: dlrm {' '.join(arguments.options)}")
    print(f"{'':24}{'as asked':>20}{'fp32':>20}{'difference':>20}")
    for name in ("auc", "log_loss"):
        asked, plain = [r[name] for r in runs], [r["fp32"][name] for r in runs]
        columns = [mean_and_error(v) for v in (asked, plain, [a - p for a, p in zip(asked, plain)])]
        print(f"{name:24}" + "".join(f"{m:12.5f} ({e:.5f})" for m, e in columns))
    for name in ("memory_ratio", "hit_rate", "samples_per_second"):
        print(f"{name:24}{statistics.mean(r[name] for r in runs):20.4g}{statistics.mean(r['fp32'][name] for r in runs):20.4g}")
    mean, error = mean_and_error([r["log_loss"] - r["fp32"]["log_loss"] for r in runs])
    half = t_quantile(0.975, len(runs) - 1) * error
    equal = abs(mean) + half < arguments.margin
    print(f"log loss, 95 % interval of the difference: [{mean - half:+.5f}, {mean + half:+.5f}]: "
          f"{'equivalent' if equal else 'NOT shown equivalent'} within +-{arguments.margin}")
    return 0 if equal else 1


if __name__ == "__main__":
    sys.exit(main())
