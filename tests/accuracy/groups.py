#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""groups.py - compares the series, or the topics, of mails with groups that a person has made.

    python3 tests/accuracy/groups.py [-v] series|topic groups.tsv MBOX...

A line of groups.tsv is: Message-ID, name of its group.  Mails that are in no line are not counted, so that
a mixed-up posting can be left out.  For series, a group is one posting: the parts with or without cover, and
two runs of a sender that he meant as one set.  For topics, it is all postings of one piece of work.

Prints the share of exact groups, those whose mails have one id that no other mail of the list has, and
B-cubed precision (of the mails with the id of a mail, the share that belongs with it; low if works
are mixed) and recall (of the mails that belong with it, the share that has its id; low if works are torn
apart), averaged over the mails.  The bars: exact series 0.995 on each list; new versions that join the old
topic 0.97.  With -v: the groups that are not exact.
"""
import collections
import sys

from archive import classify, read, rows, series, share


def main():
    """Compares as the command line says."""
    words = [word for word in sys.argv[1:] if word != "-v"]
    if len(words) < 3 or words[0] not in ("series", "topic"):
        sys.exit(__doc__)
    member = "id" if words[0] == "series" else "topic"
    facts = {fact["message_id"]: fact for path in words[2:] for fact in classify(read(path)) if fact.get("message_id")}
    expected = {row[0]: row[1] for row in rows(words[1]) if row[0] in facts}
    if not expected:
        sys.exit("none of the mails of the list is in the archives")
    got = {key: series(facts[key], member) or "none " + key for key in expected}
    wanted, found = collections.defaultdict(set), collections.defaultdict(set)
    for key, name in expected.items():
        wanted[name].add(key)
        found[got[key]].add(key)
    exact = [name for name, keys in wanted.items() if found[got[min(keys)]] == keys]
    both = {key: len(wanted[expected[key]] & found[got[key]]) for key in expected}
    precision = sum(both[key] / len(found[got[key]]) for key in expected) / len(expected)
    recall = sum(both[key] / len(wanted[expected[key]]) for key in expected) / len(expected)
    print(f"{words[0]}: exact {share(len(exact), len(wanted))}, {len(expected)} mails, "
          f"B-cubed precision {precision:.4f} recall {recall:.4f}")
    if "-v" in sys.argv:
        for name in sorted(set(wanted) - set(exact)):
            print(f"    {name}: " + ", ".join(sorted({got[key] for key in wanted[name]})))


if __name__ == "__main__":
    main()
