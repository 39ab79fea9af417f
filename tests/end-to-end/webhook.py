#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""webhook.py - an HTTPS endpoint that misbehaves in the way that a file says.

usage: webhook.py PORT FOLDER

FOLDER has `mode`, the name of a mode below, which is read again for each connection and request; `secret`
with the secret; and certificates: good, expired, wrong-name, self-signed (.crt, .key).  The server writes there:

    accepted  a line for each event that it accepted: its id; for one that it had before, "again " and its id
    hits      a line with the mode for each time that it misbehaved
    faults    a line for each request that is not as it should be: the signature is wrong, ...
"""
import base64
import hashlib
import hmac
import os
import select
import socket
import ssl
import sys
import threading
import time

port, folder = int(sys.argv[1]), sys.argv[2]
BEFORE_TLS = ("close", "slow-tls")
CERTIFICATES = ("expired", "wrong-name", "self-signed")
CUT = b"HTTP/1.1 200 OK\r\nContent-Length: "
# What is sent in place of an answer; the event is not accepted.
ANSWERS = {
    "mid-header": b"HTTP/1.1 200 OK\r\nContent-Le",
    "garbage": b"\x00\xff\xfeSMTP ready\r\n\r\n",
    "redirect": b"HTTP/1.1 307 There\r\nLocation: https://127.0.0.1:1/x\r\nContent-Length: 0\r\n\r\n",
    "500": b"HTTP/1.1 500 Error\r\nContent-Length: 0\r\n\r\n",
    "502": b"HTTP/1.1 502 Error\r\nContent-Length: 0\r\n\r\n",
    "503": b"HTTP/1.1 503 Later\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n",
    "429": b"HTTP/1.1 429 Many\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n",
    "404": b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n",
    "410": b"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n",
}
# The header says 200, so the event is accepted; then a part, and whether it is repeated for ever.
ACCEPTING = {
    "mid-body": (CUT + b"100\r\n\r\ncut", b""),
    "huge": (CUT + b"9223372036854775807\r\n\r\n", b"x"),
    "endless-body": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1000\r\n" + b"x" * 4096 + b"\r\n"),
    "gzip-bomb": (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b\x08\0\0\0\0\0\0\3", b"\xed\xc1\1\1\0\0\0\x80\x90\xfe" * 400),
}
ENDLESS = {
    "endless-header": (b"HTTP/1.1 200 OK\r\n", b"X-Y: " + b"z" * 1000 + b"\r\n"),
    "1xx-flood": (b"", b"HTTP/1.1 102 Processing\r\n\r\n" * 20),
}
# These refuse the first event that arrives in this mode, however often it comes.
REFUSING = {"400": b"no such list", "413": b"too large"}

lock = threading.Lock()
seen, refused = set(), {}
with open(folder + "/secret") as file:
    key = base64.b64decode(file.read().strip().removeprefix("whsec_"))


def mode():
    with open(folder + "/mode") as current:
        return current.read().strip()


def note(name, text):
    with lock, open(f"{folder}/{name}", "a") as notes:
        notes.write(text + "\n")


def context(name):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(f"{folder}/{name}.crt", f"{folder}/{name}.key")
    return made


contexts = {name: context(name) for name in CERTIFICATES + ("good",)}


class Ended(Exception):
    pass


def request_read(file):
    """Returns the header fields and the body of the next request."""
    line = file.readline()
    if not line:
        raise Ended
    fields = {"": line.decode().strip()}
    while (line := file.readline().decode().strip()):
        name, _, value = line.partition(": ")
        fields[name.lower()] = value
    return fields, file.read(int(fields["content-length"]))


def request_check(fields, body):
    signed = f"{fields['webhook-id']}.{fields['webhook-timestamp']}.".encode() + body
    good = b"v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256))
    if fields["webhook-signature"].encode() != good:
        note("faults", "signature")
    if abs(time.time() - int(fields["webhook-timestamp"])) > 5:
        note("faults", "timestamp")
    if fields[""] != "POST /hook HTTP/1.1":
        note("faults", fields[""])
    if fields["content-type"] != "application/cloudevents+json; charset=UTF-8":
        note("faults", fields["content-type"])
    if b'"id":"%s"' % fields["webhook-id"].encode() not in body:
        note("faults", "id")


def accept(identifier):
    with lock:
        again = identifier in seen
        seen.add(identifier)
    note("accepted", ("again " if again else "") + identifier)


def drip(connection, data):
    for byte in data:
        connection.sendall(bytes([byte]))
        time.sleep(1)


def answer(connection, now, identifier):
    """Answers one request in the mode NOW."""
    if now in REFUSING:
        with lock:
            mine = refused.setdefault(now, identifier) == identifier
        if mine:
            note("hits", now)
            text = REFUSING[now]
            connection.sendall(b"HTTP/1.1 %s No\r\nContent-Length: %d\r\n\r\n%s" % (now.encode(), len(text), text))
            return
    elif now != "good":
        note("hits", now)
    if now in ANSWERS:
        connection.sendall(ANSWERS[now])
        if now in ("mid-header", "garbage"):
            raise Ended
    elif now in ACCEPTING:
        accept(identifier)
        head, more = ACCEPTING[now]
        connection.sendall(head)
        while more:
            connection.sendall(more)
        raise Ended
    elif now in ENDLESS:
        head, more = ENDLESS[now]
        connection.sendall(head)
        while True:
            connection.sendall(more)
    elif now == "hang":
        while mode() == now:
            time.sleep(0.05)
        raise Ended
    elif now == "drip":
        drip(connection, b"HTTP/1.1 200 OK\r\n")
    elif now == "answer-lost":
        accept(identifier)
        raise Ended
    else:
        accept(identifier)
        connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")


def serve(connection):
    first = mode()
    if first in BEFORE_TLS:
        note("hits", first)
        while first == "slow-tls" and mode() == first:
            time.sleep(0.05)
        connection.close()
        return
    try:
        with contexts.get(first, contexts["good"]).wrap_socket(connection, server_side=True) as tls:
            file = tls.makefile("rb")
            while True:
                fields, body = request_read(file)
                now = mode()
                if now == "refuse" or now != first and now in BEFORE_TLS + CERTIFICATES:
                    return
                request_check(fields, body)
                answer(tls, now, fields["webhook-id"])
    except (OSError, Ended):
        if first in CERTIFICATES:
            note("hits", first)


def listen():
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("", port))
    listener.listen(64)
    return listener


for name in ("accepted", "hits", "faults"):
    with open(f"{folder}/{name}", "a"):
        pass
with open(f"{folder}/accepted") as before:  # of this server before it was started again
    seen.update(line.split()[-1] for line in before)
listener = listen()
while True:
    if mode() == "refuse":
        listener.close()
        note("hits", "refuse")
        while mode() == "refuse":
            time.sleep(0.05)
        listener = listen()
    if select.select([listener], [], [], 0.05)[0]:
        threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
