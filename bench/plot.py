#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Draws the pictures of docs/ from what the benchmarks report. Needs matplotlib. bench/draw_all.py runs the benchmarks, too.

    bench_hit_rate --criteo=FILE --benchmark_out=results.json
    bench/plot.py hit_rate results.json docs/pictures/hit_rate.svg
    bench/plot.py budget results.json docs/pictures/budget.svg
    bench_row_error --benchmark_out=row_error.json
    bench/plot.py row_error row_error.json docs/pictures/row_error.svg
    bench/plot.py row_error_table row_error.json row_error.md
    dlrm --data FILE --sweep sweep.csv
    bench/plot.py accuracy sweep.csv docs/pictures/accuracy.svg
    bench_link_bytes --criteo=FILE --zipf=1.05 --benchmark_out=link_bytes.json
    bench/plot.py link_bytes link_bytes.json docs/pictures/link_bytes.svg
"""

import argparse
import csv
import json
import re
import statistics
from collections import defaultdict

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.ticker import NullLocator

# Okabe and Ito's colours, which all kinds of colour vision tell apart.
BLACK, ORANGE, SKY, GREEN, BLUE, RED, PINK = "#000000", "#E69F00", "#56B4E9", "#009E73", "#0072B2", "#D55E00", "#CC79A7"

POLICIES = {  # name in the results: label, colour, marker
    "lookahead": ("Lookahead, 64 batches", PINK, "D"),
    "lfu_aged": ("LfuAged (default)", BLUE, "o"),
    "sieve": ("Sieve", GREEN, "^"),
    "lfu": ("Lfu", ORANGE, "s"),
    "lru": ("Lru", RED, "v"),
    "fifo": ("Fifo", SKY, "x"),
}
PRECISIONS = {
    "fp16": ("FP16", GREEN, "^"),
    "int8": ("INT8", BLUE, "o"),
    "int4": ("INT4", RED, "s"),
    "int2": ("INT2", PINK, "D"),
}


def read_results(path):
    """The results of a run of Google Benchmark, with the parts of their names (key:value) as further keys."""
    with open(path, encoding="utf-8") as file:
        results = json.load(file)["benchmarks"]
    for result in results:
        result["kind"] = result["name"].split("/")[0]
        result.update(re.findall(r"/([a-z]\w*):([^/]+)", result["name"]))
    return [result for result in results if result.get("run_type") != "aggregate" and "error_message" not in result]


def label_lines(axes, ends, least_distance):
    """Writes labels right of the ends of lines, moved apart where they would touch. `ends`: (x, y, text, colour); the distance is
    in parts of the height of the axes."""
    axes.autoscale_view()  # else the limits are set only when the picture is drawn
    to_axes = axes.transAxes.inverted()
    placed = sorted((to_axes.transform(axes.transData.transform((x, y)))[1], x, text, colour) for x, y, text, colour in ends)
    heights = []
    for height, *_ in placed:
        heights.append(max(height, heights[-1] + least_distance) if heights else height)
    # All moved up; back by as much on average.
    excess = sum(height - wanted[0] for height, wanted in zip(heights, placed)) / max(1, len(placed))
    for height, (_, _, text, colour) in zip(heights, placed):
        axes.annotate(text, (1.02, height - excess), xycoords="axes fraction", color=colour, va="center", fontsize=9)


def plain(axes):
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(True, color="#DDDDDD", linewidth=0.6)
    axes.set_axisbelow(True)


def percent_ticks(axes, shares):
    axes.set_xscale("log")
    axes.set_xticks(shares, [f"{100 * share:.3g} %" for share in shares])
    axes.xaxis.set_minor_locator(NullLocator())


def title_of_batch(batch):
    return "one lookup a batch" if batch == 1 else f"{batch:,} samples a batch"


def hit_rate(results, path):
    """Hit rate by size of the cache, a curve for each policy and one for the optimum, a panel for each batch size."""
    chosen = [r for r in results if r["kind"] == "hit_rate" and r["ways"] == "32" and r["precision"] == "int8"]
    batches = sorted({int(r["batch"]) for r in chosen})
    figure, panels = plt.subplots(1, len(batches), figsize=(5.6 * len(batches), 4.2), sharey=True, squeeze=False)
    for axes, batch in zip(panels[0], batches):
        plain(axes)
        curves, optimum = defaultdict(list), {}
        for r in chosen:
            if int(r["batch"]) != batch:
                continue
            share = float(r["share"])
            curves[r["policy"]].append((share, r["hit_rate"]))
            if "optimum" in r:
                optimum[share] = r["optimum"]
        ends = []
        if optimum:
            shares, best = zip(*sorted(optimum.items()))
            axes.plot(shares, best, color=BLACK, linestyle="--", linewidth=1.2)
            ends.append((shares[-1], best[-1], "optimum, future known", BLACK))
        for policy, (text, colour, marker) in POLICIES.items():
            if policy not in curves or (policy == "lookahead" and batch == 1):  # 64 lookups are no view ahead
                continue
            shares, rates = zip(*sorted(curves[policy]))
            axes.plot(shares, rates, color=colour, marker=marker, markersize=4, linewidth=1.4)
            ends.append((shares[-1], rates[-1], text, colour))
        percent_ticks(axes, sorted({float(r["share"]) for r in chosen}))
        axes.set_ylim(0, 1)
        axes.set_title(title_of_batch(batch), fontsize=10)
        axes.set_xlabel("lines over rows")
        label_lines(axes, ends, 0.05)
    panels[0][0].set_ylabel("hit rate")
    save(figure, path)


def budget(results, path):
    """What a number of bytes buys, a curve for each precision: hit rate, bytes of stored rows moved, error of the rows looked up."""
    chosen = [r for r in results if r["kind"] == "budget"]
    views = [
        ("hit_rate", "hit rate", "linear"),
        ("stored_bytes", "bytes of stored rows moved per lookup", "log"),
        ("row_error", "RMS error of rows looked up / their deviation", "log"),
    ]
    figure, panels = plt.subplots(1, len(views), figsize=(4.6 * len(views), 4.0))
    for axes, (counter, text, scale) in zip(panels, views):
        plain(axes)
        axes.set_yscale(scale)
        ends = []
        for precision, (name, colour, marker) in PRECISIONS.items():
            points = sorted((float(r["budget"]), r[counter]) for r in chosen if r["precision"] == precision)
            if not points:
                continue
            axes.plot(*zip(*points), color=colour, marker=marker, markersize=4, linewidth=1.4)
            ends.append((*points[-1], name, colour))
        axes.set_xlabel("stored rows and cache over FP32 rows, bytes")
        axes.set_title(text, fontsize=10)
        if scale == "linear":
            axes.set_ylim(0, 1)
        label_lines(axes, ends, 0.05)
    save(figure, path)


# Colour of each precision among row formats.
FORMAT_COLOURS = {"fp32": "#000000", "fp16": "#0072B2", "bf16": "#56B4E9", "fp8_e4m3": "#009E73", "fp8_e5m2": "#999999",
           "int8": "#E69F00", "int4": "#D55E00", "int2": "#CC79A7"}
# What a quantizer's name begins with decides its marker.
MARKERS = {"Cast": "o", "RowScaled": "o", "RowAffine": "s", "RowSymmetric": "D", "RowClipped": "^", "RowLearned": "v",
           "BlockAffine": "P", "BlockSymmetric": "X", "BlockClipped": "*"}


def marker_of(quantizer):
    return MARKERS[quantizer.split("<")[0]]


def best_rows(rows):
    """Those than which no other has both fewer bytes and less error."""
    def beaten(row):
        return any(other["bytes"] <= row["bytes"] and other["error"] < row["error"] for other in rows)
    return [row for row in rows if not beaten(row)]


def row_error(results, path):
    """Bytes of a stored row against the error of its elements. FP32 has none, and is left out."""
    rows = [{"precision": r["precision"], "quantizer": r["quantizer"], "bytes": round(r["bytes_64"]), "error": r["nearest_64"]}
            for r in results if r["nearest_64"] > 0]
    figure, axes = plt.subplots(figsize=(7.2, 5.4))
    plain(axes)
    best = sorted(best_rows(rows), key=lambda row: row["bytes"])
    axes.plot([row["bytes"] for row in best], [row["error"] for row in best], color="#bbbbbb", linewidth=1, zorder=1)
    for row in rows:
        axes.scatter(row["bytes"], row["error"], s=34, color=FORMAT_COLOURS[row["precision"]], marker=marker_of(row["quantizer"]),
                     edgecolors="white", linewidths=0.5, zorder=2)
    label_quantizers(axes, {row["quantizer"].split("<")[0] for row in rows})
    label_precisions(axes, rows)
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.set_xlim(6, 160)
    axes.set_xticks([16, 32, 64, 128], ["16", "32", "64", "128"])
    axes.set_xlabel("bytes of a stored row, dim 64 (FP32: 256)")
    axes.set_ylabel("root mean square error, nearest rounding\n(elements of unit variance)")
    label_best(axes, best)
    save(figure, path)


def row_error_table(results, path):
    """The table of docs/row_formats.md, in Markdown"""
    with open(path, "w", encoding="utf-8") as file:
        file.write("| precision | quantizer | bytes, dim 64 | bytes, dim 128 | FP32 / bytes, dim 64 | error nearest, dim 64 | "
                   "error stochastic, dim 64 | error nearest, dim 128 |\n|---|---|---:|---:|---:|---:|---:|---:|\n")
        for r in results:
            file.write(f"| `{r['precision']}` | `{r['quantizer']}` | {r['bytes_64']:.0f} | {r['bytes_128']:.0f} | {256 / r['bytes_64']:.1f} | "
                       f"{r['nearest_64']:.5f} | {r['stochastic_64']:.5f} | {r['nearest_128']:.5f} |\n")


def label_best(axes, best):
    """Names each point of the line below and left of it, none over another. The axes must have their scales."""
    lowest = float("inf")
    for row in best:
        y = axes.transData.transform((row["bytes"], row["error"]))[1] * 72 / axes.figure.dpi
        lowest = min(y - 4, lowest - 9)
        axes.annotate(f"{row['precision']} {row['quantizer']}", (row["bytes"], row["error"]), xytext=(-6, lowest - y),
                      textcoords="offset points", ha="right", va="top", fontsize=7, color=FORMAT_COLOURS[row["precision"]])


def label_precisions(axes, rows):
    """Each precision's name above its points."""
    for precision in dict.fromkeys(row["precision"] for row in rows):
        points = [row for row in rows if row["precision"] == precision]
        top = max(points, key=lambda row: row["error"])
        axes.annotate(precision, (top["bytes"], top["error"]), xytext=(6, 3), textcoords="offset points", fontweight="bold",
                      color=FORMAT_COLOURS[precision])


def label_quantizers(axes, names):
    shown = [name for name in MARKERS if name in names and name != "RowScaled"]
    for name in shown:
        label = "Cast, RowScaled" if name == "Cast" else name
        axes.scatter([], [], s=34, color="#666666", marker=MARKERS[name], label=label)
    axes.legend(loc="lower left", fontsize=7, frameon=False)


def save(figure, path):
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None}, bbox_inches="tight")
    plt.close(figure)


def read_runs(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def accuracy(runs, path):
    """Log loss beyond FP32's by bytes, a curve over the sizes of the cache for each precision, a panel for each rounding."""
    fp32 = {(r["dim"], r["seed"]): r for r in runs if r["rows"] == "fp32"}
    differences = defaultdict(list)
    for r in runs:
        if r["dim"] == "64" and r["rows"] != "fp32" and r["quantizer"] == "plain":
            loss, plain_loss = (float(x["progressive_log_loss"]) for x in (r, fp32[r["dim"], r["seed"]]))
            ratio = float(r["fp32_bytes"]) / float(r["embedding_bytes"])
            differences[r["rounding"], r["rows"], ratio].append(loss - plain_loss)
    colours = {**PRECISIONS, "bf16": ("BF16", ORANGE, "v"), "fp8": ("FP8", SKY, "x")}
    figure, panels = plt.subplots(1, 2, figsize=(11, 4.2), sharey=True)
    for axes, rounding in zip(panels, ("nearest", "stochastic")):
        plain(axes)
        axes.axhspan(-0.001, 0.001, color="#EEEEEE")
        axes.axhline(0, color=BLACK, linewidth=0.8)
        for rows, (name, colour, marker) in colours.items():
            points = sorted((ratio, statistics.mean(d), statistics.stdev(d) / len(d) ** 0.5)
                            for (its_rounding, its_rows, ratio), d in differences.items() if (its_rounding, its_rows) == (rounding, rows))
            if points:
                ratios, means, errors = zip(*points)
                axes.errorbar(ratios, means, errors, color=colour, marker=marker, markersize=4, linewidth=1.2, label=name)
        axes.set_xscale("log")
        axes.set_xticks([2, 3, 4, 6, 8, 12], ["2", "3", "4", "6", "8", "12"])
        axes.xaxis.set_minor_locator(NullLocator())
        axes.set_yscale("symlog", linthresh=0.001, linscale=1.5)
        axes.set_xlabel("FP32's bytes over rows and cache")
        axes.set_title(f"rounded {'to nearest' if rounding == 'nearest' else 'stochastically'}", fontsize=10)
    panels[0].set_ylabel("progressive log loss beyond FP32's")
    panels[0].legend(frameon=False, fontsize=8)
    save(figure, path)


def link_bytes(results, path):
    """Bytes over the host link by size of the cache, a curve for each precision and a thin one for each other policy, a panel for each trace."""
    traces = list(dict.fromkeys(r["trace"] for r in results))
    shares = sorted({float(r["share"]) for r in results})
    precisions = {"fp32": ("FP32", BLACK, "v"), **PRECISIONS}
    styles = {"lfu_aged": ("-", 1.4), "lru": (":", 1.0), "lookahead": ("--", 1.0)}
    figure, panels = plt.subplots(1, len(traces), figsize=(5.6 * len(traces), 4.2), sharey=True, squeeze=False)
    for axes, trace in zip(panels[0], traces):
        plain(axes)
        axes.set_yscale("log")
        curves = defaultdict(dict)
        for r in results:
            if r["trace"] == trace:
                # Without a cache there is no policy.
                for policy in styles if r["policy"] == "none" else [r["policy"]]:
                    curves[r["precision"], policy][shares.index(float(r["share"]))] = r["bytes"]
        ends = []
        for (precision, policy), points in curves.items():
            text, colour, marker = precisions[precision]
            if policy != "lfu_aged" and len(points) < 2:
                continue  # a policy that was not run with this precision
            style, width = styles[policy]
            places, values = zip(*sorted(points.items()))
            axes.plot(places, values, color=colour, linestyle=style, linewidth=width, marker=marker if policy == "lfu_aged" else None, markersize=4)
            if policy == "lfu_aged":
                ends.append((places[-1], values[-1], text, colour))
        axes.set_xticks(range(len(shares)), [f"{100 * share:.3g} %" if share else "no cache" for share in shares])
        axes.set_yticks([10, 20, 50, 100, 200, 400], ["10", "20", "50", "100", "200", "400"])
        axes.yaxis.set_minor_locator(NullLocator())
        axes.set_title(trace.replace("criteo", "Criteo").replace("zipf_", "Zipf, exponent "), fontsize=10)
        axes.set_xlabel("lines over rows")
        label_lines(axes, ends, 0.05)
    for policy, text in {"lfu_aged": "LfuAged (default)", "lru": "Lru", "lookahead": "Lookahead, 8 batches"}.items():
        panels[0][0].plot([], [], color="#666666", linestyle=styles[policy][0], linewidth=styles[policy][1], label=text)
    panels[0][0].legend(loc="upper right", fontsize=8, frameon=False)
    panels[0][0].set_ylabel("bytes read and written over the link per lookup")
    save(figure, path)


# name: how to read the results, how to draw them
PICTURES = {"hit_rate": (read_results, hit_rate), "budget": (read_results, budget), "row_error": (read_results, row_error),
            "row_error_table": (read_results, row_error_table),
            "accuracy": (read_runs, accuracy), "link_bytes": (read_results, link_bytes)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="picture", required=True)
    for name, (_, draw) in PICTURES.items():
        command = commands.add_parser(name, help=draw.__doc__.split(",")[0])
        command.add_argument("results", help="JSON from --benchmark_out; for accuracy CSV: the file of dlrm --sweep")
        command.add_argument("picture_file", help="where the picture goes (.svg, .png, ...)")
    arguments = parser.parse_args()
    plt.rcParams.update({"font.size": 9, "svg.hashsalt": "hotrow", "svg.fonttype": "none"})
    read, draw = PICTURES[arguments.picture]
    draw(read(arguments.results), arguments.picture_file)


if __name__ == "__main__":
    main()
