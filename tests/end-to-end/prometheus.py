#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""prometheus.py - a strict parser of metrics in the text format of Prometheus, version 0.0.4.

usage: prometheus.py check FILE             checks the format, and the rules of promtool
       prometheus.py get FILE NAME          prints the value of a sample; NAME has its labels
       prometheus.py sum FILE FAMILY        prints the sum of all samples of a family
       prometheus.py names FILE             prints the families, with their types
       prometheus.py grew OLD NEW           checks that no counter has decreased or is missing

FILE is a path, or a URL that starts with http://.  Exit status: 0 on success; 1 on failure, with the
reason on standard error.
"""
import re
import sys
import urllib.request

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*"'
SAMPLE = re.compile(rf"({NAME})(?:\{{({LABEL}(?:,{LABEL})*)\}})? (\S+)")


class Wrong(Exception):
    pass


def want(condition, what):
    if not condition:
        raise Wrong(what)


def text_of(place):
    if not place.startswith("http://"):
        with open(place, "rb") as file:
            return file.read().decode("utf-8")
    with urllib.request.urlopen(place, timeout=10) as answer:
        want(answer.headers["Content-Type"] == CONTENT_TYPE,
             f"content type: {answer.headers['Content-Type']}")
        return answer.read().decode("utf-8")


class Family:
    def __init__(self, name, help_text):
        self.name, self.help, self.type, self.samples = name, help_text, None, {}


def comment_read(families, line):
    match = re.fullmatch(rf"# (HELP|TYPE) ({NAME}) (\S.*)", line)
    want(match, f"neither HELP nor TYPE: {line}")
    keyword, name, rest = match.groups()
    if keyword == "HELP":
        want(name not in families, f"a repeated family: {name}")
        want(not families or list(families.values())[-1].type, f"a family without TYPE before {name}")
        families[name] = Family(name, rest)
    else:
        family = list(families.values())[-1] if families else None
        want(family and family.name == name and not family.type, f"TYPE without HELP: {line}")
        want(rest in ("counter", "gauge", "histogram"), f"unknown type: {line}")
        family.type = rest


def sample_read(families, line):
    match = SAMPLE.fullmatch(line)
    want(match, f"not a sample: {line}")
    name, labels, value = match.groups()
    family = list(families.values())[-1] if families else None
    want(family and family.type, f"a sample outside of a family: {line}")
    suffixes = ("_bucket", "_sum", "_count") if family.type == "histogram" else ("",)
    want(name in [family.name + suffix for suffix in suffixes], f"a sample of another family: {line}")
    keys = re.findall(r'([a-zA-Z_][a-zA-Z0-9_]*)="', labels or "")
    want(len(keys) == len(set(keys)), f"a repeated label: {line}")
    key = name + ("{" + labels + "}" if labels else "")
    want(key not in family.samples, f"a repeated sample: {line}")
    family.samples[key] = float(value)


def histogram_check(family):
    bounds = []
    for key, value in family.samples.items():
        match = re.fullmatch(rf'{family.name}_bucket\{{le="([^"]*)"\}}', key)
        if match:
            bounds.append((float(match.group(1)), value))
    want(bounds and bounds[-1][0] == float("inf"), f"{family.name}: no last bucket")
    want(bounds == sorted(bounds), f"{family.name}: buckets are not sorted")
    want([count for _, count in bounds] == sorted(count for _, count in bounds),
         f"{family.name}: buckets are not cumulative")
    want(bounds[-1][1] == family.samples.get(family.name + "_count"), f"{family.name}: the last bucket is not _count")
    want(family.samples.get(family.name + "_sum", -1) >= 0, f"{family.name}: _sum is missing or negative")


def family_check(family):
    want(family.type, f"{family.name}: no TYPE")
    want(family.samples, f"{family.name}: no samples")
    want((family.type == "counter") == family.name.endswith("_total"),
         f"{family.name}: counters, and no other family, must end with _total")
    want(family.name == "patchmark_" + family.name[10:], f"{family.name}: must start with patchmark_")
    want(not re.search(r"milliseconds|microseconds|kilobytes|_count_|[A-Z]", family.name),
         f"{family.name}: must have base units and lower-case letters")
    if family.type != "gauge":
        want(all(value >= 0 for value in family.samples.values()), f"{family.name}: a negative value")
    if family.type == "histogram":
        histogram_check(family)


def read(place):
    text = text_of(place)
    families = {}
    want(text.endswith("\n"), "the last line has no end")
    for line in text[:-1].split("\n"):
        want(line == line.strip() and line, f"an empty line, or blanks at an end: '{line}'")
        (comment_read if line.startswith("#") else sample_read)(families, line)
    for family in families.values():
        family_check(family)
    return families


def samples(families):
    return {key: value for family in families.values() for key, value in family.samples.items()}


def number(value):
    return str(int(value)) if value == int(value) else repr(value)


def grew(old, new):
    before, after = read(old), samples(read(new))
    for family in before.values():
        for key, value in family.samples.items() if family.type != "gauge" else ():
            want(key in after, f"{key} is missing")
            want(after[key] >= value, f"{key} decreased from {value} to {after[key]}")


def main(arguments):
    if len(arguments) < 2:
        sys.exit(__doc__)
    command, place = arguments[:2]
    if command == "check":
        read(place)
    elif command == "get":
        value = samples(read(place)).get(arguments[2])
        want(value is not None, f"no sample {arguments[2]}")
        print(number(value))
    elif command == "sum":
        print(number(sum(read(place)[arguments[2]].samples.values())))
    elif command == "names":
        for family in read(place).values():
            print(family.name, family.type)
    elif command == "grew":
        grew(place, arguments[2])
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except (Wrong, OSError, ValueError, KeyError) as fault:
        print(f"prometheus.py: {fault}", file=sys.stderr)
        sys.exit(1)
