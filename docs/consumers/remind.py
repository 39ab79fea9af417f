#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
# remind.py NAME DAYS [COMMAND...]: runs COMMAND (default: echo) with REMIND SERIES TITLE for each complete
# series that waits for a review: nobody approved or refused any part of it, and nobody changed or answered it
# for DAYS days.  Each series is reminded of once, which is recorded in Redis under NAME.
import sys, time
from events import attempt, connect

try:
    own, days, command = "{patchmark}:bot:" + sys.argv[1] + ":", float(sys.argv[2]), sys.argv[3:] or ["echo"]
except (IndexError, ValueError):
    sys.exit("usage: remind.py NAME DAYS [COMMAND...]")
r = connect()
while True:
    before = time.time() - days * 86400
    for series in r.zrange("{patchmark}:open", 0, int(before), byscore=True):
        state = r.hgetall("{patchmark}:series:" + series)
        tags = [name for name in state if name.startswith("tag:") and name.endswith((":approve", ":refuse"))]
        if state.get("state") != "complete" or tags or r.get(own + series):
            continue
        if state.get("last_reply_at", "") > time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(before)):
            continue
        if attempt(command + ["REMIND", series, state.get("title", "")]):
            r.set(own + series, "reminded", ex=15552000)
    time.sleep(min(3600, days * 86400 / 10 + 1))
