#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""event_series.py - compares what events say of a series with its mails.

    python3 tests/accuracy/event_series.py [-v] MBOX...

Runs `patchmark classify --format=events` on each MBOX, which may be gzipped.  PATCHMARK names the program, by default
milter/patchmark in the current folder, which is the build folder.  For every event series.*, title, author, lists and
supersedes of its series (and of the older one of series.superseded) must be those that the earlier events tell:
title and author of the cover, else of the lowest part that was seen; the lists of all members; the older series
that was shown so far.  The parts must be the mails that message.seen named first for each number, unless a partial
posting replaced them.  The size of each event, the order of sequences and the uniqueness of ids are checked as well.

Prints how many events were compared and how many differ; -v prints each difference.  Exits with 1 if one differs.
"""
import argparse
import collections
import json
import subprocess
import sys
import tempfile

from archive import PATCHMARK, read

LIMIT = 65536


class Series:
    """A series as the events told of it so far."""

    def __init__(self):
        self.parts = {}  # number: the object "message" of the mail that was received first
        self.lists = set()
        self.supersedes = set()
        self.replaced = {}  # number: Message-ID

    def head(self):
        return self.parts[min(self.parts)] if self.parts else {}


class Check:
    def __init__(self, verbose):
        self.verbose = verbose
        self.series = collections.defaultdict(Series)
        self.alias = {}
        self.ids = set()
        self.counts = collections.Counter()
        self.differences = collections.Counter()

    def of(self, name):
        while name in self.alias:
            name = self.alias[name]
        return self.series[name]

    def differs(self, what, event, found, expected):
        self.differences[what] += 1
        if self.verbose:
            print(f"{event['type']} {event.get('subject')} ({event['data'].get('message', {}).get('id')}): "
                  f"{what} is {found!r}, expected {expected!r}")

    def compare(self, what, event, found, expected):
        if found != expected:
            self.differs(what, event, found, expected)

    def learn(self, event):
        """Learns from an event what later ones, and the others of its mail, must say."""
        kind, data = event["type"].split(".", 1)[1], event["data"]
        if kind == "message.seen.v1" and "part" in data.get("series", {}):
            message, series = data["message"], self.of(data["series"]["id"])
            old = series.parts.get(message["part"])
            if not old or message["received"] < old["received"]:
                series.parts[message["part"]] = message
        if kind in ("message.seen.v1", "message.posted.v1") and "part" in data.get("series", {}):
            self.of(data["series"]["id"]).lists.update(data["message"].get("lists", []))
        if kind == "series.superseded.v1":
            self.of(data["series"]["id"]).supersedes.add(data["old"]["id"])
            for replaced in data.get("replaced", []):
                self.of(data["old"]["id"]).replaced[replaced["part"]] = replaced["by"]
        if kind == "series.amended.v1" and data["reason"] == "replaced":
            for part in data["parts"]:
                self.of(data["series"]["id"]).replaced[part] = data["message"]["id"]
        if kind == "series.aliased.v1":
            self.join(data["series"]["id"], data["same_as"])

    def join(self, name, others):
        for other in others:
            if self.of(other) is self.of(name):
                continue
            while other in self.alias:
                other = self.alias[other]
            old, new = self.series.pop(other), self.of(name)
            self.alias[other] = name
            for part, message in old.parts.items():
                known = new.parts.get(part)
                if not known or message["received"] < known["received"]:
                    new.parts[part] = message
            new.lists |= old.lists
            new.supersedes |= old.supersedes
            new.replaced.update(old.replaced)

    def check_series(self, event, found):
        """Compares an object "series" with what is known."""
        series = self.of(found["id"])
        head = series.head()
        self.counts["series"] += 1
        self.compare("title", event, found.get("title"), head.get("title", ""))
        self.compare("author", event, found.get("author"), head.get("author"))
        self.compare("submitter", event, found.get("submitter"), head.get("sender"))
        self.compare("lists", event, set(found["lists"]), series.lists)
        if found.get("supersedes") not in (series.supersedes or {None}):
            self.differs("supersedes", event, found.get("supersedes"), series.supersedes)
        if "truncated" in found:
            return
        parts = {part["part"]: part["message_id"] for part in found["parts"]}
        expected = {number: message["id"] for number, message in series.parts.items()}
        expected.update((part, by) for part, by in series.replaced.items() if part in parts)
        self.compare("parts", event, parts, expected)
        total = found.get("total", 0)
        self.compare("missing", event, found["missing"],
                     [part for part in range(1, min(total, 1000) + 1) if part not in parts])

    def mail(self, events):
        """Checks the events of one mail."""
        for event in events:
            self.learn(event)
        for event in events:
            if event["id"] in self.ids:
                self.differs("id", event, event["id"], "one that no other event has")
            self.ids.add(event["id"])
            if not event["type"].startswith("patchmark.series."):
                continue
            self.counts["events"] += 1
            self.compare("subject", event, event.get("subject"), event["data"]["series"]["id"])
            self.compare("series", event, event.get("series"), event["data"]["series"]["id"])
            self.check_series(event, event["data"]["series"])
            if "old" in event["data"]:
                self.check_series(event, event["data"]["old"])

    def run(self, path):
        with tempfile.NamedTemporaryFile(suffix=".mbox") as file:
            file.write(read(path))
            file.flush()
            command = [PATCHMARK, "classify", "--format=events", file.name]
            result = subprocess.run(command, stdout=subprocess.PIPE, check=False)
        if result.returncode != 0:
            sys.exit(f"{PATCHMARK} classify fails on {path}: exit status {result.returncode}")
        mail, sequence = [], ""
        for line in result.stdout.splitlines(keepends=True):
            event = json.loads(line)
            if len(line) - 1 > LIMIT:
                self.differs("size", event, len(line) - 1, f"at most {LIMIT}")
            if event["sequence"] <= sequence:
                self.differs("sequence", event, event["sequence"], f"more than {sequence}")
            sequence = event["sequence"]
            if event["type"] == "patchmark.message.seen.v1":
                self.counts["mails"] += 1
                self.mail(mail)
                mail = []
            mail.append(event)
        self.mail(mail)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-v", "--verbose", action="store_true", help="print each difference")
    parser.add_argument("mbox", nargs="+")
    arguments = parser.parse_args()
    failed = False
    for path in arguments.mbox:
        check = Check(arguments.verbose)
        check.run(path)
        print(f"{path}: {check.counts['mails']} mails, {check.counts['events']} events of series, "
              f"{sum(check.differences.values())} differences {dict(check.differences) or ''}")
        failed = failed or bool(check.differences)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
