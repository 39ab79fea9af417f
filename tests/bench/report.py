#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
#
# report.py - prints the results of the benchmarks as tables.
#
#     report.py [--only=BENCH] [--json=FILE] [--svg=FILE] RESULTS
#
# RESULTS has one JSON object on each line, as lib-bench.sh writes them.  A table has the median of the
# rounds and, in brackets, the least and the greatest value; with --only=none no table is printed.  Ratios
# are computed within a round, of measurements that were made one after the other.  --json=FILE writes
# all summaries, all lines, and a description of the machine.
import argparse
import json
import statistics
import sys

import chart
import machine

quiet = False
LABELS = {
    "A": "A: does nothing", "B": "B: GMime, and nothing else", "patchmark": "patchmark",
    "nosink": "patchmark without a sink",
    "before": "patchmark, earlier version",
    "opendkim": "opendkim, no keys", "python": "python3-milter, does nothing",
    "reader": "GMime", "reader-text": "GMime, text decoded", "none": "classify --format=none",
    "json": "classify --format=json", "b4": "b4",
    "none-before": "none, earlier version", "json-before": "json, earlier version",
    "without": "no filter", "A-nagle": "A, libmilter as it is",
}


class Spread:
    """The median, the least and the greatest value of the rounds."""

    def __init__(self, values):
        self.median, self.least, self.most = statistics.median(values), min(values), max(values)

    def text(self, form):
        return "%s (%s-%s)" % tuple(form % x for x in (self.median, self.least, self.most))

    def json(self):
        return {"median": self.median, "min": self.least, "max": self.most}


def rounds_of(lines, value, **wanted):
    """Returns VALUE of each line by its round, of the lines whose keys equal WANTED."""
    found = {}
    for line in lines:
        if all(line.get(key) == what for key, what in wanted.items()):
            found[line["round"]] = value(line)
    return found


def spread(values):
    return Spread(list(values.values())) if values else None


def ratio(values, to):
    return spread({r: v / to[r] for r, v in values.items() if to.get(r)})


def names_of(lines):
    return list(dict.fromkeys(line["what"] for line in lines))


def table(title, head, rows):
    if not rows or quiet:
        return
    rows = [[LABELS.get(row[0], row[0])] + [cell or "-" for cell in row[1:]] for row in rows]
    widths = [max(len(row[i]) for row in [head] + rows) for i in range(len(head))]
    print("\n" + title + "\n")
    for row in [head, ["-" * width for width in widths]] + rows:
        cells = [row[0].ljust(widths[0])] + [c.rjust(w) for c, w in zip(row[1:], widths[1:])]
        print("  ".join(cells).rstrip())


def text(what, form):
    return what.text(form) if what else None


def summary(values):
    return {key: value.json() for key, value in values.items() if value}


# ---- the benchmarks: each function prints tables, and returns the summary for the JSON ------------

def per_second(line):
    return line["mails_per_second"]


def milter(lines):
    result, rows, half_rows = {}, [], []
    full = {name: rounds_of(lines, per_second, what=name, load="full") for name in names_of(lines)}
    for name in full:
        def one(key, load="full", by=1, name=name):
            return spread(rounds_of(lines, lambda line: line[key] / by, what=name, load=load))

        def cpu(which, key="cpu_us"):
            return rounds_of(lines, lambda line: line[key] / line["mails"], what=which, load="full")
        values = {
            "mails_per_second": spread(full[name]),
            "to_A": ratio(full[name], full.get("A", {})), "to_B": ratio(full[name], full.get("B", {})),
            "to_before": ratio(full[name], full.get("before", {})),
            "cpu_us": spread(cpu(name)), "kernel_us": spread(cpu(name, "kernel_us")),
            "cpu_to_A": ratio(cpu(name), cpu("A")), "cpu_to_B": ratio(cpu(name), cpu("B")),
            "rss_mib": one("rss_kib", by=1024), "most_mib": one("most_kib", by=1024)}
        for load in "full", "half":
            for key in "p50_us", "p99_us", "p999_us":
                values[key + "_" + load] = one(key, load)
        p99_half = {which: rounds_of(lines, lambda line: line["p99_us"], what=which, load="half")
                    for which in (name, "before")}
        values["p99_half_to_before"] = ratio(p99_half[name], p99_half["before"])
        result[name] = summary(values)
        rows.append([name, text(values["mails_per_second"], "%.0f"), text(values["to_A"], "%.2f"),
                     text(values["to_B"], "%.2f"), text(values["to_before"], "%.2f"), text(values["cpu_us"], "%.0f"),
                     text(values["kernel_us"], "%.0f"), text(values["rss_mib"], "%.0f")])
        half_rows.append([name] + [text(values[key + "_" + load], "%.0f") for load in ("full", "half")
                                   for key in ("p50_us", "p99_us", "p999_us")] +
                         [text(values["p99_half_to_before"], "%.2f")])
    table("milter, four connections, full load",
          ["", "mails/s", "to A", "to B", "to before", "CPU us/mail", "in kernel", "MiB"], rows)
    table("microseconds per mail, at full load and at half of the rate of the slower patchmark",
          ["", "p50", "p99", "p99.9", "half: p50", "p99", "p99.9", "p99 to before"], half_rows)
    return result


def classify(lines):
    result, rows = {}, []
    rates = {name: rounds_of(lines, lambda line: line["mails"] / line["seconds"], what=name)
             for name in names_of(lines)}
    cpus = {name: rounds_of(lines, lambda line: line["cpu_us"] / line["mails"], what=name) for name in rates}
    for name, rate in rates.items():
        values = {"mails_per_second": spread(rate), "to_reader": ratio(rate, rates.get("reader", {})),
                  "to_reader_text": ratio(rate, rates.get("reader-text", {})),
                  "to_before": ratio(rate, rates.get(name + "-before", {})), "cpu_us": spread(cpus[name])}
        result[name] = summary(values)
        rows.append([name, text(values["mails_per_second"], "%.0f"), text(values["to_reader"], "%.2f"),
                     text(values["to_reader_text"], "%.2f"), text(values["to_before"], "%.2f"),
                     text(values["cpu_us"], "%.0f")])
    table("reading an mbox, with the start of the program",
          ["", "mails/s", "to GMime", "to GMime with text", "to before", "CPU us/mail"], rows)
    return result


def postfix(lines):
    result, rows = {}, []
    for socket in "unix", "inet":
        own = [line for line in lines if line["socket"] == socket]
        rates = {name: rounds_of(own, per_second, what=name) for name in names_of(own)}
        for name, rate in sorted(rates.items()):
            delivered = {which: rounds_of(own, lambda line: line["mails"] / line["delivered_seconds"], what=which)
                         for which in (name, "A")}
            values = {
                "mails_per_second": spread(rate), "to_A": ratio(rate, rates.get("A", {})),
                "to_no_filter": ratio(rate, rates.get("without", {})),
                "delivered_per_second": spread(delivered[name]),
                "delivered_to_A": ratio(delivered[name], delivered["A"]),
                "p50_us": spread(rounds_of(own, lambda line: line["p50_us"], what=name)),
                "p99_us": spread(rounds_of(own, lambda line: line["p99_us"], what=name))}
            result.setdefault(socket, {})[name] = summary(values)
            label = LABELS[name] if name == "without" else "%s, %s" % (LABELS[name], socket)
            rows.append([label, text(values["mails_per_second"], "%.0f"), text(values["to_A"], "%.2f"),
                         text(values["to_no_filter"], "%.2f"), text(values["delivered_to_A"], "%.2f"),
                         text(values["p50_us"], "%.0f"), text(values["p99_us"], "%.0f")])
    table("through Postfix, four connections",
          ["", "mails/s accepted", "to A", "to no filter", "delivered, to A", "p50 us", "p99 us"], rows)
    return result


def instructions(lines):
    result, totals = {}, []
    for name in names_of(lines):
        parts = {}
        for line in lines:
            if line["what"] == name:
                parts.setdefault(line["part"], []).append(line)
        total = parts["stage"][0]["instructions"]
        totals.append((name, total))
        result[name] = {part: [{key: line[key] for key in ("name", "depth", "instructions") if key in line}
                               for line in own] for part, own in parts.items()}
        for part, own in parts.items():
            if name not in ("reader", "reader-text", "A", "B") or part == "function":
                table("instructions per mail by %s: %s" % (part, LABELS[name]), ["", "thousands", "of all"],
                      [["  " * line.get("depth", 0) + line["name"], "%.1f" % (line["instructions"] / 1000),
                        "%.1f %%" % (100 * line["instructions"] / total)] for line in own])
    all_of = dict(totals)
    table("instructions per mail, without those of the kernel",
          ["", "thousands", "times GMime", "times A", "times B"],
          [[name, "%.1f" % (total / 1000)] +
           ["%.2f" % (total / all_of[to]) if to in all_of and is_milter == (name in ("A", "B", "patchmark", "before")) else None
            for to, is_milter in (("reader", False), ("A", True), ("B", True))] for name, total in totals])
    return result


GROWTH = {
    "patch": ("a patch by its length", "bytes", lambda line: line["bytes"]),
    "reply": ("a quoting reply by its length", "bytes", lambda line: line["bytes"]),
    "files": ("a patch by the files of its diff", "files", lambda line: line["size"]),
    "series": ("a patch by the series in the index", "series", lambda line: line["size"]),
    "commit": ("the commit of a patch, by another thread, by the series in the index", "series",
               lambda line: line["size"]),
}


def growth(lines):
    """The last column is the cost of each further unit, from one line to the next: it is constant if the
    time grows linearly."""
    result = {}
    for name, (title, unit, size_of) in GROWTH.items():
        own = [line for line in lines if line["what"] == name]
        rows, before = [], None
        for line in own:
            more = before and size_of(line) - size_of(before)
            rows.append(["%d" % size_of(line), "%.1f" % line["us"], "%.2f" % (line["us"] / own[0]["us"]),
                         "%.2f" % ((line["us"] - before["us"]) * 1000 / more) if more else None])
            before = line
        table("CPU time of %s" % title, [unit, "us", "times the first", "ns for each more"], rows)
        result[name] = [{unit: size_of(line), "us": line["us"]} for line in own]
    return result


BENCHES = {"milter": milter, "classify": classify, "postfix": postfix, "instructions": instructions, "growth": growth}


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--only")
    options.add_argument("--json")
    options.add_argument("--svg")
    options.add_argument("results")
    options = options.parse_args()
    global quiet
    quiet = options.only == "none"
    with open(options.results, encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    results = {"machine": machine.facts()}
    for name, summarize in BENCHES.items():
        own = [line for line in lines if line["bench"] == name]
        if own and options.only in (None, name, "none"):
            results[name] = summarize(own)
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump({**results, "measured": lines}, file, indent=1)
            file.write("\n")
    if options.svg:
        with open(options.svg, "w", encoding="utf-8") as file:
            file.write(chart.draw(results))
    return 0


sys.exit(main())
