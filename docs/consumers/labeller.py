#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
# labeller.py NAME [COMMAND...]: runs COMMAND (default: echo) with LABEL SERIES WORD and UNLABEL SERIES WORD
# whenever what is known of a series changes: needs-review, reviewed (every part was approved), tested,
# refused, ci-pass, ci-fail, applied, superseded.  The words that each series has, and the position in the
# stream, are in Redis under NAME.
import sys
from events import KEY, attempt, connect

own, command = "{patchmark}:bot:" + sys.argv[1] + ":", sys.argv[2:] or ["echo"]
r = connect()

def words_of(state):
    """Returns the set of words for a series, from the hash that describes its state."""
    def given(meaning, part="all"):
        return int(state.get(f"tag:{part}:{meaning}", 0)) + int(state.get(f"tag:0:{meaning}", 0)) > 0

    parts = [name[5:] for name in state if name.startswith("part:")]
    everywhere = {meaning: parts and all(given(meaning) or given(meaning, part) for part in parts)
                  for meaning in ("approve", "test")}
    refused = any(name.endswith(":refuse") and name.startswith("tag:") for name in state)
    verdicts = [state[name] for name in state if name.startswith("verdict:")]
    return {word for word, is_set in {
        "needs-review": state.get("state") == "complete" and not everywhere["approve"] and not refused,
        "reviewed": everywhere["approve"], "tested": everywhere["test"], "refused": refused,
        "ci-pass": "pass" in verdicts and "fail" not in verdicts, "ci-fail": "fail" in verdicts,
        "applied": state.get("applied") == "all", "superseded": state.get("state") == "superseded",
    }.items() if is_set}

while True:
    for _, entries in r.xread({KEY: r.get(own + "place") or "0"}, count=100, block=30000):
        for series in {fields["series"]: 0 for _, fields in entries if fields.get("series")}:
            had = set((r.get(own + series) or "").split())
            has = words_of(r.hgetall("{patchmark}:series:" + series))
            for verb, words in (("LABEL", has - had), ("UNLABEL", had - has)):
                for word in sorted(words):
                    if not attempt(command + [verb, series, word]):
                        r.xadd(own + "dead", {"verb": verb, "series": series, "label": word}, maxlen=10000)
            r.set(own + series, " ".join(sorted(has)), ex=15552000)
        r.set(own + "place", entries[-1][0])
