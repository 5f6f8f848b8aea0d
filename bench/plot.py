#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Pictures of what the benchmarks print: one subcommand a picture. Needs matplotlib.

    build/test/bench/bench_row_error --csv > row_error.csv
    bench/plot.py row_error row_error.csv docs/pictures/row_error.svg
"""
import argparse
import csv

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt  # noqa: E402

# Colours of Okabe and Ito, which stay apart for the colour-blind.
COLOURS = {"fp32": "#000000", "fp16": "#0072B2", "bf16": "#56B4E9", "fp8_e4m3": "#009E73", "fp8_e5m2": "#999999",
           "int8": "#E69F00", "int4": "#D55E00", "int2": "#CC79A7"}
# What a quantizer's name begins with decides its marker.
MARKERS = {"Cast": "o", "RowScaled": "o", "RowAffine": "s", "RowSymmetric": "D", "RowClipped": "^", "RowLearned": "v",
           "BlockAffine": "P", "BlockSymmetric": "X", "BlockClipped": "*"}


def new_axes(width, height):
    """A figure in the style that all pictures share."""
    plt.rcParams.update({"font.size": 9, "svg.fonttype": "none", "svg.hashsalt": "hotrow",
                         "axes.spines.top": False, "axes.spines.right": False})
    figure, axes = plt.subplots(figsize=(width, height), constrained_layout=True)
    axes.grid(True, which="major", color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    return figure, axes


def save(figure, path):
    """The same input gives the same bytes."""
    figure.savefig(path, metadata={"Date": None} if path.endswith(".svg") else None)


def marker_of(quantizer):
    return MARKERS[quantizer.split("<")[0]]


def best_rows(rows):
    """Those than which no other has both fewer bytes and less error."""
    def beaten(row):
        return any(other["bytes"] <= row["bytes"] and other["error"] < row["error"] for other in rows)
    return [row for row in rows if not beaten(row)]


def read_row_error(path):
    with open(path, newline="") as file:
        return [{"precision": line["precision"], "quantizer": line["quantizer"], "bytes": int(line["bytes_64"]),
                 "error": float(line["nearest_64"])} for line in csv.DictReader(file)]


def row_error(arguments):
    """Bytes of a stored row against the error of its elements. FP32 has none, and is left out."""
    rows = [row for row in read_row_error(arguments.input) if row["error"] > 0]
    figure, axes = new_axes(7.2, 5.4)
    best = sorted(best_rows(rows), key=lambda row: row["bytes"])
    axes.plot([row["bytes"] for row in best], [row["error"] for row in best], color="#bbbbbb", linewidth=1, zorder=1)
    for row in rows:
        axes.scatter(row["bytes"], row["error"], s=34, color=COLOURS[row["precision"]], marker=marker_of(row["quantizer"]),
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
    save(figure, arguments.output)


def label_best(axes, best):
    """Names each point of the line below and left of it, none over another. The axes must have their scales."""
    lowest = float("inf")
    for row in best:
        y = axes.transData.transform((row["bytes"], row["error"]))[1] * 72 / axes.figure.dpi
        lowest = min(y - 4, lowest - 9)
        axes.annotate(f"{row['precision']} {row['quantizer']}", (row["bytes"], row["error"]), xytext=(-6, lowest - y),
                      textcoords="offset points", ha="right", va="top", fontsize=7, color=COLOURS[row["precision"]])


def label_precisions(axes, rows):
    """Each precision's name above its points."""
    for precision in dict.fromkeys(row["precision"] for row in rows):
        points = [row for row in rows if row["precision"] == precision]
        top = max(points, key=lambda row: row["error"])
        axes.annotate(precision, (top["bytes"], top["error"]), xytext=(6, 3), textcoords="offset points", fontweight="bold",
                      color=COLOURS[precision])


def label_quantizers(axes, names):
    shown = [name for name in MARKERS if name in names and name != "RowScaled"]
    for name in shown:
        label = "Cast, RowScaled" if name == "Cast" else name
        axes.scatter([], [], s=34, color="#666666", marker=MARKERS[name], label=label)
    axes.legend(loc="lower left", fontsize=7, frameon=False)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    pictures = parser.add_subparsers(required=True, metavar="picture")
    picture = pictures.add_parser("row_error", help="bytes of a row against its error")
    picture.add_argument("input", help="output of bench_row_error --csv")
    picture.add_argument("output", help="the picture: .svg or .png")
    picture.set_defaults(draw=row_error)
    arguments = parser.parse_args()
    arguments.draw(arguments)


if __name__ == "__main__":
    main()
