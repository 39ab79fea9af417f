#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
# label.py NAME [COMMAND...]: runs COMMAND (default: echo) with LABEL SERIES WORD for each label
# of a patch that its series does not have yet.  The labels that each series has, and the position in
# the stream, are in Redis under NAME.
import subprocess, sys
from events import KEY, connect, event

own, command = "{patchmark}:bot:" + sys.argv[1] + ":", sys.argv[2:] or ["echo"]
r = connect()
while True:
    for _, entries in r.xread({KEY: r.get(own + "place") or "0"}, count=100, block=30000):
        for entry, fields in entries:
            data = event(fields).get("data", {})
            if fields.get("type") != "patchmark.message.seen.v1" or data.get("kind") != "patch":
                continue
            series = data.get("series", {}).get("id")
            for word in data["labels"] if series else []:
                if not r.get(f"{own}{series}:{word}"):
                    subprocess.run(command + ["LABEL", series, word], check=True)
                    r.set(f"{own}{series}:{word}", "put", ex=7776000)
        r.set(own + "place", entry)
