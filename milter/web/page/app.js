// SPDX-License-Identifier: BSD-2-Clause
//
// app.js - the page application, which shows what the API of `patchmark web` answers: search, keys, and the stream of
// events.

import { series_path } from "./elements.js";
import { get, event_types, full_type } from "./api.js";
import { trouble_state, trouble, on_failure, failed, view, unanswered, set_views, show, address, navigate,
    back_to_list } from "./navigation.js";
import { series_view } from "./list.js";
import { one_view } from "./series.js";
import { live_view } from "./live.js";
import { activity_view, health_view } from "./status.js";

const main = document.getElementById("main");
const search = document.getElementById("search");
const repeat_ms = 3000; // between attempts while the API does not answer
const poll_ms = 5000; // between requests while there is no stream of events
const health_ms = 15000; // between questions about its health while there is one

const views = { "/": series_view, "/live": live_view, "/activity": activity_view, "/health": health_view };
set_views(({ pathname }) => (/^\/series\/[^/]+$/.test(pathname) ? one_view : views[pathname]));

// ---- search and keys ------------------------------------------------------------------------------------------

// Returns the Message-ID that WORDS are, without what readers copy with it: brackets, quotes, the name of the field, or
// the address of an archive that has it in its path.
function message_id(words) {
    const bare = (text) => text.replace(/^[\s"'`<“”‘’]+|[\s"'`>“”‘’]+$/gu, "");
    const text = bare(bare(words).replace(/^(message-id|mid):/i, ""));
    const parts = /^https?:\/\//i.test(text) ? text.replace(/[?#].*/, "").split("/").slice(3) : [text];
    for (const part of parts) {
        let id = part;
        try { id = bare(decodeURIComponent(part)); } catch { /* it is not encoded */ }
        if (/^[^\s@]+@[^\s@]+$/.test(id)) return id;
    }
    return null;
}

let typing = false, search_timer = 0; // typing: this search has an entry in the history already
let searched = Promise.resolve(); // fulfilled when what was searched last is shown
function search_now() {
    clearTimeout(search_timer);
    const url = location.pathname === "/" ? address() : new URL("/", location.origin);
    const words = message_id(search.q.value) ?? search.q.value.trim();
    if (words) url.searchParams.set("q", words);
    else url.searchParams.delete("q");
    if (url.href === location.href) return searched;
    const replace = typing;
    typing = true;
    searched = navigate(url, { replace, focus: false });
    return searched;
}
search.q.addEventListener("input", () => {
    clearTimeout(search_timer);
    if (location.pathname === "/") search_timer = setTimeout(search_now, 250);
});
search.q.addEventListener("blur", () => { typing = false; });

// Shows what is searched, and moves to its first row.
async function search_rows() {
    await search_now();
    if (document.activeElement === search.q) move(1);
}

// A whole Message-ID leads to its series at once, everything else to the list.
search.addEventListener("submit", async (event) => {
    event.preventDefault();
    clearTimeout(search_timer);
    const id = message_id(search.q.value);
    if (id) {
        const found = await get(`/api/messages/${encodeURIComponent(id)}`).catch(() => null);
        if (found?.series?.id) {
            search.q.blur();
            navigate(`${series_path(found.series.id)}?${new URLSearchParams({ message: id })}`);
            return;
        }
    }
    search_rows();
});

// Escape ends the search, and arrow down leads to what was found.
search.q.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
        event.preventDefault();
        search.q.value = "";
        if (location.pathname === "/") search_now();
        search.q.blur();
    } else if (event.key === "ArrowDown" && location.pathname === "/") {
        event.preventDefault();
        search_rows();
    }
});

// Moves to the next or previous row.
function move(by) {
    const rows = [...main.querySelectorAll(".rows tbody tr, .live li")].filter((one) => one.querySelector("a"));
    const at = rows.findIndex((one) => one.contains(document.activeElement));
    const next = rows[at < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, at + by))];
    next?.querySelector("a").focus();
    next?.scrollIntoView({ block: "nearest" });
}

addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (/^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) {
        if (event.key === "Escape") event.target.blur();
        return;
    }
    const actions = {
        "/": () => { search.q.focus(); search.q.select(); }, j: () => move(1), k: () => move(-1),
        u: back_to_list,
    };
    if (!Object.hasOwn(actions, event.key)) return;
    event.preventDefault();
    actions[event.key]();
});

// ---- the connection -------------------------------------------------------------------------------------------

// The stream of events stays open while the page can be seen; the browser limits the connections to a host.  A stream
// that the browser does not open again is opened after the newest event that was received.
let stream = null, newest = null, stream_timer = 0, stream_failures = 0, interrupted = false;

function connection(live) {
    const element = document.getElementById("connection");
    element.textContent = live ? "live" : "not live";
    element.className = live ? "connection on" : "connection";
    element.title = live ? "New mails appear without reload" :
        "The page asks from time to time until the connection is back";
}

function receive(message) {
    if (message.lastEventId) newest = message.lastEventId;
    let event;
    try { event = JSON.parse(message.data); } catch { return; }
    view?.event?.(event);
}

function connect() {
    clearTimeout(stream_timer);
    stream?.close();
    stream = new EventSource(newest ? `/api/events?since=${encodeURIComponent(newest)}` : "/api/events");
    stream.addEventListener("open", () => {
        stream_failures = 0;
        connection(true);
        if (interrupted) { interrupted = false; again(); }
    });
    stream.addEventListener("error", () => {
        connection(false);
        if (!interrupted) watch_soon();
        interrupted = true;
        if (stream.readyState !== EventSource.CLOSED) return;
        stream_timer = setTimeout(connect, Math.min(30000, 1000 * 2 ** stream_failures++));
    });
    for (const name of event_types) stream.addEventListener(full_type(name), receive);
}

// Reads what is shown again, or what could not be shown so far.
async function again() {
    try {
        if (unanswered) await show(unanswered, { restore: history.state });
        else await view?.refresh?.();
    } catch (error) { failed(error); }
}

let watch_timer = 0;
function watch_after(ms) {
    clearTimeout(watch_timer);
    watch_timer = setTimeout(watch, ms);
}
const watch_soon = () => watch_after(trouble_state ? repeat_ms : 300);

// Asks for the health, and shows the banner while it is bad.  Reads the view again when the health is good again, and
// while there is no stream of events.
async function watch() {
    const before = trouble_state;
    try {
        const health = await get("/api/health");
        trouble(health.state === "running" ? null : health.state, health);
        if (before && !trouble_state) connect(); // by itself, it would be opened later
        if (unanswered || (!trouble_state && (before || interrupted))) await again();
    } catch (error) { failed(error); }
    watch_after(trouble_state ? repeat_ms : interrupted ? poll_ms : health_ms);
}

document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
        stream?.close();
        clearTimeout(stream_timer);
        clearTimeout(watch_timer);
        interrupted = true;
    } else {
        connect();
        watch();
    }
});

on_failure(watch_soon);
await show(address(), { restore: history.state });
connect();
watch();
