#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""layers.py - checks that files of milter/ and plugins/ include only files of the allowed rooms.

usage: layers.py [TREE]

TREE is a source tree, by default the one of this file.  Nothing needs to be built.  Before it checks
TREE, it tests itself with small trees, in which it must find each kind of fault.

Exit status: 0 if there is no fault, 1 if there are faults, 2 if the test of this program failed.
"""
import os
import re
import sys
import tempfile

# The rooms that the files of each room may include, besides their own room and patchmark-plugin.h, the
# only header of include/.
BELOW_FEED = "util mail plugin settings store pipeline"
ROOMS = {
    "util": "",
    "mail": "util",
    "plugin": "util mail",
    "settings": "util plugin",
    "store": "util",
    "pipeline": "util mail plugin settings store",
    "feed": BELOW_FEED,
    "daemon": BELOW_FEED + " feed",
    "web": BELOW_FEED + " feed",
    "command": BELOW_FEED + " feed",
}
# main.c may include every room.  A plugin may include patchmark-plugin.h and its own files; its unit
# tests, test_*, may include every room.
PLUGIN_HEADER = "patchmark-plugin.h"
# Headers that the build makes.
GENERATED = ["automation-table.h", "command/new-plugin.h", "redis-state.h", "web-openapi.h", "web-page.h"]

INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]', re.MULTILINE)


def sources(folder):
    """Yields the paths of the .c and .h files in FOLDER and below, sorted."""
    for root, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted(files):
            if name.endswith((".c", ".h")):
                yield os.path.join(root, name)


def includes(path):
    """Yields the line number and the name of each include in quotes, and of each include in angle
    brackets that names a room."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    for match in INCLUDE.finditer(text):
        bracket, name = match.groups()
        if bracket == '"' or name.split("/")[0] in ROOMS:
            yield text.count("\n", 0, match.start(2)) + 1, name


def module(path):
    """Returns the module of a file: the same for x.c, x.h and x-private.h."""
    return os.path.splitext(path)[0].removesuffix("-private")


def check_core(tree, faults, graph):
    """Checks milter/: each file is in a room, and includes only rooms that its room may include."""
    top = os.path.join(tree, "milter")
    for path in sources(top):
        inside = os.path.relpath(path, top)
        parts = inside.split("/")
        where = os.path.relpath(path, tree)
        room = parts[0] if len(parts) == 2 else ""
        if inside == "include/" + PLUGIN_HEADER:
            allowed = []
        elif inside == "main.c":
            allowed = list(ROOMS)
        elif room in ROOMS:
            allowed = [room] + ROOMS[room].split()
        else:
            faults.append(f"{where}: is in none of the rooms {' '.join(ROOMS)}")
            continue
        graph.setdefault(module(inside), set())
        for line, name in includes(path):
            target = name.split("/")[0]
            if (name == PLUGIN_HEADER and allowed) or name in GENERATED:
                continue
            if "/" not in name or target not in ROOMS:
                faults.append(f'{where}:{line}: "{name}" is included without a room')
            elif target not in allowed:
                faults.append(f'{where}:{line}: "{name}" is above {room or "include"}; allowed: '
                              f"{' '.join(allowed) or 'nothing'}")
            elif name not in GENERATED and not os.path.exists(os.path.join(top, name)):
                faults.append(f'{where}:{line}: "{name}" does not exist')
            elif module(name) != module(inside):
                graph[module(inside)].add(module(name))


def check_plugins(tree, faults, graph):
    """Checks plugins/: each includes only the header of plugins and files of its own folder."""
    top = os.path.join(tree, "plugins")
    for path in sources(top):
        folder, base = os.path.split(path)
        inside = os.path.relpath(path, tree)
        if base.startswith("test_"):
            continue
        graph.setdefault(module(inside), set())
        for line, name in includes(path):
            if name == PLUGIN_HEADER or name in GENERATED:
                continue
            if "/" in name or not os.path.exists(os.path.join(folder, name)):
                faults.append(f'{inside}:{line}: a plugin may include {PLUGIN_HEADER} and files of '
                              f'its own folder, not "{name}"')
            elif module(name) != module(base):
                graph[module(inside)].add(os.path.join(os.path.dirname(inside), module(name)))


def without_ends(graph):
    """Returns GRAPH without the modules from which no circle can be reached."""
    while True:
        ends = {name for name, others in graph.items() if not others & set(graph)}
        if not ends:
            return graph
        graph = {name: others for name, others in graph.items() if name not in ends}


def check_circles(faults, graph):
    """Reports circles of modules that include each other; of circles that overlap, reports one."""
    left = without_ends(graph)
    while left:
        way, name = [], min(left)
        while name not in way:
            way.append(name)
            name = min(left[name] & set(left))
        circle = way[way.index(name):]
        first = circle.index(min(circle))
        circle = circle[first:] + circle[:first]
        faults.append("a circle of includes: " + " -> ".join(circle + circle[:1]))
        left = without_ends({name: others for name, others in left.items() if name not in circle})


def check(tree):
    """Returns the faults of TREE, one line for each."""
    faults, graph = [], {}
    for folder in ("milter", "plugins"):
        if not os.path.isdir(os.path.join(tree, folder)):
            faults.append(f"{tree}: has no folder {folder}/")
    check_core(tree, faults, graph)
    check_plugins(tree, faults, graph)
    check_circles(faults, graph)
    return faults


# ---- the test of this program ---------------------------------------------------------------------

GOOD = {
    "milter/main.c": '#include "command/verb.h"\n',
    "milter/include/patchmark-plugin.h": "#include <stdbool.h>\n",
    "milter/util/log.h": '#include "patchmark-plugin.h"\n',
    "milter/util/log.c": '#include "util/log.h"\n#include <stdio.h>\n',
    "milter/store/store.c": '#include "util/log.h"\n',
    "milter/feed/publisher.c": '#include "pipeline/mail.h"\n',
    "milter/pipeline/mail.h": '#include "store/store.h"\n',
    "milter/store/store.h": "",
    "milter/command/verb.h": "",
    "plugins/kind/kind.c": '#include "word.h"\n#include "patchmark-plugin.h"\n',
    "plugins/kind/word.h": "",
    "plugins/kind/test_kind.c": '#include "pipeline/mail.h"\n',
}
# Of each: a file, its text, and a part of the expected fault.
BAD = [
    ("milter/store/store.c", '#include "pipeline/mail.h"\n', "above store"),
    ("milter/util/log.c", '#include "store/store.h"\n', "above util"),
    ("milter/util/log.c", '#  include <store/store.h>\n', "above util"),
    ("milter/daemon/serve.c", '#include "command/verb.h"\n', "above daemon"),
    ("milter/settings/configuration.h", '#include "store/store.h"\n', "above settings"),
    ("milter/include/patchmark-plugin.h", '#include "util/log.h"\n', "above include"),
    ("milter/store/store.c", '#include "log.h"\n', "without a room"),
    ("milter/store/store.c", '#include "../util/log.h"\n', "without a room"),
    ("milter/store/store.c", '#include "util/missing.h"\n', "does not exist"),
    ("milter/log.c", "", "none of the rooms"),
    ("milter/attic/log.c", "", "none of the rooms"),
    ("milter/util/deep/log.h", "", "none of the rooms"),
    ("plugins/kind/kind.c", '#include "util/log.h"\n', "a plugin may include"),
    ("plugins/kind/word.h", '#include "../pull/pull.h"\n', "a plugin may include"),
    ("plugins/kind/word.h", '#include "kind.h"\n', "a plugin may include"),
]
CIRCLE = {
    "milter/store/store.h": '#include "store/index.h"\n',
    "milter/store/index.h": "",
    "milter/store/index.c": '#include "store/outbox.h"\n',
    "milter/store/outbox.h": '#include "store/store-private.h"\n',
    "milter/store/store-private.h": '#include "store/store.h"\n',
}


def faults_of(files):
    """Returns the faults of a tree with FILES, texts by path."""
    with tempfile.TemporaryDirectory() as tree:
        for path, text in files.items():
            os.makedirs(os.path.join(tree, os.path.dirname(path)), exist_ok=True)
            with open(os.path.join(tree, path), "w", encoding="utf-8") as file:
                file.write(text)
        return check(tree)


def check_self():
    """Returns faults that this program does not find, or finds in valid trees."""
    faults = [f"found in a valid tree: {fault}" for fault in faults_of(GOOD)]
    for path, text, expected in BAD:
        found = faults_of({**GOOD, path: text})
        if len(found) != 1 or expected not in found[0]:
            faults.append(f"{path} with {text!r}: expected one fault of '{expected}', not {found}")
    found = faults_of({**GOOD, **CIRCLE})
    if found != ["a circle of includes: store/index -> store/outbox -> store/store -> store/index"]:
        faults.append(f"the circle of includes: {found}")
    return faults


def main():
    tree = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(__file__), "..")
    wrong = check_self()
    if wrong:
        print("layers.py: the test of this program failed", *wrong, sep="\n")
        return 2
    faults = check(tree)
    print(*faults, sep="\n") if faults else print("layers.py: every include is allowed")
    return 1 if faults else 0


sys.exit(main())
