// SPDX-License-Identifier: BSD-2-Clause
//
// api.js - requests to the API of `patchmark web`.

export class Refused extends Error { // an answer that is no success; status 0: there is no answer
    constructor(status, problem) {
        super(problem?.title ?? (status ? `the server answered ${status}` : "the server does not answer"));
        this.status = status;
        this.state = problem?.state;
    }
}

// Returns the JSON of an answer.  Arguments without value are left out.  Throws Refused.
export async function get(path, query = {}) {
    const url = new URL(path, location.origin);
    for (const [key, value] of Object.entries(query)) if (value) url.searchParams.set(key, value);
    let answer, body;
    try {
        answer = await fetch(url, { headers: { accept: "application/json" } });
        body = await answer.json();
    } catch {
        if (!answer) throw new Refused(0);
    }
    if (!answer.ok || !body) throw new Refused(answer.ok ? 502 : answer.status, body?.error);
    if (path !== "/api/health") answered = Date.now();
    return body;
}
export let answered = 0; // when the API answered last

// worth another attempt
export const passing = (error) => !(error instanceof Refused) || error.status === 0 || error.status >= 429;

// Returns the open lists, as they were at most a minute ago.
export async function get_lists() {
    if (Date.now() - lists_time > 60000) {
        ({ lists } = await get("/api/lists"));
        lists_time = Date.now();
    }
    return lists;
}
let lists = [], lists_time = 0;

// Types of events, without "patchmark." and ".v1".
export const event_types = ["message.seen", "message.posted", "series.opened", "series.completed",
    "series.incomplete", "series.amended", "series.superseded",
    "series.aliased", "trailer.given", "pull.requested", "report.raised", "commit.announced", "service.status"];
export const full_type = (name) => `patchmark.${name}.v1`;
