#!/usr/bin/env node
// SPDX-License-Identifier: BSD-2-Clause
// ci.mjs NAME [COMMAND...]: runs COMMAND (default: echo) with START SERIES when all parts have
// arrived, CANCEL SERIES when a newer version arrived after that, SKIP SERIES when parts are missing.
// The last action for each series, and the position in the stream, are in Redis under NAME.
import { argv, exit } from "node:process";
import { connect, eventOf, key, run } from "./events.mjs";

const own = `{patchmark}:bot:${argv[2]}:`, command = argv[3] ? argv.slice(3) : ["echo"];
const types = { // the action, the field with the series, the states before it
    "patchmark.series.completed.v1": ["START", "id", null, "SKIP"],
    "patchmark.series.superseded.v1": ["CANCEL", "supersedes", "START"],
    "patchmark.series.incomplete.v1": ["SKIP", "id", null] };
const r = await connect();
for (;;) {
    const id = await r.get(own + "place") ?? "0";
    const entries = (await r.xRead({ key, id }, { COUNT: 100, BLOCK: 30000 }))?.[0].messages ?? [];
    for (const { message } of entries) {
        const [verb, field, ...after] = types[message.type] ?? [];
        const series = eventOf(message).data?.series?.[field];
        if (!series) continue;
        const wanted = after.includes(await r.get(own + series));
        if (wanted && !run([...command, verb, series])) exit(1);
        if (wanted || verb === "CANCEL") // so that no late part starts a superseded series
            await r.set(own + series, verb, { EX: 7776000 });
    }
    if (entries.length) await r.set(own + "place", entries.at(-1).id);
}
