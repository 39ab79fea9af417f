#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""order.py - measures whether a mail has the same series id whatever the order of arrival.

    python3 tests/accuracy/order.py [-v] MBOX...

Classifies an archive in its own order and in three shuffled orders, each on a fresh index.  A shuffled
order is what a network delivers: each mail is held back by a random time of up to ten minutes (DELAY, in
seconds) after its Date, and the mails are read in the order in which they then arrive; a mail without a
valid Date has that of the mail before it.  The seeds are fixed, so that two runs compare.

Prints the share of patches, covers and pull requests with one id in all four orders, the same for each order
by itself, and the share of answers that always have the same id.  The first number is the bar: 0.998 or more
on each list.  With -v: the members whose id differs.
An archive of which parts are missing has more loose parts than a list has, and so a lower share.
"""
import os
import random
import sys

from archive import classify, is_member, parsed, read, seconds, series, share, split

DELAY = float(os.environ.get("DELAY", "600"))


def times(mails):
    """Returns the time at which each mail was sent."""
    sent, last = [], 0
    for mail in mails:
        last = seconds(parsed(mail)) or last
        sent.append(last)
    return sent


def measure(path, verbose):
    """Prints the shares of one archive."""
    mails = split(read(path))
    sent = times(mails)
    first = {fact["message_id"]: fact for fact in classify(b"".join(mails)) if fact.get("message_id")}
    members = [key for key, fact in first.items() if is_member(fact)]
    answers = [key for key, fact in first.items() if not is_member(fact) and series(fact)]
    stable = set(first)
    single = []
    for seed in (1, 2, 3):
        generator = random.Random(seed)
        arrives = [at + generator.uniform(0, DELAY) for at in sent]
        order = sorted(range(len(mails)), key=arrives.__getitem__)
        ids = {fact["message_id"]: series(fact) for fact in classify(b"".join(mails[i] for i in order))
               if fact.get("message_id")}
        same = {key for key in first if ids.get(key) == series(first[key])}
        single.append(share(sum(key in same for key in members), len(members)))
        stable &= same
    print(f"{os.path.basename(path)}: {len(mails)} mails")
    print(f"  members, same id in every order  {share(sum(key in stable for key in members), len(members))}")
    print(f"  members, each order by itself    {', '.join(single)}")
    print(f"  answers, same id in every order  {share(sum(key in stable for key in answers), len(answers))}")
    if verbose:
        for key in members:
            if key not in stable:
                print(f"    {key}  {first[key].get('subject')}")


def main():
    """Measures the archives that the command line names."""
    paths = [word for word in sys.argv[1:] if word != "-v"]
    if not paths:
        sys.exit(__doc__)
    for path in paths:
        measure(path, "-v" in sys.argv)


if __name__ == "__main__":
    main()
