#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
#
# floor.py - a minimal milter with python3-milter: collects a mail, does not read it, and inserts six
# headers.
#
#     floor.py SOCKET
import sys

import Milter


class Floor(Milter.Base):
    def __init__(self):
        self.mail = bytearray()

    @Milter.noreply
    def envfrom(self, sender, *words):
        self.mail = bytearray()
        return Milter.CONTINUE

    @Milter.noreply
    @Milter.decode("bytes")
    def header(self, name, value):
        self.mail += name.encode("utf-8", "surrogateescape") + b":" + value + b"\n"
        return Milter.CONTINUE

    def body(self, piece):
        self.mail += piece
        return Milter.CONTINUE

    def eom(self):
        for _ in range(6):
            self.addheader("Floor-Header", "of a usual length", 1)
        return Milter.CONTINUE


Milter.factory = Floor
Milter.set_flags(Milter.ADDHDRS + Milter.CHGHDRS)
Milter.runmilter("floor", sys.argv[1], 60)
