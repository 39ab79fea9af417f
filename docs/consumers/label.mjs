#!/usr/bin/env node
// SPDX-License-Identifier: BSD-2-Clause
// label.mjs NAME [COMMAND...]: runs COMMAND (default: echo) with LABEL SERIES WORD for each label
// of a patch that its series does not have yet.  The labels that each series has, and the position in
// the stream, are in Redis under NAME, and in NAME:dead the labels that failed TRIES times
// (default: 5).  If message.* events have a stream of their own, STREAM must name that one.
import { argv } from "node:process";
import { attempt, connect, eventOf, key } from "./events.mjs";

const own = `{patchmark}:bot:${argv[2]}:`, command = argv[3] ? argv.slice(3) : ["echo"];
const r = await connect();
for (;;) {
    const id = await r.get(own + "place") ?? "0";
    const entries = (await r.xRead({ key, id }, { COUNT: 100, BLOCK: 30000 }))?.[0].messages ?? [];
    for (const { message } of entries) {
        const { message: { kind, labels } = {}, series } = eventOf(message).data ?? {};
        if (message.type !== "patchmark.message.seen.v1" || kind !== "patch") continue;
        for (const word of series ? labels : []) {
            const had = `${own}${series.id}:${word}`;
            if (await r.get(had)) continue;
            if (!(await attempt([...command, "LABEL", series.id, word])))
                await r.xAdd(own + "dead", "*", { series: series.id, label: word });
            await r.set(had, "put", { EX: 7776000 });
        }
    }
    if (entries.length) await r.set(own + "place", entries.at(-1).id);
}
