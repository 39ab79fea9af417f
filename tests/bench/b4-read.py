#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
#
# b4-read.py - reads an mbox with b4, to measure its time: adds each mail to the LoreMailbox of its thread,
# as `b4 am` does.  Makes no look-ups and no checks.
#
#     b4-read.py MBOX
import logging
import mailbox
import sys

import b4

logging.getLogger("b4").addHandler(logging.NullHandler())
threads, mails, failed = {}, 0, 0
for mail in mailbox.mbox(sys.argv[1]):
    mails += 1
    first = (str(mail.get("References") or mail.get("In-Reply-To") or mail.get("Message-ID")).split() or [""])[0]
    try:
        threads.setdefault(first, b4.LoreMailbox()).add_message(mail)
    except Exception:  # b4 supports mails as lore.kernel.org has them, not all mails
        failed += 1
print(f"{mails} mails, {len(threads)} threads, {failed} failed")
