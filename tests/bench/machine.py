# SPDX-License-Identifier: BSD-2-Clause
#
# machine.py - describes the machine of a measurement: processor, kernel and versions of programs.
import datetime
import os
import platform
import re
import subprocess


def output(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def processor():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        found = re.search(r"^(?:model name|Model)\s*:\s*(.*)", file.read(), re.MULTILINE)
    return found.group(1) if found else platform.machine()


def package(name):
    """Returns the version of a Debian package; "" if it is not installed, or on other systems."""
    return output("dpkg-query", "-W", "-f", "${Version}", name)


def facts():
    with open("/proc/loadavg", encoding="utf-8") as file:
        load = file.read().split()[0]
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "cores": len(os.sched_getaffinity(0)), "cpu": processor(), "load_average": float(load),
        "kernel": platform.release(), "commit": output("git", "-C", os.path.dirname(__file__), "rev-parse", "HEAD"),
        "patchmark": output(os.environ.get("PATCHMARK", "patchmark"), "version").split("\n")[0],
        "gmime": output("pkg-config", "--modversion", "gmime-3.0"),
        "libmilter": package("libmilter1.0.1"), "redis": output("redis-server", "--version").split(" sha=")[0],
        "sqlite": output("pkg-config", "--modversion", "sqlite3"), "postfix": package("postfix"),
        "opendkim": package("opendkim"), "python3-milter": package("python3-milter"), "b4": package("b4"),
    }
