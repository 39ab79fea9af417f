#!/usr/bin/env node
// SPDX-License-Identifier: BSD-2-Clause
// ci.mjs NAME [COMMAND...]: runs COMMAND (default: echo) with START SERIES when all parts have arrived,
// RESTART SERIES when a patch was added or replaced after that, CANCEL SERIES when a newer version replaces
// all of it, for the same branch, SKIP SERIES when parts are missing; the event is on its standard
// input.  The last action for each series, and the position in the stream, are in Redis under NAME,
// and in NAME:dead the actions that failed TRIES times (default: 5).
import { argv } from "node:process";
import { attempt, connect, eventOf, key } from "./events.mjs";

const own = `{patchmark}:bot:${argv[2]}:`, command = argv[3] ? argv.slice(3) : ["echo"];
const types = { // the action, and the actions after which it makes sense
    "patchmark.series.completed.v1": ["START", null, "SKIP"],
    "patchmark.series.amended.v1": ["RESTART", "START", "RESTART"],
    "patchmark.series.superseded.v1": ["CANCEL", "START", "RESTART"],
    "patchmark.series.incomplete.v1": ["SKIP", null] };

// Returns false for a re-roll of some parts, which series.amended of the whole set follows, and for a series
// of another branch.
function isMeant(verb, { series = {}, old = {}, scope }) {
    const backport = [series, old].some(({ flags }) => flags?.includes?.("backport"));
    if (verb === "CANCEL") return scope === "all" && !(backport && `${series.tree}` !== `${old.tree}`);
    return series.scope !== "part";
}

const r = await connect();
for (;;) {
    const id = await r.get(own + "place") ?? "0";
    const entries = (await r.xRead({ key, id }, { COUNT: 100, BLOCK: 30000 }))?.[0].messages ?? [];
    for (const { message } of entries) {
        const [verb, ...after] = types[message.type] ?? [], { data } = eventOf(message);
        const series = verb === "CANCEL" ? data?.old : data?.series;
        if (!verb || !series?.id) continue;
        if (!isMeant(verb, data)) continue;
        const wanted = after.includes(await r.get(own + series.id));
        if (wanted && !(await attempt([...command, verb, series.id], message.ce + "\n")))
            await r.xAdd(own + "dead", "*", { verb, series: series.id });
        if (wanted || verb === "CANCEL") // so that no late part starts a superseded series
            await r.set(own + series.id, verb, { EX: 7776000 });
    }
    if (entries.length) await r.set(own + "place", entries.at(-1).id);
}
