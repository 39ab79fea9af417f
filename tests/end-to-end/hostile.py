#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""hostile.py - a server that is not Redis, at the address of one.

usage: hostile.py PORT MANNER

Listens on 127.0.0.1 and treats each client by MANNER:
  garbage   answers each request with bytes that are not the Redis protocol
  half      answers correctly, but closes the connection in the middle of the answer to an event
  endless   sends an answer that does not end
  silent    reads everything and answers nothing
  wrong     sends answers of the wrong type: nested arrays of a million elements
  deaf      does not accept connections: a client that connects waits for ever
"""
import socket
import sys
import threading
import time

SCRIPT_LOADED = b"$40\r\n" + b"0123456789" * 4 + b"\r\n"


def talk(client, manner):
    try:
        while request := client.recv(65536):
            if manner == "garbage":
                client.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n\x00\xff" * 3)
            elif manner == "half":
                if b"EVALSHA" in request:
                    client.sendall(b":")
                    break
                client.sendall(SCRIPT_LOADED if b"SCRIPT" in request else b"+OK\r\n")
            elif manner == "endless":
                while True:
                    client.sendall(b"$100000000\r\n" + b"x" * 65536)
            elif manner == "wrong":
                client.sendall(b"*1000000\r\n" * 20)
    except OSError:
        pass
    client.close()


def fill(listener):
    """Fills the queue of connections that wait to be accepted."""
    waiting = []
    for _ in range(8):
        one = socket.socket()
        one.setblocking(False)
        one.connect_ex(listener.getsockname())
        waiting.append(one)
    return waiting


def main():
    port, manner = int(sys.argv[1]), sys.argv[2]
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(0 if manner == "deaf" else 16)
    kept = fill(listener) if manner == "deaf" else []
    print("ready", flush=True)
    while kept:
        time.sleep(60)
    while True:
        client = listener.accept()[0]
        threading.Thread(target=talk, args=(client, manner), daemon=True).start()


main()
