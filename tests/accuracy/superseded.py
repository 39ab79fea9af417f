#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""superseded.py - lists which series replaces which, for a person to judge, and counts the false ones.

    python3 tests/accuracy/superseded.py [-r N] MBOX... >pairs.tsv        lists
    python3 tests/accuracy/superseded.py -j judged.tsv MBOX...            counts

Each line of the list is one event series.superseded:

    judged  reasons  old title  new title  old version  new version  old parts  new parts  old trees  new trees
    authors equal  titles shared  how  scope  days  old Message-ID  new Message-ID

`judged` is empty: a person writes y (right) or n (false) there.  `reasons` says why the pair is worth
reading: title, tree, version (not higher), days (more than 60), branch (words like 6.6 or stable in a tree
or title), author, size (the new one has fewer than half of the parts); it is empty for a pair that is
obviously right.  Pairs with a reason come first; -r N leaves N random ones of the others.  A pair is right if
the author means that the old posting is no longer to be applied: a higher version or a resend of the same
work for the same tree and branch.  It is false for a backport, for the same change to another project, for
a periodic title, for a part of the set that stands alone, and for two works with similar words.

With -j, pairs are found in the judged list by their Message-IDs.  Prints the number of events, of judged, of
false and of unjudged ones; an unjudged pair with a reason counts as false until somebody reads it.  The bar
is at most 0.5 % of the events.
"""
import random
import re
import sys

from archive import classify, is_member, message_id, parsed, read, rows, seconds, series, share, split

BRANCH = re.compile(r"(?i)\b(\d+\.\d+|stable|lts|backport|autosel)\b")


class Posting:
    """The mails of one series."""

    def __init__(self):
        self.mails = []

    def head(self):
        return min(self.mails, key=lambda fact: series(fact, "part"))

    def titles(self):
        return {(fact.get("title") or "").lower() for fact in self.mails}

    def trees(self):
        return sorted({word for fact in self.mails for word in fact.get("tree") or []})

    def version(self):
        return max(series(fact, "version") or 1 for fact in self.mails)


def reasons_of(old, new, days, scope):
    """Returns why a pair is worth reading."""
    shared = len(old.titles() & new.titles())
    found = []
    if old.head().get("title") != new.head().get("title") and 2 * shared < min(len(old.titles()), len(new.titles())):
        found.append("title")
    if old.trees() != new.trees():
        found.append("tree")
    if new.version() <= old.version():
        found.append("version")
    if days is None or days > 60 or days < 0:
        found.append("days")
    if any(BRANCH.search(word) for word in old.trees() + new.trees() + [new.head().get("title") or ""]):
        found.append("branch")
    if old.head().get("author") != new.head().get("author"):
        found.append("author")
    if scope != "part" and 2 * len(new.mails) < len(old.mails):
        found.append("size")
    return found


def pairs_of(path):
    """Yields the row of each pair of an archive."""
    data = read(path)
    facts = classify(data)
    sent = {}
    for mail in split(data):
        message = parsed(mail)
        sent.setdefault(message_id(message), seconds(message))
    postings = {}
    for fact in facts:
        if is_member(fact):
            postings.setdefault(series(fact), Posting()).mails.append(fact)
    done = set()
    for fact in facts:
        older = series(fact, "supersedes")
        pair = (older, series(fact))
        if not older or pair in done or pair[1] not in postings:
            continue
        done.add(pair)
        new, old = postings[pair[1]], postings.get(older)
        if old is None:
            yield ["", "unseen", "?", fact.get("title") or ""] + ["?"] * 9 + ["?", "?", older, fact["message_id"]]
            continue
        times = sent.get(old.head()["message_id"]), sent.get(new.head()["message_id"])
        days = round((times[1] - times[0]) / 86400, 1) if None not in times else None
        scope = series(fact, "scope") or "all"
        values = ["", ",".join(reasons_of(old, new, days, scope)), old.head().get("title"), new.head().get("title"),
                  old.version(), new.version(), len(old.mails), len(new.mails), " ".join(old.trees()),
                  " ".join(new.trees()), "yes" if old.head().get("author") == new.head().get("author") else "no",
                  len(old.titles() & new.titles()), series(fact, "how"), scope, days, old.head()["message_id"],
                  new.head()["message_id"]]
        yield [re.sub(r"\s", " ", str(value)) for value in values]


def count(pairs, path):
    """Prints the share of false ones."""
    judged = {(row[-2], row[-1]): row[0] for row in rows(path)}
    verdicts = [judged.get((pair[-2], pair[-1]), "") for pair in pairs]
    unread = sum(not verdict and bool(pair[1]) for verdict, pair in zip(verdicts, pairs))
    false = verdicts.count("n")
    print(f"{len(pairs)} events, {sum(map(bool, verdicts))} judged, {false} false, {unread} with a reason and unjudged")
    print(f"false: {share(false + unread, len(pairs))}")


def main():
    """Lists or counts, as the command line says."""
    words = sys.argv[1:]
    option = words.pop(0) if words and words[0] in ("-r", "-j") else None
    value = words.pop(0) if option and words else None
    if not words:
        sys.exit(__doc__)
    pairs = [pair for path in words for pair in pairs_of(path)]
    if option == "-j":
        count(pairs, value)
        return
    odd = [pair for pair in pairs if pair[1]]
    plain = [pair for pair in pairs if not pair[1]]
    if option == "-r":
        plain = random.Random(1).sample(plain, min(int(value), len(plain)))
    for pair in odd + plain:
        print("\t".join(pair))
    print(f"{len(pairs)} events, {len(odd)} with a reason", file=sys.stderr)


if __name__ == "__main__":
    main()
