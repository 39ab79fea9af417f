#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""web.py - clients of patchmark web: hostile requests, slow clients, streams.

usage: web.py requests ADDRESS        sends each hostile request of the table below
       web.py crowd ADDRESS           50 clients, of which 10 are slow and 10 read events
       web.py streams ADDRESS         more streams than are allowed, and streams that are aborted
       web.py slow ADDRESS            clients that send or read nothing: each is closed
       web.py wait ADDRESS TEXT       reads events until one has TEXT; prints the seconds that it took
       web.py streamstatus ADDRESS    prints the status of a stream
       web.py json ADDRESS PATH EXPRESSION    prints a Python expression about the answer `a`

ADDRESS is HOST:PORT or the path of a unix socket.  Prints a line for each fault; the exit status is 0 if
there is none.
"""
import json
import random
import re
import socket
import sys
import threading
import time

FIELDS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
                               "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
SECONDS = 30  # after which the server closes a connection that does nothing
CONNECTIONS = 256
STREAMS = 64  # clients that may read events at once


def connect(address, timeout=10):
    if "/" in address:
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(timeout)
        client.connect(address)
        return client
    host, port = address.rsplit(":", 1)
    return socket.create_connection((host, int(port)), timeout)


class Answer:
    """One answer of the server: status, header (a list of pairs), body; status is 0 if there is none."""

    def __init__(self, status, header, body, version=""):
        self.status, self.header, self.body, self.version = status, header, body, version

    def field(self, name):
        return next((value for key, value in self.header if key == name), None)


def read_answer(stream, head=False):
    """Reads one answer from STREAM, a file; skips `100 Continue`."""
    line = stream.readline(65536)
    while line.startswith(b"HTTP/1.1 100 "):
        stream.readline(100)
        line = stream.readline(65536)
    match = re.fullmatch(rb"(HTTP/1\.[01]) (\d{3}) [^\r\n]*\r\n", line)
    if not match:
        return Answer(0, [], line)
    header = []
    while True:
        line = stream.readline(65536)
        if line in (b"\r\n", b""):
            break
        name, _, value = line.decode("latin-1").partition(":")
        header.append((name.lower(), value.strip()))
    answer = Answer(int(match[2]), header, b"", match[1].decode())
    length, chunked = answer.field("content-length"), answer.field("transfer-encoding")
    if head or answer.status in (204, 304):
        return answer
    if length is not None:
        answer.body = stream.read(int(length))
    elif chunked:
        while True:
            size = int(stream.readline(100) or b"0", 16)
            answer.body += stream.read(size)
            stream.readline(10)
            if size == 0:
                break
    else:
        answer.body = stream.read()
    return answer


def ask(address, request, head=False, timeout=10, end=False):
    """Sends REQUEST, bytes, and returns the answer.  END: closes the sending side afterwards."""
    with connect(address, timeout) as client:
        try:
            client.sendall(request)
            if end:
                client.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # it was answered before it was sent
        try:
            return read_answer(client.makefile("rb"), head)
        except (OSError, ValueError) as error:
            return Answer(-1, [], str(error).encode())


def get(address, path, *fields, method="GET"):
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", *fields, "", ""]
    return ask(address, "\r\n".join(lines).encode(), head=method == "HEAD")


def field_faults(answer):
    """Returns what is wrong with the header of ANSWER, one that is not of the library itself."""
    faults = [f"{name}: {answer.field(name)}" for name, value in FIELDS.items() if answer.field(name) != value]
    if not answer.field("cache-control"):
        faults.append("no Cache-Control")
    names = [name for name, _ in answer.header]
    faults += [f"{name} twice" for name in sorted(set(names)) if names.count(name) > 1]
    return faults


# ---- the table ------------------------------------------------------------------------------------

def request(path, *fields, method="GET", version="HTTP/1.1", host="Host: localhost"):
    lines = [f"{method} {path} {version}"] + ([host] if host else []) + list(fields) + ["", ""]
    return "\r\n".join(lines).encode("latin-1")


LIBRARY = "library"  # answered by libmicrohttpd itself: without our header fields
CLOSED = "closed"    # no answer, or one of the library: the connection ends

# Of each: its name, the request, the statuses that are right, and LIBRARY or CLOSED.
CASES = [
    # the request line
    ("nothing but a line end", b"\r\n\r\n", (400,), CLOSED),
    ("garbage", b"\x00\x01\x02\xff\xfe garbage\r\n\r\n", (400,), CLOSED),
    ("a line of another protocol", b"EHLO example.org\r\n\r\n", (400,), CLOSED),
    ("a TLS client", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(100), (400,), CLOSED),
    ("HTTP/0.9", b"GET /\r\n\r\n", (400, 505), CLOSED),
    ("HTTP/2 preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", (400, 505), LIBRARY),
    ("HTTP/3.0", request("/", version="HTTP/3.0"), (400, 505), LIBRARY),
    ("HTTP/1.1x", request("/", version="HTTP/1.1x"), (400, 505), LIBRARY),
    ("a version in lower case", request("/", version="http/1.1"), (400, 505), LIBRARY),
    ("a space in the target", request("/a b"), (404, 400), None),
    ("a NUL in the target", request("/\0"), (400, 200), CLOSED),
    ("a bare LF as line end", b"GET / HTTP/1.1\nHost: localhost\n\n", (200, 400), None),
    ("an unknown method", request("/", method="BREW"), (405,), None),
    ("a method in lower case", request("/", method="get"), (405,), None),
    ("a method of 8 KiB", request("/", method="A" * 8192), (400, 405, 414, 431), CLOSED),
    ("OPTIONS *", request("*", method="OPTIONS"), (405,), None),
    ("CONNECT", request("localhost:80", method="CONNECT"), (405,), None),
    ("TRACE", request("/", method="TRACE"), (405,), None),
    # methods and bodies
    ("POST", request("/api/series", "Content-Length: 3", method="POST") + b"a=b", (405,), None),
    ("PUT", request("/api/series", "Content-Length: 0", method="PUT"), (405,), None),
    ("DELETE", request("/api/series", method="DELETE"), (405,), None),
    ("PATCH", request("/api/series", method="PATCH"), (405,), None),
    ("a POST of 1 GB that is announced", request("/", "Content-Length: 1000000000", method="POST"), (405,), None),
    ("GET with a body", request("/", "Content-Length: 5") + b"hello", (413,), None),
    ("GET with a chunked body", request("/", "Transfer-Encoding: chunked") + b"5\r\nhello\r\n0\r\n\r\n", (413,), None),
    ("a broken chunk", request("/", "Transfer-Encoding: chunked") + b"zz\r\nhello\r\n", (413, 400), None),
    ("an unknown transfer coding", request("/", "Transfer-Encoding: gzip, chunked") + b"0\r\n\r\n", (413, 400), None),
    ("Content-Length: -1", request("/", "Content-Length: -1"), (400, 413), CLOSED),
    ("Content-Length: +5", request("/", "Content-Length: +5") + b"hello", (400, 413), CLOSED),
    ("Content-Length: 99999999999999999999", request("/", "Content-Length: 99999999999999999999"), (413, 400), CLOSED),
    ("Expect: 100-continue", request("/", "Content-Length: 5", "Expect: 100-continue", method="POST"), (405,), None),
    ("Expect without a body", request("/", "Expect: 100-continue"), (200,), None),
    # smuggling: each ends the connection, see smuggled()
    ("both lengths", request("/", "Content-Length: 6", "Transfer-Encoding: chunked") + b"0\r\n\r\nG", (413, 400), None),
    ("two lengths", request("/", "Content-Length: 0", "Content-Length: 6") + b"GET /x", (413, 400), None),
    ("a space before the colon", request("/", "Content-Length : 6") + b"GET /x", (400,), CLOSED),
    ("a folded length", request("/", "X: a\r\n Content-Length: 6"), (200, 400), None),
    ("a tab in a coding", request("/", "Transfer-Encoding:\tchunked") + b"0\r\n\r\n", (413, 400), None),
    # Host
    ("no Host", request("/", host=None), (400,), None),
    ("no Host in HTTP/1.0", request("/", host=None, version="HTTP/1.0"), (200,), None),
    ("two Hosts", request("/", "Host: localhost"), (400,), None),
    ("the Host of a stranger", request("/api/series", host="Host: evil.example.com"), (421,), None),
    ("a Host that starts with ours", request("/", host="Host: localhost.evil.example.com"), (421,), None),
    ("an empty Host", request("/", host="Host: "), (400,), None),
    ("a Host with a path", request("/", host="Host: localhost/x"), (400,), None),
    ("a Host of 10 KB", request("/", host="Host: " + "a" * 10000), (400,), None),
    ("a Host that is an address", request("/", host="Host: 127.0.0.1:8025"), (200,), None),
    ("the absolute form", request("http://localhost/api/lists"), (200,), None),
    ("the absolute form of a stranger", request("http://evil.example.com/"), (421,), None),
    ("the absolute form of another scheme", request("ftp://localhost/"), (400,), None),
    # the header
    ("a header of 100 KB", request("/", "X: " + "a" * 100000), (413, 431), LIBRARY),
    ("10,000 fields", request("/", *["X: y"] * 10000), (413, 431), LIBRARY),
    ("100 fields", request("/", *["X: y"] * 100), (200,), None),
    ("a field without a colon", request("/", "nonsense"), (400,), LIBRARY),
    ("a field without a name", request("/", ": x"), (200, 400), None),
    ("a name with brackets", request("/", "a(b): x"), (400,), None),
    ("a cookie of a stranger", request("/", "Cookie: a=b; \"c"), (200,), None),
    ("Range", request("/assets/app.js", "Range: bytes=0-0,5-,-1"), (200,), None),
    ("Upgrade", request("/", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Key: eA=="), (200,), None),
    ("h2c", request("/", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAA"), (200,), None),
    ("X-Original-URL", request("/", "X-Original-URL: /api/lists", "X-Forwarded-Host: evil.example.com"), (200,), None),
    # the path
    ("traversal", request("/../../../etc/passwd"), (404,), None),
    ("traversal in the assets", request("/assets/../../api/lists"), (404,), None),
    ("encoded traversal", request("/assets/%2e%2e%2f%2e%2e%2fetc/passwd"), (404,), None),
    ("double encoding", request("/%252e%252e%252fetc/passwd"), (404,), None),
    ("a backslash", request("/assets/..\\..\\etc"), (404,), None),
    ("an encoded NUL", request("/assets/app.js%00.png"), (400,), None),
    ("a bad escape", request("/%zz"), (400,), None),
    ("half an escape", request("/api/series?q=%e"), (400,), None),
    ("invalid UTF-8", request("/%ff%fe"), (400,), None),
    ("invalid UTF-8 in the query", request("/api/series?q=%c3%28"), (400,), None),
    ("an overlong slash", request("/assets%c0%af"), (400,), None),
    ("line ends for a header", request("/%0d%0aSet-Cookie:%20a=b"), (400,), None),
    ("line ends in an id", request("/api/series/s1-a%0d%0aLocation:%20http:%2f%2fevil.example.com"), (400,), None),
    ("a path of 4 KiB", request("/" + "a" * 4090), (404,), None),
    ("a URL of 5 KB", request("/api/series?q=" + "a" * 5000), (414,), None),
    ("a URL of 100 KB", request("/" + "a" * 100000), (413, 414, 431), LIBRARY),
    ("slashes", request("/" + "/" * 3000), (404,), None),
    ("another case", request("/API/series"), (404,), None),
    # arguments
    ("limit=-1", request("/api/series?limit=-1"), (400,), None),
    ("limit=0", request("/api/series?limit=0"), (200, 400), None),
    ("limit=1e9", request("/api/series?limit=1e9"), (400,), None),
    ("limit=1000000000", request("/api/series?limit=1000000000"), (200, 400), None),
    ("limit=abc", request("/api/series?limit=abc"), (400,), None),
    ("limit beyond 64 bits", request("/api/series?limit=99999999999999999999"), (200, 400), None),
    ("since=-1", request("/api/events?since=-1"), (400,), None),
    ("since=text", request("/api/events?since=x"), (400,), None),
    ("since is huge", request("/api/events?since=9223372036854775807"), (200, 400), None),
    ("since beyond 64 bits", request("/api/events?since=99999999999999999999"), (200, 400), None),
    ("a stream with since=text", request("/api/events?since=x", "Accept: text/event-stream"), (400,), None),
    ("a stream with a bad Last-Event-ID", request("/api/events", "Accept: text/event-stream", "Last-Event-ID: x"),
     (400,), None),
    ("a stream of no type", request("/api/events?type=no.such", "Accept: text/event-stream"), (400,), None),
    ("hours=-5", request("/api/activity?hours=-5"), (400,), None),
    ("hours is huge", request("/api/activity?hours=999999999"), (200, 400), None),
    ("a cursor that is none", request("/api/series?before=zzz"), (200, 400), None),
    ("a cursor of SQL", request("/api/series?before=1;DROP%20TABLE%20series"), (200, 400), None),
    ("a state that is none", request("/api/series?state=nonsense"), (200, 400), None),
    ("q like SQL", request("/api/series?q=%27%20OR%201=1;--%20%25%5F"), (200,), None),
    ("q like a script", request("/api/series?q=%3Cscript%3Ealert(1)%3C/script%3E"), (200,), None),
    ("q like a query of FTS", request("/api/series?q=%22a%22%20NEAR(%20*%20AND"), (200,), None),
    ("q of 3 KB", request("/api/series?q=" + "%25" * 1000), (200, 400), None),
    ("q of 500 words", request("/api/series?q=" + "+a" * 500), (200, 400), None),
    ("an empty q", request("/api/series?q="), (200,), None),
    ("an argument twice", request("/api/series?q=a&q=b"), (400,), None),
    ("100 arguments", request("/api/series?" + "&".join(f"a{i}" for i in range(100))), (400,), None),
    ("unknown arguments", request("/api/lists?admin=1&__proto__=x"), (200,), None),
    # ids
    ("an unknown series", request("/api/series/s1-aaaaaaaaaaaaaaaa"), (404,), None),
    ("the page of an unknown series", request("/series/s1-aaaaaaaaaaaaaaaa"), (404,), None),
    ("the page of an id of 3 KB", request("/series/" + "s" * 3000), (404,), None),
    ("an id of 3 KB", request("/api/series/" + "s" * 3000), (404,), None),
    ("an id like SQL", request("/api/series/s1-'%20OR%20'1'='1"), (404,), None),
    ("an unknown mail", request("/api/messages/no.such%40example.org"), (404,), None),
    ("a Message-ID with slashes", request("/api/messages/%3C..%2F..%2Fx%40example.org%3E"), (404,), None),
    ("no id", request("/api/series/"), (404,), None),
    ("the feed of no list", request("/lists/no.such/feed.atom"), (404,), None),
    ("a list with slashes", request("/lists/../../feed.atom"), (404,), None),
    ("an unknown path of the API", request("/api/nonsense"), (404,), None),
    ("the API itself", request("/api/"), (404,), None),
]

# After each of these, the connection must be closed: the second request must not be answered.
SMUGGLING = ("both lengths", "two lengths", "a space before the colon", "GET with a body",
             "GET with a chunked body", "POST", "an unknown transfer coding", "Content-Length: +5")


def case_faults(address, name, data, wanted, who):
    head = data.startswith(b"HEAD")
    # A request that does not look like one can wait for its end as any other: until the server closes it.
    answer = ask(address, data, head, timeout=2 if who == CLOSED else 10, end=who == CLOSED)
    faults = []
    if (answer.status == -1 and who != CLOSED) or (answer.status == 0 and who != CLOSED):
        faults.append(f"no answer: {answer.body[:80]}")
    elif answer.status > 0 and answer.status not in wanted:
        faults.append(f"status {answer.status}, not {wanted}")
    if answer.status > 0 and who is None:
        faults += field_faults(answer)
        if data.split(b" ")[1].startswith(b"/api/") and answer.status >= 400 and answer.status != 405:
            error = json.loads(answer.body)["error"]
            if error["status"] != answer.status or not error["title"]:
                faults.append(f"the error says {error}")
    if answer.status == 405 and answer.field("allow") != "GET, HEAD":
        faults.append("no Allow")
    if answer.field("set-cookie"):
        faults.append("a cookie")
    return [f"{name}: {fault}" for fault in faults]


def smuggled(address, name, data):
    """Returns a fault if a request that follows DATA is answered."""
    with connect(address) as client:
        try:
            client.sendall(data + request("/robots.txt"))
            rest = b""
            while piece := client.recv(65536):
                rest += piece
        except OSError as error:
            if isinstance(error, socket.timeout):
                return [f"{name}: the connection stays open"]
    return [f"{name}: a second answer"] if b"User-agent" in rest else []


def command_requests(address):
    faults, count = [], 0
    for name, data, wanted, who in CASES:
        count += 1
        faults += case_faults(address, name, data, wanted, who)
        if name in SMUGGLING:
            faults += smuggled(address, name, data)
    faults += every_path(address) + pipelined(address) + cut(address) + tags(address) + \
        bases(address)
    print(f"{count} requests")
    return faults


def every_path(address):
    """HEAD has the header of GET, and no body."""
    faults = []
    for path in ("/", "/live", "/series/s1-none", "/assets/app.js", "/assets/style.css", "/assets/icon.svg", "/robots.txt",
                 "/api/series", "/api/lists", "/api/events", "/api/activity", "/api/health", "/api/openapi.json",
                 "/feed.atom", "/none", "/api/none"):
        whole, head = get(address, path), get(address, path, method="HEAD")
        if whole.status != head.status or head.field("content-type") != whole.field("content-type"):
            faults.append(f"HEAD {path}: {head.status} {head.field('content-type')}, "
                          f"GET: {whole.status} {whole.field('content-type')}")
        faults += [f"HEAD {path}: {fault}" for fault in field_faults(head)]
        if whole.status != (404 if "none" in path else 200):
            faults.append(f"{path}: {whole.status}")
    stream = get(address, "/api/events", "Accept: text/event-stream", method="HEAD")
    if stream.status != 200 or stream.field("content-type") != "text/event-stream":
        faults.append(f"HEAD of a stream: {stream.status}")
    return faults


def pipelined(address):
    """Requests that are sent together are answered in order, up to one that is refused."""
    data = request("/robots.txt") + request("/api/lists") + request("/none") + request("/", method="BREW") + \
        request("/robots.txt")
    with connect(address) as client:
        client.sendall(data)
        stream = client.makefile("rb")
        got = [read_answer(stream).status for _ in range(5)]
    return [] if got == [200, 200, 404, 405, 0] else [f"pipelined: {got}"]


def cut(address):
    """Requests that end early, at every byte, and connections that are reset, do no harm."""
    data = request("/api/series?q=a", "Accept: text/event-stream")
    for end in range(0, len(data), 3):
        with connect(address) as client:
            client.sendall(data[:end])
            if end % 2:  # RST instead of FIN
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    return [] if get(address, "/robots.txt").status == 200 else ["no answer after requests that were cut"]


def tags(address):
    """A client that has a file or a feed gets 304."""
    faults = []
    for path in ("/assets/app.js", "/feed.atom"):
        tag = get(address, path).field("etag")
        for known, status in ((tag, 304), ("W/" + tag, 304), ('"x", ' + tag, 304), ('"x"', 200), ("", 200)):
            answer = get(address, path, f"If-None-Match: {known}")
            if answer.status != status or (status == 304 and answer.body):
                faults.append(f"{path}, If-None-Match {known}: {answer.status}")
            faults += field_faults(answer)
    return faults


def bases(address):
    """Links of a feed have the base that a proxy states, if it is an address of this server."""
    faults = []
    for host, scheme, base in (("localhost", "https", b"https://localhost/"), ("localhost:80", "http", b"http://localhost:80/"),
                               ("localhost", None, None), ("localhost", "javascript", None)):
        fields = [f"X-Forwarded-Proto: {scheme}"] if scheme else []
        with connect(address) as client:
            client.sendall(request("/feed.atom", *fields, host=f"Host: {host}"))
            answer = read_answer(client.makefile("rb"))
        if answer.status != 200 or (b' xml:base="%s"' % base not in answer.body if base else b"xml:base" in answer.body):
            faults.append(f"the base of {host} and {scheme}: {answer.status} {answer.body[:200]}")
    return faults


# ---- many and slow clients ------------------------------------------------------------------------

def stream_open(address, *fields, path="/api/events"):
    client = connect(address)
    client.sendall("\r\n".join([f"GET {path} HTTP/1.1", "Host: localhost", "Accept: text/event-stream", *fields,
                                "", ""]).encode())
    return client


def stream_status(client):
    return int(client.recv(65536).split(b" ")[1] or b"0")


def command_crowd(address):
    """10 clients that send half a request, 10 streams, 30 clients that ask all the time: no request of these
    takes long."""
    slow = [connect(address) for _ in range(5)]
    for client in slow:
        client.sendall(b"GET /api/ser")
    for _ in range(5):  # ask for much, read nothing
        client = connect(address)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.sendall(request("/assets/app.js") * 20)
        slow.append(client)
    streams = [stream_open(address) for _ in range(10)]
    times, faults = [], []

    def ordinary(number):
        paths = ("/", "/api/series", "/api/events", "/api/series?q=tide", "/assets/app.js", "/api/health")
        for i in range(20):
            start = time.monotonic()
            try:
                status = get(address, paths[(number + i) % len(paths)]).status
            except OSError as error:
                status = error
            times.append(time.monotonic() - start)
            if status != 200:
                faults.append(f"an ordinary client got {status}")

    threads = [threading.Thread(target=ordinary, args=(i,)) for i in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    times.sort()
    print(f"{len(times)} requests: half in {times[len(times) // 2] * 1000:.0f} ms, all in {times[-1] * 1000:.0f} ms")
    if times[-1] > 5:
        faults.append("a request took more than 5 seconds")
    for client in slow + streams:
        client.close()
    return faults


def command_streamstatus(address):
    with stream_open(address) as client:
        print(stream_status(client))
    return []


def command_streams(address):
    faults = []
    streams = []
    end = time.monotonic() + 5  # streams of earlier clients still count until their end is noticed
    while len(streams) < STREAMS and time.monotonic() < end:
        streams.append(stream_open(address))
        if stream_status(streams[-1]) != 200:
            streams.pop().close()
            time.sleep(0.05)
    if len(streams) < STREAMS:
        faults.append(f"only {len(streams)} streams were accepted")
    answer = get(address, "/api/events", "Accept: text/event-stream")
    if answer.status != 503 or not answer.field("retry-after") or field_faults(answer):
        faults.append(f"one stream too many: {answer.status} {answer.header}")
    if get(address, "/api/lists").status != 200:
        faults.append("no other request is answered")
    for client in streams:
        client.close()
    end = time.monotonic() + 5  # streams that were closed are noticed
    while time.monotonic() < end:
        with stream_open(address) as client:
            if stream_status(client) == 200:
                break
        time.sleep(0.1)
    else:
        faults.append("streams that were closed still count")
    for _ in range(2 * CONNECTIONS):  # clients that leave as soon as they have asked
        client = connect(address)
        client.sendall(request("/robots.txt"))
        client.close()
    start = time.monotonic()
    if get(address, "/robots.txt").status != 200 or time.monotonic() - start > 5:
        faults.append("clients that have left still count")
    idle = [connect(address) for _ in range(CONNECTIONS)]
    start = time.monotonic()
    if get(address, "/robots.txt").status != 200 or time.monotonic() - start > 5:
        faults.append("clients that ask nothing keep others out")
    for client in idle:
        client.close()
    for i in range(300):  # a flood of streams that are aborted at any moment
        client = stream_open(address, path="/api/events?since=0")
        if i % 3 == 0:
            client.recv(random.randrange(1, 2000))
        if i % 2:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        client.close()
    if get(address, "/api/lists").status != 200:
        faults.append("no answer after a flood of streams")
    return faults


def closed_after(client, send=b""):
    """Returns the seconds after which the server closes CLIENT, which gets a byte of SEND each second."""
    start = time.monotonic()
    client.settimeout(1)
    sent = 0
    while time.monotonic() < start + SECONDS + 20:
        try:
            if send:
                client.sendall(send[sent:sent + 1])
                sent += 1
            if not client.recv(65536):
                return time.monotonic() - start
        except socket.timeout:
            pass
        except OSError:
            return time.monotonic() - start
    return 999


def not_read(address, path, count):
    """Sends COUNT requests, and reads nothing for longer than the server waits.  Returns true if the server has
    closed the connection before all was answered."""
    client = connect(address)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.settimeout(2)
    try:
        client.sendall(request(path) * count)
    except OSError:
        pass
    time.sleep(SECONDS + 10)
    whole, got = count * len(get(address, path).body), 0
    try:
        while piece := client.recv(65536):
            got += len(piece)
    except OSError:
        pass
    return got < whole


def command_slow(address):
    """Clients of which each is closed after SECONDS, while other ones are answered."""
    ends = {}

    def run(name, function):
        ends[name] = function()

    def client_that(sends):
        client = connect(address)
        client.sendall(sends)
        return client

    long = b"GET /robots.txt HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 200
    jobs = {
        "nothing": lambda: closed_after(connect(address)),
        "half a request": lambda: closed_after(client_that(b"GET / HTTP/1.1\r\nHos")),
        "a byte each second": lambda: closed_after(connect(address), long),
        "no further request": lambda: closed_after(client_that(request("/robots.txt"))),
    }
    unread = "answers that are not read"
    jobs[unread] = lambda: not_read(address, "/assets/app.js", 500)
    threads = [threading.Thread(target=run, args=job) for job in jobs.items()]
    for thread in threads:
        thread.start()
    faults = []
    while any(thread.is_alive() for thread in threads):
        start = time.monotonic()
        if get(address, "/api/lists").status != 200 or time.monotonic() - start > 2:
            faults.append("another client is not answered")
        time.sleep(0.5)
    if not ends.pop(unread):
        faults.append("a client that reads nothing got everything")
    for name, seconds in ends.items():
        print(f"{name}: closed after {seconds:.0f} s")
        if not 15 < seconds < SECONDS + 15:
            faults.append(f"{name}: closed after {seconds:.0f} s")
    return faults


def command_wait(address, text, *fields):
    with stream_open(address, *fields) as client:
        client.settimeout(20)
        stream = client.makefile("rb")
        print("open", flush=True)
        event = {}
        for line in stream:
            name, _, value = line.decode().rstrip("\r\n").partition(": ")
            event[name] = value
            if name == "data" and text in value:
                print(f"{time.time():.3f} {event['id']} {event['event']}")
                return []
    return [f"no event with {text}"]


def command_json(address, path, expression):
    answer = get(address, path)
    a = json.loads(answer.body) if (answer.field("content-type") or "").startswith("application/json") else answer.body
    print(eval(expression, {"a": a, "status": answer.status, "json": json, "re": re}))
    return []


def main():
    found = globals()["command_" + sys.argv[1]](*sys.argv[2:])
    for fault in found:
        print(fault)
    return 1 if found else 0


sys.exit(main())
