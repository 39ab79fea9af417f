# SPDX-License-Identifier: BSD-2-Clause
"""archive.py - functions for the scripts of this folder: mails of an archive, and what patchmark says of them.

PATCHMARK names the program, by default milter/patchmark in the current folder, which is the build folder.
"""
import email
import email.utils
import gzip
import json
import os
import re
import subprocess
import sys
import tempfile

PATCHMARK = os.environ.get("PATCHMARK", "milter/patchmark")


def read(path):
    """Returns the bytes of a file, which may be gzipped."""
    with open(path, "rb") as file:
        data = file.read()
    return gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data


def split(data):
    """Returns the mails of an mbox, each with its "From " line, which has a time and a year."""
    starts = [found.start() for found in re.finditer(rb"(?m)^From .*\d:\d\d.*\d{4}", data)]
    return [data[start:end] for start, end in zip(starts, starts[1:] + [len(data)])]


def parsed(mail):
    """Returns a mail of an mboxrd file as email.message.Message."""
    return email.message_from_bytes(re.sub(rb"(?m)^>(>*From )", rb"\1", mail.split(b"\n", 1)[1]))


def message_id(message):
    """Returns the Message-ID without brackets, "" if there is none."""
    found = re.search(r"<([^<>\s]+)>", str(message["Message-ID"] or ""))
    return found.group(1) if found else ""


def seconds(message):
    """Returns the Date in seconds since 1970, None if there is no valid one."""
    try:
        return email.utils.parsedate_to_datetime(str(message["Date"])).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None


def classify(data):
    """Returns what `classify --format=json` says of each mail of an mbox, in order."""
    with tempfile.NamedTemporaryFile(suffix=".mbox") as file:
        file.write(data)
        file.flush()
        result = subprocess.run([PATCHMARK, "classify", "--format=json", file.name], stdout=subprocess.PIPE, check=False)
    if result.returncode < 0 or not result.stdout:
        sys.exit(f"{PATCHMARK} classify fails: exit status {result.returncode}")
    return [json.loads(line) for line in result.stdout.decode().splitlines()]


def series(fact, name="id"):
    """Returns a member of the object `series` of a mail, None if the mail has none."""
    return (fact.get("series") or {}).get(name)


def is_member(fact):
    """Whether the mail is a part of a series, not an answer to one."""
    return fact["kind"] in ("patch", "cover", "pull") and series(fact, "part") is not None


def share(part, total):
    """Returns "0.9987 (3995 of 4000)"."""
    return f"{part / total:.4f} ({part} of {total})" if total else "none"


def rows(path):
    """Returns the rows of a TSV file; empty lines and lines that start with # are skipped."""
    with open(path, encoding="utf-8") as file:
        return [line.rstrip("\n").split("\t") for line in file if line.strip() and not line.startswith("#")]
