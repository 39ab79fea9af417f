#!/usr/bin/env node
// SPDX-License-Identifier: BSD-2-Clause
// group.mjs GROUP MEMBER [COMMAND...]: passes one event at a time to COMMAND (default: cat) on its
// standard input; the members of GROUP share the events.  An event that a member does not complete
// within IDLE_MS is passed to another member.
import { argv, env } from "node:process";
import { connect, eventOf, key, run } from "./events.mjs";

const [group, member] = argv.slice(2), command = argv[4] ? argv.slice(4) : ["cat"];
const idle = Number(env.IDLE_MS ?? 600000), options = { COUNT: 1, BLOCK: Math.min(idle, 30000) };
const r = await connect();
await r.xGroupCreate(key, group, "0", { MKSTREAM: true }).catch(() => {}); // the group exists
for (let from = "0-0"; ;) {
    const claimed = await r.xAutoClaim(key, group, member, idle, from, { COUNT: 1 });
    from = claimed.nextId;
    const entries = claimed.messages.length ? claimed.messages :
        (await r.xReadGroup(group, member, { key, id: ">" }, options))?.[0].messages ?? [];
    for (const { id, message } of entries) {
        // The first entry with an event is processed; another one with the same event is a repeat.
        const event = eventOf(message).id, taken = `{patchmark}:bot:${group}:${event}`;
        const first = event && await r.set(taken, id, { NX: true, GET: true, EX: 1209600 });
        if (event && (first ?? id) === id && !run(command, message.ce + "\n"))
            continue; // the command failed, so the entry stays pending
        await r.xAck(key, group, id);
    }
}
