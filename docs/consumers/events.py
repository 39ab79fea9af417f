# SPDX-License-Identifier: BSD-2-Clause
# events.py - the functions that the samples in Python share; needs Debian's python3-redis, or redis of
# PyPI.
import json, os, subprocess, time
import redis

KEY = os.environ.get("STREAM") or "{patchmark}:events"  # the key of the stream that is read

def connect():
    """Connects to REDIS_URL (unix:///PATH or redis://HOST:PORT) as REDIS_USER with the password
    REDISCLI_AUTH."""
    return redis.Redis.from_url(
        os.environ.get("REDIS_URL", "redis://127.0.0.1"), socket_timeout=60,
        username=os.environ.get("REDIS_USER"), password=os.environ.get("REDISCLI_AUTH"),
        decode_responses=True, encoding_errors="replace")

def attempt(command, text=""):
    """Runs COMMAND, a list of words, with TEXT on its standard input, until it succeeds, at most TRIES
    times (default: 5), with longer pauses.  Returns true if it succeeded."""
    for again in range(int(os.environ.get("TRIES", 5))):
        if again:
            time.sleep(2 ** again / 2)
        if subprocess.run(command, input=text.encode()).returncode == 0:
            return True
    return False

def event(fields):
    """Returns the event in the fields of an entry, or {} if it has no valid one."""
    try:
        event = json.loads(fields["ce"])
        valid = isinstance(event["id"], str) and all(
            isinstance(event["data"].get(name, {}), dict) for name in ("message", "series", "old"))
        return event if valid else {}
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError):
        return {}
