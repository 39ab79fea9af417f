#!/usr/bin/env node
// SPDX-License-Identifier: BSD-2-Clause
// cursor.mjs PLACE [COMMAND...]: passes every event, in order, to COMMAND (default: cat) as a line of
// JSON on its standard input.  The file PLACE keeps the id of the last entry that was processed.  An
// event for which COMMAND fails TRIES times (default: 5), with longer pauses, is added to PLACE.dead.
// STREAM names another stream (default: {patchmark}:events).
import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { argv } from "node:process";
import { attempt, connect, eventOf, key } from "./events.mjs";

const place = argv[2], command = argv[3] ? argv.slice(3) : ["cat"];
const r = await connect();
let last = existsSync(place) ? readFileSync(place, "utf8").trim() : "";

for (;;) {
    if (last && !(await r.xRange(key, last, last)).length)
        console.error(`${place}: the stream no longer has ${last}: events may be lost`);
    const reply = await r.xRead({ key, id: last || "0" }, { COUNT: 100, BLOCK: 30000 });
    for (const { id, message } of reply?.[0].messages ?? []) {
        if (eventOf(message).id && !(await attempt(command, message.ce + "\n")))
            appendFileSync(place + ".dead", message.ce + "\n");
        writeFileSync(place + ".new", last = id);
        renameSync(place + ".new", place);
    }
}
