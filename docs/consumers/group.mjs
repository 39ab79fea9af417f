#!/usr/bin/env node
// SPDX-License-Identifier: BSD-2-Clause
// group.mjs GROUP MEMBER [COMMAND...]: passes one event at a time to COMMAND (default: cat) on its
// standard input; the members of GROUP share the events.  An event that a member does not complete
// within IDLE_MS is delivered again, TRIES times in all (default: 5); then it is moved to the stream
// {patchmark}:bot:GROUP:dead.
import { argv, env } from "node:process";
import { connect, eventOf, key, run } from "./events.mjs";

const [group, member] = argv.slice(2), command = argv[4] ? argv.slice(4) : ["cat"];
const idle = Number(env.IDLE_MS ?? 600000), tries = Number(env.TRIES ?? 5);
const options = { COUNT: 1, BLOCK: Math.min(idle, 30000) }, own = `{patchmark}:bot:${group}:`;
const r = await connect();
await r.xGroupCreate(key, group, "0", { MKSTREAM: true }).catch(() => {}); // the group exists
for (let from = "0-0"; ;) {
    const claimed = await r.xAutoClaim(key, group, member, idle, from, { COUNT: 1 });
    from = claimed.nextId;
    const entries = claimed.messages.length ? claimed.messages :
        (await r.xReadGroup(group, member, { key, id: ">" }, options))?.[0].messages ?? [];
    for (const { id, message } of entries) {
        // The first entry with an event is processed; another one with the same event is a repeat.
        const event = eventOf(message).id;
        const first = event && await r.set(own + event, id, { NX: true, GET: true, EX: 1209600 });
        if (event && (first ?? id) === id) {
            const [{ deliveriesCounter }] = await r.xPendingRange(key, group, id, id, 1);
            if (deliveriesCounter > tries)
                await r.xAdd(own + "dead", "*", { entry: id, ce: message.ce });
            else if (!run(command, message.ce + "\n"))
                continue; // the command failed, so the entry stays pending
        }
        await r.xAck(key, group, id);
    }
}
