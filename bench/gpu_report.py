#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Builds, checks and times hotrow on the machine that it runs on, and leaves one folder of results.

    bench/gpu_report.py --out results                         everything, in the order of the stages
    bench/gpu_report.py --out results --stages build,times    some of it; results of other stages stay
    bench/gpu_report.py --out results --dry-run --build build/bench --runtime <folder of the emulator's libcudart.so.13>

Stages: machine, build, tests, sanitizers, times, torch, ncu. Each writes its results when it has them, is stopped at its limit (--limit), and says what
it leaves out and why. The table is printed last and is in the folder as summary.txt, beside everything in full. Exits with 1 if a stage failed.
--dry-run is for machines without a device: sizes are tiny, times mean nothing, and only that the script works is shown."""
import argparse
import csv
import json
import os
import re
import shutil
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
sys.path.insert(0, os.path.join(ROOT, "bench", "traffic"))
import report as traffic  # noqa: E402: bench/traffic/report.py

STAGES = ["machine", "build", "tests", "sanitizers", "times", "torch", "ncu"]
# The same workload on one H100 80GB HBM3 (10 tables x 1M rows, dim 128, 104,857 lookups a table, power law 1.05, FP32), as published; and the goal.
PUBLISHED = [("FBGEMM, published", 0.96), ("dynamicemb, published", 1.92), ("goal", 0.70)]
# Terms of a step, finer than its phases; the first pattern decides.
TERMS = [("keys", r"MakeKeys|CheckOffsets|RecordBadIndex|AdvanceStep"), ("sort", r"RadixSort"), ("runs", r"Scan|MarkRuns"), ("walk", r"WalkSets|ServeInPlace"),
         ("locations", r"SpreadLocations"), ("moves", r"MoveRows"), ("forward", r"PoolChunks|PoolBags"), ("backward", r"SumGradientChunks|UpdateRows")]
SANITIZERS = ["memcheck", "racecheck", "initcheck", "synccheck"]
CUDA_TESTS = ["test_cuda_steps", "test_cuda_runtime_calls", "test_cuda_train_per_thread"]  # what a sanitizer gets through in minutes
METRICS = {"time_ns": "gpu__time_duration.sum", "instructions": "smsp__inst_executed.sum", "l2_sectors": "lts__t_sectors_op_read.sum",
           "dram_read": "dram__sectors_read.sum", "dram_written": "dram__sectors_write.sum"}


class Report:
    def __init__(self, options):
        self.options = options
        self.lines, self.failed, self.no_device = [], [], False
        os.makedirs(options.out, exist_ok=True)

    def path(self, name):
        return os.path.join(self.options.out, name)

    def say(self, line):
        print(line, flush=True)
        self.lines.append(line)
        with open(self.path("summary.txt"), "w", encoding="utf-8") as file:
            file.write("\n".join(self.lines) + "\n")

    def save(self, name, value):
        with open(self.path(name), "w", encoding="utf-8") as file:
            json.dump(value, file, indent=1)

    def fail(self, line):
        self.failed.append(line)
        self.say("FAILED: " + line)

    def skip(self, stage, why):
        self.say(f"{stage}: left out: {why}")

    def run(self, command, log, limit):
        """(exit status, or None at the limit; standard output). All output goes to the log."""
        environment = dict(os.environ)
        if self.options.dry_run and self.options.runtime:
            environment["LD_LIBRARY_PATH"] = ":".join(p for p in (self.options.runtime, environment.get("LD_LIBRARY_PATH")) if p)
            environment["HOTROW_CUDART_DIR"] = self.options.runtime
        with open(self.path(log), "a", encoding="utf-8") as file:
            file.write("$ " + " ".join(command) + "\n")
            file.flush()
            try:
                done = subprocess.run(command, capture_output=True, text=True, timeout=limit, env=environment, cwd=ROOT)
            except subprocess.TimeoutExpired as error:
                file.write(str(error) + "\n")
                return None, ""
            file.write(done.stdout + done.stderr)
        return done.returncode, done.stdout

    def program(self, folder, name):
        """A built program, or None."""
        found = os.path.join(self.options.build, folder, name)
        return found if os.access(found, os.X_OK) else None


def machine(report):
    facts = {"time": time.strftime("%Y-%m-%d %H:%M:%S"), "cores": os.cpu_count()}
    for name, command in {"nvcc": ["nvcc", "--version"], "g++": ["g++", "--version"], "cmake": ["cmake", "--version"], "ncu": ["ncu", "--version"],
                          "compute-sanitizer": ["compute-sanitizer", "--version"], "commit": ["git", "rev-parse", "HEAD"],
                          "gpu": ["nvidia-smi", "--query-gpu=name,memory.total,driver_version,clocks.sm,clocks.mem", "--format=csv,noheader"]}.items():
        if shutil.which(command[0]) is None:
            facts[name] = None
            report.skip("machine", f"{command[0]} is not installed")
            continue
        status, output = report.run(command, "machine.log", 60)
        facts[name] = output.strip() if status == 0 else f"exit status {status}"
    report.save("machine.json", facts)
    report.say(f"machine: {facts['gpu'] or 'no nvidia-smi'}, {facts['cores']} cores")


def build(report):
    options = report.options
    if options.dry_run:
        report.skip("build", f"a dry run takes what is in {options.build}")
        return
    if shutil.which("cmake") is None or shutil.which("nvcc") is None and not os.path.exists("/usr/local/cuda/bin/nvcc"):
        report.fail("build: cmake and nvcc are needed")
        return
    start = time.monotonic()
    generator = ["-G", "Ninja"] if shutil.which("ninja") else []
    configure = ["cmake", "-S", ROOT, "-B", options.build, *generator, "-DCMAKE_BUILD_TYPE=Release", "-DHOTROW_CUDA=ON", "-DHOTROW_BUILD_BENCHMARKS=ON", "-DHOTROW_BUILD_EXAMPLES=OFF",
                 f"-DCMAKE_CUDA_ARCHITECTURES={options.architectures}", *options.cmake]
    status, _ = report.run(configure, "build.log", options.limit)
    if status != 0:
        report.fail(f"build: cmake's exit status is {status}, see build.log; libraries that are not installed: --cmake=-DCMAKE_PREFIX_PATH=...")
        return
    # What times need first, so that they can be had where the rest does not get done.
    targets = ["bench_gpu_step", *CUDA_TESTS, "test_cuda_train"]
    for target in targets:
        left = options.limit - (time.monotonic() - start)
        status, _ = report.run(["cmake", "--build", options.build, "--target", target, "--parallel", str(os.cpu_count())], "build.log", max(left, 1))
        if status != 0:
            report.fail(f"build: {target}: " + ("stopped at the limit" if status is None else f"exit status {status}, see build.log"))
            return
    report.say(f"build: {len(targets)} programs in {time.monotonic() - start:.0f} s")


def tests(report):
    options = report.options
    if options.dry_run:
        # Not by ctest, which may be what runs this.
        program = report.program("tests/cuda", "test_cuda_runtime_calls")
        if program is None:
            report.skip("tests", f"test_cuda_runtime_calls is not in {options.build}/tests/cuda")
            return
        status, _ = report.run([program], "tests.log", options.limit)
        if status == 0:
            report.say("tests: test_cuda_runtime_calls passed")
        elif status == 77:
            report.skip("tests", "no CUDA device")
        else:
            report.fail(f"tests: exit status {status}, see tests.log")
        return
    if not os.path.exists(os.path.join(options.build, "CTestTestfile.cmake")):
        report.skip("tests", f"nothing is built in {options.build}")
        return
    junit = os.path.abspath(report.path("tests.xml"))
    command = ["ctest", "--test-dir", options.build, "-R", "^cuda\\.(steps|runtime_calls|train|train_per_thread)$", "--output-on-failure", "--output-junit", junit]
    status, output = report.run(command, "tests.log", options.limit)
    passed = len(re.findall(r"\.\.+ +Passed", output))
    skipped = len(re.findall(r"\*\*\*Skipped", output))
    if status == 0 and passed > 0 and skipped == 0:
        report.say(f"tests: {passed} passed")
    else:
        report.fail(f"tests: {passed} passed, {skipped} skipped, " + ("stopped at the limit" if status is None else f"exit status {status}") + ", see tests.log")


def sanitizers(report):
    if shutil.which("compute-sanitizer") is None:
        report.skip("sanitizers", "compute-sanitizer is not installed")
        return
    if report.options.dry_run:
        report.skip("sanitizers", "a dry run has no device")
        return
    results = {}
    end = time.monotonic() + report.options.limit
    for test in CUDA_TESTS:
        program = report.program("tests", test) or report.program("tests/cuda", test)
        if program is None:
            report.skip("sanitizers", f"{test} is not built")
            continue
        for tool in SANITIZERS:
            # Most launches look alike; errors of one kernel are needed once.
            command = ["compute-sanitizer", "--tool", tool, "--error-exitcode", "86", "--print-limit", "20", program]
            status, output = report.run(command, f"sanitizer_{tool}.log", max(1, min(end - time.monotonic(), report.options.limit / 3)))
            summary = re.findall(r"ERROR SUMMARY: .*|RACECHECK SUMMARY: .*", output)
            results[f"{test} {tool}"] = {"status": status, "summary": summary}
            report.save("sanitizers.json", results)
            if status is None:
                report.say(f"sanitizers: {test}, {tool}: stopped at the limit, nothing known")
            elif status != 0:
                report.fail(f"sanitizers: {test}, {tool}: {' '.join(summary) or f'exit status {status}'}, see sanitizer_{tool}.log")
            else:
                report.say(f"sanitizers: {test}, {tool}: {' '.join(summary) or 'no errors'}")


def scaled(options, *more):
    scale = ["--scale=0.001", "--tables=2", "--warm=2", "--steps=3", "--inputs=2"] if options.dry_run else [f"--scale={options.scale}"]
    return [*scale, *more]


def times(report):
    program = report.program("bench", "bench_gpu_step")
    if program is None:
        report.skip("times", f"bench_gpu_step is not in {report.options.build}/bench")
        return
    status, output = report.run([program, *scaled(report.options), "--benchmark_format=json"], "times.log", report.options.limit)
    if status == 77:
        report.no_device = True
        report.skip("times", "no CUDA device")
        return
    if status != 0:
        report.fail("times: " + ("stopped at the limit" if status is None else f"exit status {status}, see times.log"))
        return
    result = json.loads(output)
    report.save("times.json", result)
    context = {name: value if name == "device" else float(value) for name, value in result["context"].items()
               if name in ("device", "copy_bytes_a_second", "tables", "rows", "dim", "lookups_a_table", "zipf", "steps")}
    report.say(f"\n{context['device']}: a copy moves {context['copy_bytes_a_second'] / 1e9:,.0f} GB/s. {context['tables']:.0f} tables x {context['rows']:,.0f} rows, "
               f"dim {context['dim']:.0f}, {context['lookups_a_table']:,.0f} lookups a table, Zipf {context['zipf']}; medians of {context['steps']:.0f}, ms"
               + (" (a dry run: these say nothing of a device)" if report.options.dry_run else ""))
    heads = ["step", "in a graph", "L2 warm", "plan", "forward", "backward", "floor", "step/floor", "hit rate"]
    report.say(f"{'':24} " + " ".join(f"{head:>10}" for head in heads))
    for case in result["benchmarks"]:
        values = [case[name] for name in ("flushed_ms", "graph_ms", "warm_ms", "plan_ms", "forward_ms", "backward_ms", "floor_ms")]
        values += [case["graph_ms"] / case["floor_ms"], case["hit_rate"]]
        report.say(f"{case['name'].split('/')[0]:24} " + " ".join(f"{value:10.3f}" for value in values))
    for name, value in PUBLISHED:
        report.say(f"{name:24} {value:10.2f} on an H100")
    report.say("floor: the least bytes of the step over the copy's speed; step/floor is of the step in a graph. L2 is flushed before each step but for 'L2 warm'.")


TORCH = """
import json, sys, torch
rows, tables, lookups, zipf, steps = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]), int(sys.argv[5])
torch.manual_seed(1)
weights = torch.arange(1, rows + 1, dtype=torch.float64).pow(-zipf).cuda()
shuffled = torch.randperm(rows, device="cuda")
draw = lambda: torch.cat([shuffled[torch.searchsorted(weights.cumsum(0), torch.rand(lookups, dtype=torch.float64, device="cuda") * weights.sum()).clamp(max=rows - 1)]
                          + t * rows for t in range(tables)])
inputs = [draw() for _ in range(4)]
offsets = torch.arange(tables * lookups, device="cuda")
bags = torch.nn.EmbeddingBag(rows * tables, 128, mode="sum", sparse=True).cuda()
optimizer = torch.optim.SGD(bags.parameters(), lr=0.01)
gradient = torch.randn(tables * lookups, 128, device="cuda") * 1e-3
times = []
for i in range(steps + 5):
    begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
    begin.record()
    optimizer.zero_grad(set_to_none=True)
    bags(inputs[i % 4], offsets).backward(gradient)
    optimizer.step()
    end.record()
    torch.cuda.synchronize()
    if i >= 5: times.append(begin.elapsed_time(end))
print(json.dumps({"torch": torch.__version__, "median_ms": sorted(times)[len(times) // 2]}))
"""


def torch(report):
    status, output = report.run([sys.executable, "-c", "import torch; print(torch.cuda.is_available())"], "torch.log", 120)
    if status != 0:
        report.skip("torch", "python3 has no torch")
        return
    if "True" not in output or report.options.dry_run:
        report.skip("torch", "PyTorch sees no CUDA device")
        return
    scale = report.options.scale
    status, output = report.run([sys.executable, "-c", TORCH, str(int(1e6 * scale)), "10", str(int(104857 * scale)), "1.05", "30"], "torch.log", report.options.limit)
    if status != 0:
        report.fail("torch: " + ("stopped at the limit" if status is None else f"exit status {status}, see torch.log"))
        return
    result = json.loads(output.splitlines()[-1])
    report.save("torch.json", result)
    report.say(f"torch.nn.EmbeddingBag {result['torch']}, sparse, SGD: {result['median_ms']:.3f} ms a step (the same workload; its update adds duplicates one by one)")


def term_of(kernel):
    return next((term for term, pattern in TERMS if re.search(pattern, kernel)), None)


def read_ncu(text):
    """Sums by term over the launches in ncu's CSV, which has one row a launch and metric, and the program's own output around it.

    >>> read_ncu('==PROF== ...\\n"ID","Kernel Name","Metric Name","Metric Unit","Metric Value"\\n"0","run_tiles<WalkSets<..>>","gpu__time_duration.sum","us","1,000.5"\\n'
    ...          '"1","run_tiles<WalkSets<..>>","gpu__time_duration.sum","ns","500"\\n"1","other","gpu__time_duration.sum","ns","7"\\n {"case": 1}\\n')["walk"]["time_ns"]
    1001000.0
    """
    start = text.find('"ID"')
    sums = {}
    for row in csv.DictReader(text[start:].splitlines()) if start >= 0 else []:
        name = next((key for key, metric in METRICS.items() if metric == row.get("Metric Name")), None)
        term = term_of(row.get("Kernel Name") or "")
        if name is None or term is None:
            continue
        value = float(row["Metric Value"].replace(",", ""))
        value *= {"us": 1e3, "usecond": 1e3, "ms": 1e6, "msecond": 1e6, "s": 1e9, "second": 1e9}.get(row["Metric Unit"], 1)
        entry = sums.setdefault(term, dict.fromkeys(METRICS, 0.0))
        entry[name] += value
    return sums


def emulated_terms(program, runtime, arguments):
    """The emulator's counters of one step, by term: those of a run with it, less those of a run without it."""
    sums = {}
    for sign, steps in ((1, 1), (-1, 0)):
        _, kernels = traffic.run(program, runtime, [*arguments, f"--profile={steps}"])
        for kernel in kernels:
            term = term_of(kernel["demangled"] + " " + kernel["name"])
            if term is None:
                continue
            entry = sums.setdefault(term, dict.fromkeys(traffic.COUNTERS, 0))
            for counter in traffic.COUNTERS:
                entry[counter] += sign * kernel[counter]
    return {term: entry for term, entry in sums.items() if entry["warp_instructions"] > 0}


def ncu(report):
    """One step by terms, by the device's counters and by the emulator's, on the same small workload; and the device's in full size for the times."""
    options = report.options
    program = report.program("bench", "bench_gpu_step")
    if program is None:
        report.skip("ncu", f"bench_gpu_step is not in {options.build}/bench")
        return
    small = ["--scale=0.001", "--tables=2", "--warm=2", "--inputs=2"] if options.dry_run else ["--scale=0.05", "--warm=3", "--inputs=2"]
    full = [f"--scale={options.scale}", "--warm=3", "--inputs=2"]
    cases = ["fp32, sgd", "int8 + 5% cache, sgd"]
    emulated = {}
    if not options.runtime:
        report.skip("ncu", "the emulator's counters: no --runtime with a counting libcudart.so.13")
    else:
        for case in cases:
            emulated[case] = emulated_terms(program, options.runtime, [*small, f"--case={case}"])
            report.save("emulated.json", emulated)
            report.say(f"\nemulator, {case}, {' '.join(small)}: instructions of warps, sectors asked for, different sectors read and written")
            for term, _ in TERMS:
                if term in emulated[case]:
                    e = emulated[case][term]
                    values = [e["warp_instructions"], e["load_sectors"] + e["store_sectors"], e["unique_sectors_read"], e["unique_sectors_written"]]
                    report.say(f"  {term:10} " + " ".join(f"{value:14,}" for value in values))
    if shutil.which("ncu") is None:
        report.skip("ncu", "the device's counters: ncu is not installed")
        return
    if options.dry_run:
        report.skip("ncu", "the device's counters: a dry run has no device")
        return
    results = {}
    end = time.monotonic() + options.limit
    for size in (small, full):
        for case in cases:
            name = f"{case} {' '.join(size)}"
            command = ["ncu", "--csv", "--print-units", "base", "--metrics", ",".join(METRICS.values()), "--clock-control", "none", "--profile-from-start", "off", program,
                       *size, f"--case={case}", "--profile=1"]
            status, output = report.run(command, "ncu.log", max(1, min(end - time.monotonic(), options.limit / 3)))
            results[name] = read_ncu(output)
            report.save("ncu.json", results)
            if status != 0 or not results[name]:
                report.fail(f"ncu: {name}: " + ("stopped at the limit" if status is None else f"exit status {status}, {len(results[name])} terms, see ncu.log"))
                continue
            total = sum(entry["time_ns"] for entry in results[name].values())
            report.say(f"\nncu, {name}: microseconds (its caches are cold), share; instructions of warps, sectors read from L2, sectors of memory read and written")
            for term, _ in TERMS:
                if term in results[name]:
                    e = results[name][term]
                    report.say(f"  {term:10} {e['time_ns'] / 1e3:9.1f} {e['time_ns'] / total:6.1%} {e['instructions']:14,.0f} {e['l2_sectors']:14,.0f} "
                               f"{e['dram_read']:14,.0f} {e['dram_written']:14,.0f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", required=True, help="folder of results")
    parser.add_argument("--build", default=os.path.join(ROOT, "build", "gpu"), help="folder to build in")
    parser.add_argument("--stages", default=",".join(STAGES))
    parser.add_argument("--limit", type=float, default=540, help="seconds for a stage")
    parser.add_argument("--architectures", default="90", help="CMAKE_CUDA_ARCHITECTURES")
    parser.add_argument("--cmake", action="append", default=[], help="an argument for cmake; may be repeated")
    parser.add_argument("--scale", type=float, default=1.0, help="of the rows and lookups of the timings")
    parser.add_argument("--runtime", default=os.environ.get("HOTROW_CUDART_DIR"), help="folder of an emulator's libcudart.so.13 (default: $HOTROW_CUDART_DIR)")
    parser.add_argument("--dry-run", action="store_true")
    options = parser.parse_args()
    unknown = set(options.stages.split(",")) - set(STAGES)
    if unknown:
        parser.error(f"no such stage: {', '.join(sorted(unknown))}; there are {', '.join(STAGES)}")
    report = Report(options)
    results = ["times.json", "emulated.json"] if options.runtime else ["times.json"]
    if options.dry_run:
        for name in results:
            if os.path.exists(report.path(name)):
                os.remove(report.path(name))
    for stage in STAGES:
        if stage in options.stages.split(","):
            globals()[stage](report)
    if options.dry_run and options.stages == ",".join(STAGES):
        if report.no_device:
            print("SKIPPED: no CUDA device, and no emulator")
            sys.exit(77)
        for name in results:
            if not os.path.exists(report.path(name)):
                report.fail(f"{name} was not written")
    report.say(f"\n{len(report.failed)} failures; everything is in {os.path.abspath(options.out)}")
    sys.exit(1 if report.failed else 0)


if __name__ == "__main__":
    main()
