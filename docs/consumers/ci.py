#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
# ci.py NAME [COMMAND...]: runs COMMAND (default: echo) with START SERIES when all parts have arrived,
# RESTART SERIES when a patch was added or replaced after that, CANCEL SERIES when a newer version replaces
# all of it, for the same branch, SKIP SERIES when parts are missing; the event is on its standard
# input.  The last action for each series, and the position in the stream, are in Redis under NAME,
# and in NAME:dead the actions that failed TRIES times (default: 5).
import json, sys
from events import KEY, attempt, connect, event

own, command = "{patchmark}:bot:" + sys.argv[1] + ":", sys.argv[2:] or ["echo"]
TYPES = {  # the action, and the actions after which it makes sense
    "patchmark.series.completed.v1": ("START", (None, "SKIP")),
    "patchmark.series.amended.v1": ("RESTART", ("START", "RESTART")),
    "patchmark.series.superseded.v1": ("CANCEL", ("START", "RESTART")),
    "patchmark.series.incomplete.v1": ("SKIP", (None,))}

def is_meant(verb, data):
    """Returns false for a re-roll of some parts, which series.amended of the whole set follows, and for a
    series of another branch."""
    new, old = data.get("series", {}), data.get("old", {})
    backport = any("backport" in series.get("flags", []) for series in (new, old))
    if verb == "CANCEL":
        return data.get("scope") == "all" and not (backport and new.get("tree") != old.get("tree"))
    return new.get("scope") != "part"

r = connect()
while True:
    for _, entries in r.xread({KEY: r.get(own + "place") or "0"}, count=100, block=30000):
        for entry, fields in entries:
            verb, after = TYPES.get(fields.get("type"), (None, ()))
            data = event(fields).get("data", {})
            series = data.get("old" if verb == "CANCEL" else "series", {})
            if verb and not is_meant(verb, data):
                continue
            wanted = verb and isinstance(series.get("id"), str) and r.get(own + series["id"]) in after
            if wanted and not attempt(command + [verb, series["id"]], json.dumps(event(fields)) + "\n"):
                r.xadd(own + "dead", {"verb": verb, "series": series["id"]}, maxlen=10000)
            if wanted or (verb == "CANCEL" and isinstance(series.get("id"), str)):  # a late part must not start it
                r.set(own + series["id"], verb, ex=7776000)
        r.set(own + "place", entry)
