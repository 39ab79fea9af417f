#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
# group.py GROUP MEMBER [COMMAND...]: passes one event at a time to COMMAND (default: cat) on its
# standard input; the members of GROUP share the events.  An event that a member does not complete
# within IDLE_MS is delivered again, TRIES times in all (default: 5); then it is moved to the stream
# {patchmark}:bot:GROUP:dead.
import os, subprocess, sys
import redis
from events import KEY, connect, event

(group, member), command = sys.argv[1:3], sys.argv[3:] or ["cat"]
idle, tries = int(os.environ.get("IDLE_MS", 600000)), int(os.environ.get("TRIES", 5))
own, start = "{patchmark}:bot:" + group + ":", "0-0"
r = connect()
try:
    r.xgroup_create(KEY, group, "0", mkstream=True)
except redis.ResponseError:
    pass  # the group exists
while True:
    start, entries = r.xautoclaim(KEY, group, member, idle, start, count=1)[:2]
    if not entries:
        new = r.xreadgroup(group, member, {KEY: ">"}, count=1, block=min(idle, 30000))
        entries = new[0][1] if new else []
    for entry, fields in entries:
        # The first entry with an event is processed; another one with the same event is a repeat.
        first = event(fields) and r.set(own + event(fields)["id"], entry, nx=True, get=True, ex=1209600)
        if event(fields) and first in (None, entry):
            count = r.xpending_range(KEY, group, entry, entry, 1)[0]["times_delivered"]
            if count > tries:
                r.xadd(own + "dead", {"entry": entry, "ce": fields["ce"]}, maxlen=10000)
            elif subprocess.run(command, input=fields["ce"].encode() + b"\n").returncode != 0:
                continue  # the command failed, so the entry stays pending
        r.xack(KEY, group, entry)
