// SPDX-License-Identifier: BSD-2-Clause
// events.mjs - the functions that the samples for Node share; needs redis of npm, 5 or later.
import { spawnSync } from "node:child_process";
import { env } from "node:process";
import { setTimeout } from "node:timers/promises";
import { createClient } from "redis";

export const key = env.STREAM || "{patchmark}:events"; // the key of the stream that is read

// Connects to REDIS_URL (unix:///PATH or redis://HOST:PORT) as REDIS_USER with the password
// REDISCLI_AUTH.
export function connect() {
    const url = env.REDIS_URL ?? "redis://127.0.0.1", path = url.replace(/^unix:\/\//, "");
    const where = url === path ? { url } : { socket: { path } };
    const who = { username: env.REDIS_USER, password: env.REDISCLI_AUTH };
    return createClient({ ...where, ...who }).connect();
}

// Returns the event in the fields of an entry, or {} if it has no valid one.
export function eventOf(fields) {
    try {
        const event = JSON.parse(fields.ce);
        const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
        const valid = isObject(event.data) &&
            ["message", "series", "old"].every((name) => isObject(event.data[name] ?? {}));
        return valid && typeof event.id === "string" ? event : {};
    } catch {
        return {};
    }
}

// Runs a command without a shell.  Returns true if its exit status is 0.
export function run([command, ...words], input = "") {
    const stdio = ["pipe", "inherit", "inherit"];
    return spawnSync(command, words, { input, stdio }).status === 0;
}

// Runs a command until it succeeds, at most TRIES times (default: 5), with longer pauses.  Returns true
// if it succeeded.
export async function attempt(command, input = "") {
    for (let again = 0; again < Number(env.TRIES ?? 5); again++) {
        if (again) await setTimeout(2 ** again * 500);
        if (run(command, input)) return true;
    }
    return false;
}
