#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
# cursor.py PLACE [COMMAND...]: passes every event, in order, to COMMAND (default: cat) as a line of
# JSON on its standard input.  The file PLACE keeps the id of the last entry that was processed.  An
# event for which COMMAND fails TRIES times (default: 5), with longer pauses, is added to PLACE.dead.
# STREAM names another stream (default: {patchmark}:events).
import os, sys
from events import KEY, attempt, connect, event

place, command = sys.argv[1], sys.argv[2:] or ["cat"]
r = connect()
last = open(place).read().strip() if os.path.exists(place) else ""

while True:
    if last and not r.xrange(KEY, last, last):
        print(f"{place}: the stream no longer has {last}: events may be lost", file=sys.stderr)
    for _, entries in r.xread({KEY: last or "0"}, count=100, block=30000):
        for last, fields in entries:
            if event(fields) and not attempt(command, fields["ce"] + "\n"):
                with open(place + ".dead", "a") as dead:
                    dead.write(fields["ce"] + "\n")
            with open(place + ".new", "w") as new:
                new.write(last)
            os.replace(place + ".new", place)
