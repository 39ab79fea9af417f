#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
# webhook.py PORT SECRET_FILE [COMMAND...]: receives events of the plugin webhook on 127.0.0.1:PORT, behind a
# server with TLS, and passes each to COMMAND (default: cat) as a line of JSON on its standard input.
# The file has one secret, whsec_..., a line.  If COMMAND fails, the event is sent again.
import base64, hashlib, hmac, subprocess, sys, time
from collections import OrderedDict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock

port, command = int(sys.argv[1]), sys.argv[3:] or ["cat"]
with open(sys.argv[2]) as file:
    secrets = [base64.b64decode(line.strip().removeprefix("whsec_")) for line in file]
done, lock = OrderedDict(), Lock()  # ids; a bot that must never act twice keeps them with its own data


def is_signed(identifier, timestamp, signatures, body):
    if abs(time.time() - int(timestamp)) > 300:
        return False
    signed = b".".join([identifier.encode(), timestamp.encode(), body])
    wanted = [b"v1," + base64.b64encode(hmac.digest(secret, signed, hashlib.sha256)) for secret in secrets]
    return any([hmac.compare_digest(each.encode(), good) for each in signatures.split() for good in wanted])


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 120

    def answer(self, status):
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_POST(self):
        length = int(self.headers.get("Content-Length", 0))
        if length > 1 << 20:
            self.close_connection = True
            return self.answer(413)
        body, identifier = self.rfile.read(length), self.headers.get("webhook-id", "")
        try:
            good = is_signed(identifier, self.headers.get("webhook-timestamp", ""),
                             self.headers.get("webhook-signature", ""), body)
        except (ValueError, UnicodeError):
            good = False
        if not good:
            return self.answer(401)
        with lock:
            if identifier not in done:
                if subprocess.run(command, input=body + b"\n").returncode != 0:
                    return self.answer(503)
                done[identifier] = True
                if len(done) > 100000:
                    done.popitem(last=False)
        self.answer(204)

    def log_message(self, *arguments):
        pass


ThreadingHTTPServer(("127.0.0.1", port), Receiver).serve_forever()
