#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""patch_id.py - compares the patch-id of each mail with that of `git patch-id --stable`.

    python3 tests/accuracy/patch_id.py [-v] MBOX...

git reads the decoded text (base64 and quoted-printable undone) of the first text part with a line "diff ".
Answers are skipped: git takes a quoted diff apart as it likes, and patchmark gives an answer no patch-id.
Prints the share of mails with git's id, how many of the others have no id here and how many another one,
and the mails that have an id only here.  The bar is 0.999.  With -v: the mails that differ; most are a diff
that the mail program broke (wrapped lines, spaces lost), of which git reads what is left.
"""
import os
import re
import subprocess
import sys

from archive import classify, message_id, parsed, read, share, split


def diff_text(message):
    """Returns the decoded first text part that has a diff, None if there is none."""
    for part in message.walk():
        if part.get_content_maintype() == "text" and part.get_content_subtype() != "html":
            text = part.get_payload(decode=True) or b""
            if re.search(rb"(?m)^diff ", text):
                return text
    return None


def git_patch_id(text):
    """Returns git's id, None if git sees no diff."""
    words = subprocess.run(["git", "patch-id", "--stable"], input=text, stdout=subprocess.PIPE, check=True).stdout.split()
    return words[0].decode() if words else None


def measure(path, verbose):
    """Prints the figures of one archive."""
    data = read(path)
    here = {fact["message_id"]: fact for fact in classify(data) if fact.get("message_id")}
    equal = none = total = 0
    only_here = {key for key, fact in here.items() if fact.get("patch_id")}
    for mail in split(data):
        message = parsed(mail)
        key = message_id(message)
        if key not in here or re.match(r"(?i)\s*re\s*:", str(message["Subject"] or "")):
            continue
        text = diff_text(message)
        expected = git_patch_id(text) if text else None
        if expected is None:
            continue
        only_here.discard(key)
        got = here[key].get("patch_id")
        total += 1
        equal += got == expected
        none += got is None
        if verbose and got != expected:
            print(f"    {key}  git {expected}  here {got}  {here[key].get('subject')}")
    print(f"{os.path.basename(path)}: {share(equal, total)}; {none} without an id, {total - equal - none} with another; "
          f"{len(only_here)} only here")


def main():
    """Measures the archives that the command line names."""
    paths = [word for word in sys.argv[1:] if word != "-v"]
    if not paths:
        sys.exit(__doc__)
    for path in paths:
        measure(path, "-v" in sys.argv)


if __name__ == "__main__":
    main()
