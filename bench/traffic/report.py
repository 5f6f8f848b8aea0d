#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Counts what the kernels of a training step move, beside the least that they could move.

    bench/traffic/report.py --program build/bench/bench/bench_traffic --runtime <folder of a counting libcudart.so.13>

The counters are those of the GPU emulator (GPUEMU_PROFILE): warp instructions, sectors of 32 bytes as kernels ask for them (which
the caches serve), and different sectors a launch (which memory must serve). They do not depend on time; the same program gives
the same numbers. Exits with 1 if a limit is given and exceeded.
"""
import argparse
import json
import os
import re
import subprocess
import sys
import tempfile

PHASES = [  # in the order of a step; the first pattern that a kernel's name has decides
    ("forward", r"PoolChunks|PoolBags"),
    ("backward", r"SumGradientChunks|UpdateRows"),
    ("moves", r"MoveRows"),
    ("plan", r"MakeKeys|CheckOffsets|RecordBadIndex|AdvanceStep|RadixSort|Scan|MarkRuns|WalkSets|ServeInPlace|SpreadLocations|cub::"),
]
COUNTERS = ["warp_instructions", "load_sectors", "store_sectors", "atomic_sectors", "unique_sectors_read", "unique_sectors_written"]


def report_of(output):
    """What a case of bench_traffic, the only one of this output of Google Benchmark, reported.

    >>> report_of('{"benchmarks": [{"name": "traffic/format:int8/dim:64/share:0.05/iterations:1", "lookups": 8.0, "unique": 3.0, "hit_rate": 0.5,'
    ...           '"plan/keys/read": 2.0, "plan/keys/written": 1.0}]}')["least"]
    [{'phase': 'plan', 'term': 'keys', 'read': 2, 'written': 1}]
    """
    (case,) = json.loads(output)["benchmarks"]
    if "error_message" in case:
        sys.exit(case["error_message"])
    options = dict(part.split(":") for part in case["name"].split("/")[1:])
    report = {"format": options["format"], "dim": int(options["dim"]), "share": float(options["share"]), "hit_rate": case["hit_rate"],
              "lookups": round(case["lookups"]), "unique": round(case["unique"]) if "unique" in case else None, "least": []}
    for counter in case:
        if counter.endswith("/read"):
            phase, term, _ = counter.split("/")
            report["least"].append({"phase": phase, "term": term, "read": round(case[counter]), "written": round(case[f"{phase}/{term}/written"])})
    return report


def run(program, runtime, arguments):
    """The program's output, which is Google Benchmark's JSON, and the counters of each kernel."""
    with tempfile.TemporaryDirectory() as folder:
        counted = os.path.join(folder, "counters.json")
        path = ":".join(p for p in (runtime, os.environ.get("LD_LIBRARY_PATH")) if p)
        environment = dict(os.environ, LD_LIBRARY_PATH=path, GPUEMU_PROFILE=counted)
        done = subprocess.run([program, *arguments, "--benchmark_format=json"], env=environment, capture_output=True, text=True)
        if done.returncode == 77:
            print(done.stderr, end="")
            sys.exit(77)
        if done.returncode != 0:
            sys.exit(f"{program} {' '.join(arguments)}: exit status {done.returncode}\n{done.stderr}")
        if not os.path.exists(counted):
            print("SKIPPED: this CUDA runtime counts nothing; give the emulator's folder with --runtime")
            sys.exit(77)
        with open(counted, encoding="utf-8") as file:
            return done.stdout, json.load(file)["kernels"]


def place_of(kernel):
    """The phase that a kernel belongs to, and a short name; None for kernels of no phase."""
    names = kernel["demangled"] + " " + kernel["name"]
    for phase, pattern in PHASES:
        found = re.search(pattern, names)
        if found:
            of_cub = re.search(r"Device[A-Za-z]+Kernel", names)
            return phase, of_cub.group(0) if of_cub else found.group(0)
    return None


def measure(program, runtime, arguments):
    """Counters of one step: those of a run with it, less those of a run without it."""
    _, without = run(program, runtime, [*arguments, "--measured=0"])
    output, kernels = run(program, runtime, [*arguments, "--measured=1"])
    earlier = {k["name"]: k for k in without}
    parts = {}
    for kernel in kernels:
        before = earlier.get(kernel["name"], {})
        counts = {c: kernel[c] - before.get(c, 0) for c in COUNTERS}
        counts["launches"] = kernel["launches"] - before.get("launches", 0)
        if counts["launches"] == 0:
            continue
        place = place_of(kernel)
        if place is None:
            sys.exit(f"a kernel of no phase ran in the measured step: {kernel['demangled']}")
        entry = parts.setdefault(place, dict.fromkeys([*COUNTERS, "launches"], 0))
        for name, value in counts.items():
            entry[name] += value
    return report_of(output), parts


def summarise(report, parts):
    """By phase: warp instructions and asked sectors a lookup, sectors moved, the least, their ratio."""
    lookups = report["lookups"]
    phases = {}
    for (phase, _), counts in parts.items():
        entry = phases.setdefault(phase, {"instructions": 0.0, "asked": 0.0, "moved": 0, "least": 0})
        entry["instructions"] += counts["warp_instructions"] / lookups
        entry["asked"] += counts["load_sectors"] / lookups
        entry["moved"] += counts["unique_sectors_read"] + counts["unique_sectors_written"]
    for term in report["least"]:
        phases[term["phase"]]["least"] += term["read"] + term["written"]
    step = {key: sum(p[key] for p in phases.values()) for key in ("instructions", "asked", "moved", "least")}
    phases["step"] = step
    for entry in phases.values():
        entry["ratio"] = entry["moved"] / entry["least"] if entry["least"] else float("nan")
        entry["share"] = entry["moved"] / step["moved"]
    return phases


def show(report, parts, phases, details):
    print(f"\n{report['format']} rows, dim {report['dim']}, cache {report['share']:.0%}: {report['lookups']} lookups, {report['unique']} unique rows, "
          f"hit rate {report['hit_rate']:.3f}")
    print(f"{'':12} {'warp instructions':>18} {'sectors asked for':>18} {'sectors moved':>14} {'least':>9} {'ratio':>6} {'share of bytes':>15}")
    print(f"{'':12} {'a lookup':>18} {'a lookup':>18}")
    for phase in ("plan", "moves", "forward", "backward", "step"):
        if phase not in phases:
            continue
        p = phases[phase]
        print(f"{phase:12} {p['instructions']:18.2f} {p['asked']:18.2f} {p['moved']:14,} {p['least']:9,} {p['ratio']:6.2f} {p['share']:15.1%}")
    if not details:
        return
    print("  least, by term:")
    for term in report["least"]:
        print(f"    {term['phase']:9} {term['term']:24} read {term['read']:9,} written {term['written']:9,}")
    print("  kernels:")
    for (phase, name), c in sorted(parts.items()):
        print(f"    {phase:9} {name:34} launches {c['launches']:3} instructions a lookup {c['warp_instructions'] / report['lookups']:6.2f} "
              f"read {c['unique_sectors_read']:9,} written {c['unique_sectors_written']:9,} asked {c['load_sectors']:10,}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True, help="bench_traffic")
    parser.add_argument("--runtime", default=os.environ.get("HOTROW_CUDART_DIR"), help="folder of a counting libcudart.so.13 (default: $HOTROW_CUDART_DIR)")
    parser.add_argument("--case", action="append", metavar="FORMAT:DIM:SHARE", help="e.g. int8:128:0.05; may be repeated")
    parser.add_argument("--warm", type=int, default=20, help="steps before the measured one")
    parser.add_argument("--details", action="store_true", help="every term and every kernel")
    parser.add_argument("--json", help="write everything to this file")
    parser.add_argument("--limit", action="append", default=[], metavar="FORMAT:DIM:PHASE:instructions|ratio:VALUE", help="fail above this; may be repeated")
    options = parser.parse_args()
    cases = options.case or ["fp32:128:0", "int8:128:0.05", "int4:128:0.05", "int8:64:0.05", "int4:64:0.05"]
    results, failures = [], []
    for case in cases:
        form, dim, share = case.split(":")
        report, parts = measure(options.program, options.runtime, [f"--format={form}", f"--dim={dim}", f"--share={share}", f"--warm={options.warm}"])
        phases = summarise(report, parts)
        show(report, parts, phases, options.details)
        results.append({**report, "phases": phases, "kernels": [{"phase": p, "kernel": k, **c} for (p, k), c in parts.items()]})
        for limit in options.limit:
            of_form, of_dim, phase, what, value = limit.split(":")
            if (of_form, of_dim) == (form, dim) and phases[phase][what] > float(value):
                failures.append(f"{form}, dim {dim}: {phase} has {what} {phases[phase][what]:.3f}, above {value}")
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(results, file, indent=1)
    for failure in failures:
        print("FAILED:", failure)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
