#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Draws all pictures of docs/pictures from fresh runs: builds nothing, runs the programs of a build folder, and calls plot.py. Needs matplotlib.

    cmake --preset bench && cmake --build --preset bench
    bench/draw_all.py --criteo criteo_80k.tsv --results results

Results are kept in a folder; a picture whose results are there is drawn from them, so that a run that was stopped goes on. The sweep of accuracy is
by far the longest: 4,000 trainings, a day or so. --quick is a test of the whole way: made-up data in a tiny size, whose pictures show nothing.
"""

import argparse
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
POLICIES = "lfu_aged,lru,lfu,fifo,sieve,lookahead"
BUDGETS = "0.085,0.1,0.125,0.15,0.16667,0.2,0.25,0.275,0.3,0.33333,0.4,0.5,0.55,0.6"


def hit_rate_runs(program, arguments):
    """The runs behind hit_rate.svg and budget.svg, by name."""
    if arguments.quick:
        trace, batches, shares, budgets = ["--zipf=1.05", "--rows=4000", "--lookups=40000"], "1,256", "0.02,0.1", "0.25,0.5"
    else:
        trace, batches, shares, budgets = [f"--criteo={arguments.criteo}"], "1,2048", "0.005,0.01,0.02,0.05,0.1,0.2", BUDGETS
    yield "hit_rate", [program, *trace, f"--batch={batches}", f"--share={shares}", f"--policy={POLICIES}"]
    batch = ["--batch=256"] if arguments.quick else []
    yield "budget", [program, *trace, *batch, "--precision=fp16,int8,int4,int2", "--share=0.05", "--no-optimum", f"--budget={budgets}"]


def link_bytes_run(program, arguments):
    if arguments.quick:
        return [program, "--zipf=1.05", "--rows=4000", "--lookups=40000", "--batch=256"]
    return [program, f"--criteo={arguments.criteo}", "--zipf=1.05"]


def sweeps(program, arguments, file):
    """The runs behind accuracy.svg: all add to one file."""
    if arguments.quick:
        yield [program, "--quiet", "--samples", "4000", "--max-rows", "200", "--test-rows", "1000", "--sweep", file, "--sweep-dims", "64", "--sweep-rows", "fp16,int8",
               "--sweep-caches", "0,0.05", "--seeds", "2"]
        return
    data = [program, "--data", arguments.criteo, "--sweep", file]
    yield data
    yield [*data, "--sweep-dims", "64", "--seeds", "60", "--sweep-roundings", "stochastic", "--sweep-rows", "int8", "--sweep-caches", "0.05"]


def run(command, output=None):
    print("+", " ".join(map(str, command)), flush=True)
    if subprocess.run(list(map(str, command)), stdout=output, check=False).returncode != 0:
        sys.exit(f"failed: {' '.join(map(str, command))}")


def measure(command, results):
    """Runs a program of Google Benchmark, unless its results are there; a file that is there is whole."""
    if results.exists():
        print(f"{results} is there and is kept", flush=True)
        return
    part = results.with_suffix(".part")
    run([*command, f"--benchmark_out={part}", "--benchmark_out_format=json"], subprocess.DEVNULL)
    part.rename(results)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=ROOT / "build/bench", help="folder of the programs (build/bench)")
    parser.add_argument("--criteo", type=Path, help="click data: the first 80,000 rows of Criteo's display advertising challenge")
    parser.add_argument("--results", type=Path, required=True, help="folder for what the programs report")
    parser.add_argument("--pictures", type=Path, help="folder for the pictures (docs/pictures; with --quick that of the results)")
    parser.add_argument("--quick", action="store_true", help="made-up data in a tiny size")
    arguments = parser.parse_args()
    if not arguments.quick and arguments.criteo is None:
        parser.error("--criteo is needed, or --quick")
    if arguments.criteo is not None and not arguments.criteo.exists():
        parser.error(f"--criteo {arguments.criteo}: there is no such file")
    pictures = arguments.pictures or (arguments.results if arguments.quick else ROOT / "docs/pictures")
    arguments.results.mkdir(parents=True, exist_ok=True)
    pictures.mkdir(parents=True, exist_ok=True)
    programs = {name: arguments.build / path for name, path in {"row_error": "bench/bench_row_error", "hit_rate": "bench/bench_hit_rate", "link_bytes": "bench/bench_link_bytes", "dlrm": "examples/dlrm/dlrm"}.items()}
    for program in programs.values():
        if not program.exists():
            parser.error(f"{program} is missing; build it (cmake --preset bench && cmake --build --preset bench), or give --build")

    def draw(picture, results):
        run([sys.executable, ROOT / "bench/plot.py", picture, results, pictures / f"{picture}.svg"])

    if arguments.quick:  # a test runs everything anew
        for old in [*arguments.results.glob("*.json"), *arguments.results.glob("*.csv"), *arguments.results.glob("*.svg")]:
            old.unlink()

    measurements = [("row_error", [programs["row_error"]]), *hit_rate_runs(programs["hit_rate"], arguments),
                    ("link_bytes", link_bytes_run(programs["link_bytes"], arguments))]
    for picture, command in measurements:
        results = arguments.results / f"{picture}.json"
        measure(command, results)
        draw(picture, results)
    sweep = arguments.results / "sweep.csv"
    for command in sweeps(programs["dlrm"], arguments, sweep):
        run(command, subprocess.DEVNULL)
    draw("accuracy", sweep)


if __name__ == "__main__":
    main()
