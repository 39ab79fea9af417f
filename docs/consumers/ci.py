#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
# ci.py NAME [COMMAND...]: runs COMMAND (echo) START SERIES when all parts are there, CANCEL SERIES
# when a newer version came after that, SKIP SERIES when parts stay away.  What was done last for
# each series, and how far we came, is in Redis under NAME.
import subprocess, sys
from events import KEY, connect, event

own, command = "{patchmark}:bot:" + sys.argv[1] + ":", sys.argv[2:] or ["echo"]
TYPES = {  # what is done, with which field, after which states
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
            if wanted or (series and verb == "CANCEL"):  # superseded: no last part shall start it
                r.set(own + series, verb, ex=7776000)
        r.set(own + "place", entry)
