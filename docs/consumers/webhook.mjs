#!/usr/bin/env node
// SPDX-License-Identifier: BSD-2-Clause
// webhook.mjs PORT SECRET_FILE [COMMAND...]: receives events of the plugin webhook on 127.0.0.1:PORT, behind a
// server with TLS, and passes each to COMMAND (default: cat) as a line of JSON on its standard input.
// The file has one secret, whsec_..., a line.  If COMMAND fails, the event is sent again.
import { createHmac, timingSafeEqual } from "node:crypto";
import { spawnSync } from "node:child_process";
import { createServer } from "node:http";
import { readFileSync } from "node:fs";

const [port, path, ...words] = process.argv.slice(2);
const [program, ...rest] = words.length > 0 ? words : ["cat"];
const secrets = readFileSync(path, "utf8").trim().split("\n")
  .map((line) => Buffer.from(line.trim().replace(/^whsec_/, ""), "base64"));
const done = new Set(); // ids; a bot that must never act twice keeps them with its own data

const equal = (a, b) => a.length === b.length && timingSafeEqual(a, b);

function isSigned(id, timestamp, signatures, body) {
  if (!/^\d+$/.test(timestamp) || Math.abs(Date.now() / 1000 - Number(timestamp)) > 300) return false;
  const wanted = secrets.map((secret) =>
    Buffer.from("v1," + createHmac("sha256", secret).update(`${id}.${timestamp}.`).update(body).digest("base64")));
  return signatures.split(" ").some((each) => wanted.some((good) => equal(Buffer.from(each), good)));
}

// Returns the status of the answer.
function receive(headers, body) {
  const id = headers["webhook-id"] ?? "";
  if (!isSigned(id, headers["webhook-timestamp"] ?? "", headers["webhook-signature"] ?? "", body)) return 401;
  if (done.has(id)) return 204;
  const run = spawnSync(program, rest, { input: Buffer.concat([body, Buffer.from("\n")]), stdio: ["pipe", "inherit", "inherit"] });
  if (run.status !== 0) return 503;
  done.add(id);
  if (done.size > 100000) done.delete(done.values().next().value);
  return 204;
}

createServer((request, response) => {
  const chunks = [];
  let length = 0;
  request.on("data", (chunk) => {
    length += chunk.length;
    if (length <= 1 << 20) chunks.push(chunk);
    else request.destroy();
  });
  request.on("end", () => {
    const status = request.method === "POST" ? receive(request.headers, Buffer.concat(chunks)) : 405;
    response.writeHead(status, { "Content-Length": 0 }).end();
  });
}).listen(Number(port), "127.0.0.1");
