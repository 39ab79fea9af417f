#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""flags.py - compares what patchmark says of mails with what a person says of them.

    python3 tests/accuracy/flags.py [-v] judged.tsv MBOX...
    python3 tests/accuracy/flags.py [-v] --sentences sentences.tsv

A line of judged.tsv is: Message-ID, fact, expected value.  The facts:

    kind                         one of the kinds of patchmark-headers(7)
    applied, review, automated   yes or no
    rfc, resend, nack, …         any other flag, yes or no
    verdict                      pass, fail, …; - for none
    trailer                      the name and address of a tag that the mail gives, in lower case, as in
                                 "reviewed-by bob@example.org", a line for each; - if it gives none

A line of sentences.tsv is: y or n (whether its sender says now that what is answered was applied; a for one on
which two people would differ, which is not counted), and, as its last field, the sentence.  Each is put into an
answer to a patch of its own; they are for collecting wordings of "applied" from many archives without the mails.

Prints for each fact (for kind: for each kind; for verdict: for each value) the number right, wrong and missed, and
    recall     of the mails that have it by the judgement, the share in which patchmark sees it
    precision  of the mails in which patchmark sees it, the share that has it by the judgement
and for kind the share of mails with the right kind.  With -v: the mails or sentences that differ.
Judge before running, and measure on mails of which nobody has written a rule: a table mended on a
list of wordings is at 1.0 there and says nothing.  The bars for applied: recall 0.95, precision 0.98.
"""
import collections
import email.utils
import sys

from archive import classify, read, rows, share


def seen(fact, name):
    """Returns what patchmark says, in the words of the judgement."""
    if name in ("kind", "verdict"):
        return fact.get(name) or "-"
    if name == "automated" and fact.get("automated"):
        return "yes"
    return "yes" if name in (fact.get("flags") or []) else "no"


def tags(fact):
    """Returns the tags that a mail gives."""
    found = set()
    for tag in fact.get("trailers_given") or []:
        address = email.utils.parseaddr(tag["value"])[1] or tag["value"]
        found.add(f"{tag['name']} {address}".lower())
    return found


def answer(number, sentence):
    """Returns an mbox entry with an answer that consists of one sentence."""
    quoted = ">" + sentence if sentence.startswith("From ") else sentence
    return (f"From mboxrd@z Thu Jan  1 00:00:00 1970\nFrom: M <m{number}@example.org>\n"
            f"Subject: Re: [PATCH] lamp: dim number {number}\nDate: Mon, 6 Apr 2020 10:00:00 +0000\n"
            f"Message-ID: <{number}@example.org>\nIn-Reply-To: <p{number}@example.org>\nMIME-Version: 1.0\n"
            "Content-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit\n\n"
            f"{quoted}\n\n").encode()


def compare(judged, facts, text, verbose):
    """judged: rows of Message-ID, fact, expected; text: what to print for a Message-ID."""
    right, wrong, missed = collections.Counter(), collections.Counter(), collections.Counter()
    unknown, kinds, good_kinds = 0, 0, 0
    given = collections.defaultdict(set)
    for key, name, expected in judged:
        if key not in facts:
            unknown += 1
            continue
        if name == "trailer":
            given[key] |= {expected.lower()} - {"-"}
            continue
        got = seen(facts[key], name)
        if name == "kind":
            kinds += 1
            good_kinds += got == expected
        label = f"{name} {expected}" if name in ("kind", "verdict") else name
        got_label = f"{name} {got}" if name in ("kind", "verdict") else name
        if got == expected:
            right[label] += expected not in ("no", "-")
            continue
        missed[label] += expected not in ("no", "-")
        wrong[got_label] += got not in ("no", "-")
        if verbose:
            print(f"    {name}: {got}, not {expected}: {text.get(key, key)}")
    for key, expected in given.items():
        got = tags(facts[key])
        right["trailer"] += len(got & expected)
        wrong["trailer"] += len(got - expected)
        missed["trailer"] += len(expected - got)
        if verbose and got != expected:
            print(f"    trailer: {sorted(got)}, not {sorted(expected)}: {key}")
    for label in sorted(set(right) | set(wrong) | set(missed)):
        print(f"{label:<20} right {right[label]:5} wrong {wrong[label]:4} missed {missed[label]:4}  "
              f"recall {share(right[label], right[label] + missed[label])}  "
              f"precision {share(right[label], right[label] + wrong[label])}")
    if kinds:
        print(f"kind, all            {share(good_kinds, kinds)}")
    if unknown:
        print(f"{unknown} judged mails are not in the archives")


def main():
    """Compares as the command line says."""
    words = [word for word in sys.argv[1:] if word != "-v"]
    verbose = "-v" in sys.argv
    if len(words) == 2 and words[0] == "--sentences":
        judged, text, data = [], {}, b""
        for number, row in enumerate(rows(words[1])):
            if row[0] in ("y", "n"):
                key = f"{number}@example.org"
                judged.append((key, "applied", "yes" if row[0] == "y" else "no"))
                text[key] = row[-1]
                data += answer(number, row[-1])
        archives = [data]
    elif len(words) >= 2:
        judged, text = [row[:3] for row in rows(words[0])], {}
        archives = map(read, words[1:])
    else:
        sys.exit(__doc__)
    facts = {fact["message_id"]: fact for data in archives for fact in classify(data) if fact.get("message_id")}
    compare(judged, facts, text, verbose)


if __name__ == "__main__":
    main()
