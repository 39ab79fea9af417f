#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""proxy.py - an unreliable connection to a server: cuts each connection after a number of bytes.

usage: proxy.py PORT-FILE unix:PATH|inet:PORT@HOST SEED

Listens on a free port of 127.0.0.1 and writes the number to PORT-FILE.  Forwards all bytes.  After a
number of bytes in one of the two directions, which is random with SEED, it cuts a connection by a
close or a reset, possibly in the middle of a command or an answer.  On SIGUSR1, it prints the number
of cuts so far, "cuts=N", and does not cut later connections.  On SIGUSR2, it cuts them again.
"""
import random
import selectors
import signal
import socket
import struct
import sys

MOST = 600  # the maximum number of bytes of answers before a cut
RESET = struct.pack("ii", 1, 0)


class Pair:
    """The two sockets of a connection, and the number of bytes until it is cut."""

    def __init__(self, client, server, chance):
        self.ends = (client, server)
        self.cut_from = None
        if chance:
            # Requests are about 400 times longer than answers.
            self.cut_from = server if chance.random() < 0.7 else client
            self.left = chance.randrange(MOST) * (1 if self.cut_from is server else 400)
            self.reset = chance.random() < 0.5

    def forward(self, source):
        """Forwards the bytes that can be read.  Returns False if the connection ends."""
        target = self.ends[1] if source is self.ends[0] else self.ends[0]
        data = source.recv(65536)
        if source is self.cut_from:
            data = data[: self.left]
            self.left -= len(data)
        if data:
            target.sendall(data)
        return bool(data) and not (source is self.cut_from and self.left <= 0)

    def was_cut(self):
        return self.cut_from is not None and self.left <= 0

    def close(self):
        if self.was_cut() and self.reset:
            self.ends[0].setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        for end in self.ends:
            end.close()


class Proxy:
    def __init__(self, target, seed):
        self.target = target
        self.random = self.chance = random.Random(seed)
        self.cuts = 0
        self.waiting = selectors.DefaultSelector()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.waiting.register(self.listener, selectors.EVENT_READ, None)

    def mend(self, *_):
        self.chance = None
        print(f"cuts={self.cuts}", flush=True)

    def spoil(self, *_):
        self.chance = self.random

    def connect(self):
        if self.target.startswith("unix:"):
            server = socket.socket(socket.AF_UNIX)
            server.connect(self.target[5:])
            return server
        port, host = self.target[5:].split("@")
        return socket.create_connection((host, int(port)))

    def accept(self):
        client = self.listener.accept()[0]
        try:
            pair = Pair(client, self.connect(), self.chance)
        except OSError:
            client.close()
            return
        for end in pair.ends:
            self.waiting.register(end, selectors.EVENT_READ, pair)

    def serve(self, end, pair):
        if end.fileno() < 0:
            return  # closed by an earlier event of the same call of select
        try:
            if pair.forward(end):
                return
        except OSError:
            pass
        self.cuts += pair.was_cut()
        for one in pair.ends:
            self.waiting.unregister(one)
        pair.close()

    def run(self):
        while True:
            for key, _ in self.waiting.select():
                if key.data is None:
                    self.accept()
                else:
                    self.serve(key.fileobj, key.data)


def main():
    proxy = Proxy(sys.argv[2], int(sys.argv[3]))
    signal.signal(signal.SIGUSR1, proxy.mend)
    signal.signal(signal.SIGUSR2, proxy.spoil)
    with open(sys.argv[1], "w", encoding="ascii") as out:
        print(proxy.listener.getsockname()[1], file=out)
    proxy.run()


main()
