// SPDX-License-Identifier: BSD-2-Clause
//
// live.js - the view of the feed: mails as they come, with the events that each caused.

import { rows_most, h, plain, text, badge, person, count, series_path, short_list, verdict_tones, meaning_tones,
    range_words, heading, weekday, clock, absolute } from "./elements.js";
import { get, get_lists, full_type } from "./api.js";
import { failed, navigate } from "./navigation.js";

const event_choices = [["", "all events"], ["message.seen", "mails"], ["series.opened", "new series"],
    ["series.completed", "complete series"], ["series.incomplete", "missing parts"],
    ["series.superseded", "superseded series"], ["trailer.given", "reviews and tags"], ["report.raised", "reports"],
        ["commit.announced", "applied"], ["pull.requested", "pull requests"]];

const window_size = 200; // events of one request for older ones

// "part 2", "parts 2-4", or "parts" if the numbers are unknown.
const numbered = (one, many, numbers = []) => [numbers.length === 1 ? one : many, range_words(numbers)]
    .filter(Boolean).join(" ");

// What an event adds to the row of its mail: words and tone.
function event_badge(name, data) {
    switch (name) {
    case "message.seen": case "message.posted": case "service.status": return null; // the row itself
    case "series.opened": return badge("new series");
    case "series.completed": return data.series?.total > 1 ?
        badge(`complete ${data.series.total}/${data.series.total}`, "good") : null; // one mail is always complete
    case "series.incomplete":
        return badge(`missing ${range_words(data.series?.missing ?? [])} of ${data.series?.total ?? "?"}`, "bad");
    case "series.amended": return badge(data.reason === "cover" ? "cover added" :
        `${numbered("patch", "patches", data.parts)} ${plain(data.reason)}`);
    case "series.superseded": return badge(["replaces ", data.scope === "part" &&
        `${numbered("part", "parts", (data.replaced ?? []).map((one) => one.part))} of `,
    `v${plain(data.old?.revision ?? data.old?.version)}`].filter(Boolean));
    case "series.aliased": return badge("ids joined");
    case "trailer.given": return badge([text(data.trailer?.name), ": ", data.person ? person(data.person) :
        text(data.trailer?.value)], `tag ${meaning_tones[data.meaning] ?? ""}`.trim());
    case "pull.requested": return data.message?.kind === "pull" ? null : badge("pull request");
    case "report.raised": return badge([data.robot ? text(data.robot) : "report", data.verdict ?
        `: ${plain(data.verdict)}` : ""], `tag ${verdict_tones[data.verdict] ?? ""}`.trim());
    case "commit.announced": return badge(data.partial ? "partly applied" : "applied", "good");
    default: return badge(plain(name));
    }
}

function live_row(event, name) {
    const { data = {} } = event, date = new Date(event.time), mail = data.message;
    const words = mail ? mail.subject ?? mail.title : data.series?.title ?? (name === "service.status" ?
        `patchmark ${data.state}${data.lost ? `, ${data.lost} lost` : ""}` : name);
    const link = event.series && (data.series?.title != null || data.series?.parts);
    const title = text(words || "(no subject)");
    return h("li", {},
        h("time", { datetime: event.time, title: absolute(date) }, clock(date)),
        badge(mail?.kind ?? (name === "service.status" ? "service" : "series"), "kind"),
        h("span", { class: "what" }, link ? h("a", { class: "title", href: series_path(event.series) }, title) :
            h("span", { class: "title unlinked", title: event.series ? "No patch of this series was seen here" :
                mail ? "This mail belongs to no series" : null }, title), h("span", { class: "marks" })),
        h("span", { class: "who" }, mail && person(mail.sender)),
            h("span", { class: "on" }, event.list && text(short_list(event.list))));
}

export function live_view() {
    const items = h("ol", { class: "live", "aria-label": "Mails and events, newest first" });
    const fresh = h("button", { type: "button", class: "fresh", hidden: true, onclick: release });
    const type = h("select", { name: "type" }, event_choices.map(([value, words]) => h("option", { value }, words)));
    const list = h("select", { name: "list" });
    const none = h("p", { class: "note" });
    const more = h("button", { type: "button", class: "more", hidden: true, onclick: load_older }, "Show older events");
    const filters = h("form", { class: "filters", "aria-label": "Filters" }, h("label", {}, "List ", list),
        h("label", {}, "Show ", type));
    const status = h("div", { class: "status" }, h("span", {},
        "Mails as they come, newest first, with what each of them did"));
    const node = h("div", {}, h("div", { class: "above" }, heading("Live"), filters),
        h("div", { class: "notice" }, fresh), status, items, none, more);
    // held: events that wait until the reader is at the top; rows of mails by Message-ID
    const held = [], rows = new Map(), ids = new Set();
    let query = {}, first = 0, most = rows_most; // first: the sequence of the oldest event that was read

    filters.addEventListener("submit", (event) => event.preventDefault());
    filters.addEventListener("change", () => {
        const url = new URL("/live", location.origin);
        for (const field of [list, type]) if (field.value) url.searchParams.set(field.name, field.value);
        navigate(url);
    });
    // Adds an event to the row of its mail, or makes that with `place`.
    function add(event, place = to_top) {
        if (ids.has(event.id)) return;
        ids.add(event.id);
        const name = event.type.replace(/^patchmark\.|\.v\d+$/g, ""), { data = {} } = event;
        const key = data.message?.id ?? event.id;
        let item = rows.get(key);
        if (!item) {
            rows.set(key, item = live_row(event, name));
            place(item);
        }
        const mark = event_badge(name, data);
        if (mark) item.querySelector(".marks").append(mark);
        return item;
    }
    function to_top(item) {
        items.prepend(item);
        while (items.children.length > most) items.lastChild.remove();
    }
    // Puts a line with the date before the first row of each day.
    function mark_days() {
        let last = null;
        for (const item of items.querySelectorAll("li:not(.day)")) {
            const words = weekday(new Date(item.querySelector("time").dateTime)), before = item.previousElementSibling;
            const known = before?.classList.contains("day");
            if (known && (words === last || before.textContent !== words)) before.remove();
            if (words !== last && !(known && before.isConnected)) item.before(h("li", { class: "day" }, words));
            last = words;
        }
    }
    function summarize() {
        mark_days();
        none.textContent = more.hidden ? items.children.length ? "No older events are kept." :
            "No events yet. They appear here when the next mail of an open list comes." : "";
    }
    // Reads events before the oldest one, until there are rows of half a page or no more events.
    async function load_older() {
        const asked = query, older = [];
        more.disabled = true;
        try {
            for (let requests = 0; requests < 10 && older.length < 50 && first > 1; requests++) {
                const since = Math.max(0, first - 1 - window_size), found = [];
                const answer = await get("/api/events", { since: String(since), limit: window_size, list: asked.list,
                    type: asked.type && full_type(asked.type) });
                if (asked !== query) return;
                answer.events.filter((event) => Number(event.sequence) < first)
                    .forEach((event) => add(event, (item) => found.unshift(item)));
                older.push(...found);
                first = answer.missed ? 0 : since + 1;
            }
            most += older.length;
            items.append(...older);
            more.hidden = first <= 1;
            older[0]?.querySelector("a")?.focus();
        } catch (error) { failed(error); } finally { more.disabled = false; }
        summarize();
    }
    function release() {
        held.splice(0).forEach((event) => add(event));
        fresh.hidden = true;
        mark_days();
        scrollTo(0, 0);
        items.querySelector("a")?.focus({ preventScroll: true });
    }
    const wanted = (event) => (!query.list || event.list === query.list) &&
        (!query.type || event.type === full_type(query.type));
    async function load(url) {
        const asked = { list: url.searchParams.get("list"), type: url.searchParams.get("type") };
        const [lists, { events, next: newest }] = await Promise.all([get_lists(),
            get("/api/events", { limit: 100, list: asked.list, type: asked.type && full_type(asked.type) })]);
        return () => {
            query = asked;
            list.replaceChildren(h("option", { value: "" }, "all lists"),
                ...lists.map((one) => h("option", { value: one.id }, plain(one.id))));
            list.value = query.list ?? "";
            type.value = query.type ?? "";
            items.replaceChildren();
            rows.clear();
            ids.clear();
            held.length = 0;
            fresh.hidden = true;
            events.forEach((event) => add(event));
            most = rows_most;
            first = Number(events[0]?.sequence ?? newest + 1);
            more.hidden = first <= 1;
            summarize();
            return "Live";
        };
    }
    return {
        name: "live", node, load, stop() {},
        accepts: (url) => url.pathname === "/live",
        async refresh() {
            for (const event of (await get("/api/events", { limit: 100, list: query.list, type: query.type &&
                full_type(query.type) })).events) this.event(event);
        },
        event(event) {
            if (!wanted(event) || ids.has(event.id) || held.some((one) => one.id === event.id)) return;
            if (scrollY < 40 && !items.matches(":hover") && !items.contains(document.activeElement)) {
                add(event)?.classList.add("changed");
                summarize();
                return;
            }
            held.push(event);
            if (held.length > rows_most) held.shift();
            const mails = new Set(held.map((one) => one.data?.message?.id ?? one.id)).size;
            fresh.textContent = `Show ${count(mails, "new mail")}`;
            fresh.hidden = false;
        },
    };
}
