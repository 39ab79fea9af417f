#!/usr/bin/env node
// SPDX-License-Identifier: BSD-2-Clause
// group.mjs GROUP MEMBER [COMMAND...]: the members of GROUP share the events, one at a time to
// COMMAND (cat) on its standard input.  What a member leaves undone for IDLE_MS goes to another.
import { argv, env } from "node:process";
import { connect, eventOf, key, run } from "./events.mjs";

const [group, member] = argv.slice(2), command = argv[4] ? argv.slice(4) : ["cat"];
const idle = Number(env.IDLE_MS ?? 600000), options = { COUNT: 1, BLOCK: Math.min(idle, 30000) };
const r = await connect();
await r.xGroupCreate(key, group, "0", { MKSTREAM: true }).catch(() => {}); // it is there
for (let from = "0-0"; ;) {
    const claimed = await r.xAutoClaim(key, group, member, idle, from, { COUNT: 1 });
    from = claimed.nextId;
    const entries = claimed.messages.length ? claimed.messages :
        (await r.xReadGroup(group, member, { key, id: ">" }, options))?.[0].messages ?? [];
    for (const { id, message } of entries) {
        // The first entry with an event does it; another one with the same event is a repeat.
        const event = eventOf(message).id, taken = `{patchmark}:bot:${group}:${event}`;
        const first = event && await r.set(taken, id, { NX: true, GET: true, EX: 1209600 });
        if (event && (first ?? id) === id && !run(command, message.ce + "\n"))
            continue; // not done, so it stays pending
        await r.xAck(key, group, id);
    }
}
