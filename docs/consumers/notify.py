#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
# notify.py PLACE [COMMAND...]: passes a line of text about each event that people want to know of to COMMAND
# (default: cat) on its standard input, for a chat or a pager.  LISTS selects lists, by List-Ids separated by
# spaces.  Old events are left out.  The file PLACE keeps the id of the last entry that was processed.
import datetime, os, sys
from events import KEY, attempt, connect, event

place, command = sys.argv[1], sys.argv[2:] or ["cat"]
lists = os.environ.get("LISTS", "").split()

def who(person):
    return person.get("name") or person.get("address", "somebody") if person else "somebody"

def text_of(kind, data):
    """Returns the line for an event; None if nobody wants to know of it."""
    series = data.get("series") or {}
    title = f"“{series.get('title') or data.get('message', {}).get('title', '')}”"
    version = f"v{series['version']} of " if series.get("version", 1) > 1 else ""
    if kind == "series.completed":
        return f"{who(series.get('submitter'))} posted {version}{title}, {series.get('total', 1)} patches"
    if kind == "series.amended":
        return f"{who(series.get('submitter'))} changed {version}{title}: {data['reason']}"
    if kind == "series.incomplete":
        return f"{version}{title} lacks parts {', '.join(map(str, series['missing']))}"
    if kind == "trailer.given" and data["meaning"] in ("approve", "refuse", "test"):
        return f"{data['trailer']['name']} {who(data.get('person'))}: {version}{title}"
    if kind == "commit.announced" and series:
        return f"{who(data.get('who'))} applied {'a part of ' if data.get('partial') else ''}{version}{title}"
    if kind == "report.raised" and data.get("verdict") == "fail":
        return f"{data.get('robot', 'a robot')} reports that {version}{title} fails"
    if kind == "pull.requested":
        return f"{who(data['message'].get('sender'))} asks to pull {title}"

def line_of(found, fields):
    """Returns the line for an entry; None if there is none to write, also for an event of another form."""
    try:
        kind = ".".join(found["type"].split(".")[1:3])
        wanted = (not lists or fields.get("list") in lists) and not is_old(found["time"])
        line = text_of(kind, found["data"]) if wanted else None
        return " ".join(line.split()) + "\n" if line else None
    except (AttributeError, KeyError, TypeError, ValueError):
        return None

def is_old(time):
    then = datetime.datetime.fromisoformat(time.replace("Z", "+00:00"))
    return datetime.datetime.now(datetime.timezone.utc) - then > datetime.timedelta(hours=1)

r = connect()
last = open(place).read().strip() if os.path.exists(place) else "0"
while True:
    for _, entries in r.xread({KEY: last}, count=100, block=30000):
        for last, fields in entries:
            line = line_of(event(fields), fields)
            if line and not attempt(command, line):
                print(f"{place}: lost: {line!a}", file=sys.stderr)
            with open(place + ".new", "w") as new:
                new.write(last)
            os.replace(place + ".new", place)
