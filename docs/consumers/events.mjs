// SPDX-License-Identifier: BSD-2-Clause
// events.mjs - what the samples for Node share; needs redis of npm, 5 or later.
import { spawnSync } from "node:child_process";
import { env } from "node:process";
import { createClient } from "redis";

export const key = "{patchmark}:events";

// To REDIS_URL (unix:///PATH or redis://HOST:PORT), as REDIS_USER with REDISCLI_AUTH.
export function connect() {
    const url = env.REDIS_URL ?? "redis://127.0.0.1", path = url.replace(/^unix:\/\//, "");
    const where = url === path ? { url } : { socket: { path } };
    const who = { username: env.REDIS_USER, password: env.REDISCLI_AUTH };
    return createClient({ ...where, ...who }).connect();
}

// The event in the fields of an entry, or {} where there is none.
export function eventOf(fields) {
    try {
        const event = JSON.parse(fields.ce);
        const isObject = (value) => typeof value === "object" && value !== null;
        const valid = isObject(event.data) && isObject(event.data.series ?? {});
        return valid && typeof event.id === "string" ? event : {};
    } catch {
        return {};
    }
}

// Runs a command without a shell: whether it went well.
export function run([command, ...words], input = "") {
    const stdio = ["pipe", "inherit", "inherit"];
    return spawnSync(command, words, { input, stdio }).status === 0;
}
