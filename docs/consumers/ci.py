#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
# ci.py NAME [COMMAND...]: runs COMMAND (default: echo) with START SERIES when all parts have
# arrived, CANCEL SERIES when a newer version arrived after that, SKIP SERIES when parts are missing.
# The last action for each series, and the position in the stream, are in Redis under NAME.
import subprocess, sys
from events import KEY, connect, event

own, command = "{patchmark}:bot:" + sys.argv[1] + ":", sys.argv[2:] or ["echo"]
TYPES = {  # the action, the field with the series, the states before it
    "patchmark.series.completed.v1": ("START", "id", (None, "SKIP")),
    "patchmark.series.superseded.v1": ("CANCEL", "supersedes", ("START",)),
    "patchmark.series.incomplete.v1": ("SKIP", "id", (None,))}
r = connect()
while True:
    for _, entries in r.xread({KEY: r.get(own + "place") or "0"}, count=100, block=30000):
        for entry, fields in entries:
            verb, field, after = TYPES.get(fields.get("type"), (None, None, ()))
            series = event(fields).get("data", {}).get("series", {}).get(field)
            wanted = series and r.get(own + series) in after
            if wanted:
                subprocess.run(command + [verb, series], check=True)
            if wanted or (series and verb == "CANCEL"):  # a late part must not start it
                r.set(own + series, verb, ex=7776000)
        r.set(own + "place", entry)
