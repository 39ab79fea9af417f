#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
#
# instructions.py - computes the instructions per mail and stage from two files of callgrind: of a run over
# some mails and of a run over more mails, so that start and end of the program cancel out.
#
#     instructions.py WHAT MAILS-FEWER FILE-FEWER MAILS-MORE FILE-MORE [FUNCTIONS]
#
# Prints lines for report.py: a stage, its depth, and its instructions; a line of depth 1 is a part of the
# line of depth 0 above it.  FUNCTIONS is the number of functions to print, those with the most
# instructions of their own (0).
import collections
import json
import os
import sys

# The cost of a stage is that of its functions, with all functions that they call.  No function of a stage
# calls a function of another stage; the parts of a stage are included in it.
STAGES = [
    ("read the file", ["mailbox_next", "message_load"], []),
    ("collect", ["message_add_header", "message_add_body", "forged_headers_note"], []),
    ("parse", ["message_parse"], [("MIME", ["mime_parse"])]),
    ("plugins", ["instance_classify"], None),
    ("facts", ["facts_new"], []),
    ("words and headers", ["annotate_words", "annotate_headers"], []),
    ("begin and commit", ["store_begin", "store_commit"], []),
    ("index: learn", ["learn"], []),
    ("events", ["event_derive"], []),
    ("events as JSON", ["json_event_data"], []),
    ("outbox", ["outbox_append"], []),
    ("print as JSON", ["json_mail"], []),
    ("reply", ["smfi_insheader", "smfi_chgheader", "smfi_getsymval"], []),
    ("count", ["metrics_mail", "statistics_add"], []),
    ("forget the mail", ["message_reset", "facts_free"], []),
    ("feed, own thread", ["delivery_run"],
     [("read the outbox", ["outbox_read"]), ("Redis", ["instance_publish"]),
      ("acknowledge", ["outbox_acknowledge"])]),
    ("housekeeping, own thread", ["housekeeper_run"], []),
]
# Functions of the core that plugins call are shown separately from the plugins' own work.
ASKED = [("text of parts", "patchmark_message_part"), ("index", "patchmark_index_")]


class Profile:
    """The own instructions of functions, and those of their calls.  A function is (object, name)."""

    def __init__(self, path):
        self.own = collections.Counter()
        self.calls = collections.Counter()  # inclusive cost by (caller, callee)
        state = {"ob": "", "cob": None}
        with open(path, encoding="utf-8", errors="replace") as file:
            for line in file:
                self.take(line.rstrip("\n"), state)

    def take(self, line, state):
        key, equals, value = line.partition("=")
        if line[:1].isdigit():
            cost = int(line.split()[1])
            if state.pop("called", None):
                callee = (state["cob"] or state["ob"], state["cfn"])
                self.calls[(state["ob"], state["fn"]), callee] += cost
                state["cob"] = None
            else:
                self.own[state["ob"], state["fn"]] += cost
        elif equals and key in ("ob", "fn", "cob", "cfn"):
            state[key] = os.path.basename(value) if key in ("ob", "cob") else value.split("@@")[0]
        elif key == "calls":
            state["called"] = True

    def less(self, other, mails):
        self.own.subtract(other.own)
        self.calls.subtract(other.calls)
        for counter in self.own, self.calls:
            for key in counter:
                counter[key] /= mails
        return self

    def total(self):
        return sum(self.own.values())

    def inclusive(self, names):
        """Returns the inclusive cost of functions of patchmark or libmilter."""
        return (sum(cost for (_, name), cost in self.own.items() if name in names) +
                sum(cost for ((_, name), (_, callee)), cost in self.calls.items()
                    if name in names and callee != name))

    def plugins(self):
        """Yields each plugin with the cost of its own work, and with that of the calls in ASKED."""
        found = collections.defaultdict(float)
        asked = collections.defaultdict(collections.Counter)
        for ((_, caller), (library, _)), cost in self.calls.items():
            if caller == "instance_classify" and library.endswith(".so"):
                found[library] += cost
        for ((library, _), (to, callee)), cost in self.calls.items():
            if library in found and to != library:
                for name, prefix in ASKED:
                    if callee.startswith(prefix):
                        asked[library][name] += cost
        for library, cost in sorted(found.items(), key=lambda item: -item[1]):
            yield library[:-len(".so")], cost - sum(asked[library].values())
            for name, _ in ASKED:
                if asked[library][name]:
                    yield "%s, calls for: %s" % (library[:-len(".so")], name), asked[library][name]

    def stages(self):
        left = total = self.total()
        worth_a_line = total / 1000
        yield "all", 0, total
        for stage, names, parts in STAGES:
            cost = self.inclusive(names)
            if cost < worth_a_line:
                continue
            left -= cost
            yield stage, 0, cost
            for part, part_cost in self.plugins() if parts is None else ((p, self.inclusive(n)) for p, n in parts):
                if part_cost >= worth_a_line:
                    yield part, 1, part_cost
        yield "other", 0, left

    def libraries(self):
        found = collections.Counter()
        for (library, _), cost in self.own.items():
            found[library] += cost
        return [(name, cost) for name, cost in found.most_common(12) if cost >= 1]


def main(what, fewer, file_fewer, more, file_more, functions="0"):
    profile = Profile(file_more).less(Profile(file_fewer), int(more) - int(fewer))
    lines = [{"part": "stage", "name": name, "depth": depth, "instructions": round(cost)}
             for name, depth, cost in profile.stages()]
    lines += [{"part": "library", "name": name, "instructions": round(cost)} for name, cost in profile.libraries()]
    lines += [{"part": "function", "name": "%s (%s)" % (name, library), "instructions": round(cost)}
              for (library, name), cost in profile.own.most_common(int(functions))]
    for line in lines:
        print(json.dumps({"bench": "instructions", "what": what, "round": 0, **line}))


main(*sys.argv[1:])
