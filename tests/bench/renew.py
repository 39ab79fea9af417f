#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
#
# renew.py - makes the mails of an mbox new to an index, for benchmarks that play the same mailbox several
# times into one store.
#
#     renew.py NUMBER MBOX >RENEWED
#
# Inserts "rNUMBER." before the host of each Message-ID, of each reference to one, and of each author's
# address, wherever they occur.  Then no mail relates to a mail of another round, because the index compares
# titles and patches only of the same author; the mails of a round relate to each other as before; and the
# local part of a Message-ID, with the run stamp and the counter of a tool, is unchanged.
import re
import sys

ADDRESS = re.compile(rb"(?<![^\s<>@/\"'(,:;])([^\s<>@/\"'(,:;]+)@([\w.-]*\w)")
NAMING = re.compile(rb"(?im)^(?:From|Message-ID|In-Reply-To|References|Supersedes|X-Microsoft-Original-Message-ID):"
                    rb".*(?:\n[ \t].*)*")


def main(number, path):
    mark = b"r%d." % int(number)
    with open(path, "rb") as file:
        mails = re.split(rb"(?m)^(?=From )", file.read())
    known = {address[0] for mail in mails for field in NAMING.finditer(mail.partition(b"\n\n")[0])
             for address in ADDRESS.finditer(field[0])}
    for mail in mails:
        sys.stdout.buffer.write(ADDRESS.sub(
            lambda found: b"%s@%s%s" % (found[1], mark, found[2]) if found[0] in known else found[0], mail))


main(*sys.argv[1:])
