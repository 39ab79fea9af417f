#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
# group.py GROUP MEMBER [COMMAND...]: passes one event at a time to COMMAND (default: cat) on its
# standard input; the members of GROUP share the events.  An event that a member does not complete
# within IDLE_MS is passed to another member.
import os, subprocess, sys
import redis
from events import KEY, connect, event

(group, member), command = sys.argv[1:3], sys.argv[3:] or ["cat"]
idle, start = int(os.environ.get("IDLE_MS", 600000)), "0-0"
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
        taken = "{patchmark}:bot:" + f"{group}:{event(fields).get('id')}"
        if event(fields) and r.set(taken, entry, nx=True, get=True, ex=1209600) in (None, entry):
            if subprocess.run(command, input=fields["ce"].encode() + b"\n").returncode != 0:
                continue  # the command failed, so the entry stays pending
        r.xack(KEY, group, entry)
