#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
#
# b4-read.py - what b4 takes to read an mbox: each mail goes into the LoreMailbox of its thread, as for
# `b4 am`.  Nothing is looked up or checked.
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
    except Exception:  # it takes what lore.kernel.org has, and not any mail
        failed += 1
print(f"{mails} mails, {len(threads)} threads, {failed} failed")
