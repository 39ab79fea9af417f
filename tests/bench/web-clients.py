#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""web-clients.py - clients of the web process: each reads the event stream and once a second a page.

usage: web-clients.py SOCKET CLIENTS

Runs until SIGTERM, then prints how many requests were answered, the slowest answers, and how many events were
received.
"""
import asyncio
import signal
import sys
import time

PATHS = ["/api/series", "/api/series?waiting=1", "/api/series?q=fix", "/api/lists", "/api/health", "/api/activity"]
took, events, wrong = [], 0, 0


async def request(path, accept):
    reader, writer = await asyncio.open_unix_connection(sys.argv[1], limit=1 << 22)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: {accept}\r\nConnection: close\r\n\r\n".encode())
    await writer.drain()
    return reader, writer


async def stream():
    global events
    reader, _ = await request("/api/events", "text/event-stream")
    while line := await reader.readline():
        events += line.startswith(b"id:")


async def pages(number):
    global wrong
    await asyncio.sleep(number % 50 / 50)
    turn = number
    while True:
        began = time.monotonic()
        reader, writer = await request(PATHS[turn % len(PATHS)], "application/json")
        answer = await reader.read()
        writer.close()
        took.append(time.monotonic() - began)
        wrong += b" 200 " not in answer[:16]
        turn += 1
        await asyncio.sleep(max(0, 1 - (time.monotonic() - began)))


async def main():
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    tasks = [asyncio.create_task(work) for n in range(int(sys.argv[2])) for work in (stream(), pages(n))]
    await ended.wait()
    for task in tasks:
        task.cancel()
    took.sort()
    print(f"requests={len(took)} wrong={wrong} p99_ms={1000 * took[int(len(took) * 0.99)]:.0f} events={events}")


asyncio.run(main())
