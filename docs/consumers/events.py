# SPDX-License-Identifier: BSD-2-Clause
# events.py - the functions that the samples in Python share; needs Debian's python3-redis, or redis of
# PyPI.
import json, os
import redis

KEY = "{patchmark}:events"

def connect():
    """Connects to REDIS_URL (unix:///PATH or redis://HOST:PORT) as REDIS_USER with the password
    REDISCLI_AUTH."""
    return redis.Redis.from_url(
        os.environ.get("REDIS_URL", "redis://127.0.0.1"), socket_timeout=60,
        username=os.environ.get("REDIS_USER"), password=os.environ.get("REDISCLI_AUTH"),
        decode_responses=True, encoding_errors="replace")

def event(fields):
    """Returns the event in the fields of an entry, or {} if it has no valid one."""
    try:
        event = json.loads(fields["ce"])
        valid = isinstance(event["id"], str) and isinstance(event["data"].get("series", {}), dict)
        return event if valid else {}
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError):
        return {}
