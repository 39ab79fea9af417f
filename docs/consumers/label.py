#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
# label.py NAME [COMMAND...]: runs COMMAND (default: echo) with LABEL SERIES WORD for each label
# of a patch that its series does not have yet.  The labels that each series has, and the position in
# the stream, are in Redis under NAME, and in NAME:dead the labels that failed TRIES times
# (default: 5).  If message.* events have a stream of their own, STREAM must name that one.
import sys
from events import KEY, attempt, connect, event

own, command = "{patchmark}:bot:" + sys.argv[1] + ":", sys.argv[2:] or ["echo"]
r = connect()
while True:
    for _, entries in r.xread({KEY: r.get(own + "place") or "0"}, count=100, block=30000):
        for entry, fields in entries:
            data = event(fields).get("data", {})
            mail = data.get("message", {})
            if fields.get("type") != "patchmark.message.seen.v1" or mail.get("kind") != "patch":
                continue
            series = data.get("series", {}).get("id")
            for word in mail.get("labels", []) if series else []:
                if not r.get(f"{own}{series}:{word}"):
                    if not attempt(command + ["LABEL", series, word]):
                        r.xadd(own + "dead", {"series": series, "label": word}, maxlen=10000)
                    r.set(f"{own}{series}:{word}", "put", ex=7776000)
        r.set(own + "place", entry)
