// SPDX-License-Identifier: BSD-2-Clause
//
// list.js - the view of series, newest or oldest first, with filters.

import { rows_most, h, plain, text, badge, person, count, series_path, filter_path, short_list, morph, heading,
    day, when, table, row, is_reroll, standing, standings, standing_badge, review_badges, verdict_badge,
    flag_badges } from "./elements.js";
import { get, get_lists } from "./api.js";
import { announce, failed, show, address, navigate, paced } from "./navigation.js";

const waiting_words = "Complete series that nobody has approved or refused so far, that were not applied, and that no " +
    "newer version replaces.";
const page_size = 50; // series in one request
const series_heads = ["Series", "Version", "Author", "List", "Parts", "Reviews", "CI", "State", "Received"];
const filter_names = ["q", "list", "author", "state", "waiting", "applied", "order"];

// The choices of the state, with the words of the column, and what each asks for.
const state_choices = {
    waiting: ["needs review", { waiting: "1" }], collecting: ["collecting", { state: "collecting" }],
    incomplete: ["parts missing", { state: "incomplete" }], complete: ["complete", { state: "complete" }],
    partly: ["partly applied", { applied: "some" }], applied: ["applied", { applied: "all" }],
    superseded: ["superseded", { state: "superseded" }], reroll: ["partial re-roll", { state: "reroll" }],
};
const no_state = { state: "", waiting: "", applied: "" };
const state_of = (query) => Object.keys(state_choices).find((name) =>
    Object.entries(state_choices[name][1]).every(([key, value]) => query[key] === value)) ?? "";
const is_filtered = (query) => Object.keys(query).some((name) => name !== "order");

function series_row(series) {
    const { lists = [], tree = [] } = series;
    const total = is_reroll(series) ? series.have : series.total ?? series.have, missing = series.have < total;
    return row(series_heads, [
        [h("a", { class: "title", href: series_path(series.id), title: series.title?.length > 120 ? null :
            plain(series.title) || null }, series.title ? text(series.title) : "(no title)"),
            h("span", { class: "marks" }, flag_badges(series.flags), tree.slice(0, 3).map((name) => badge(text(name))),
                series.replies > 0 && h("span", { class: "soft", title: "Replies by people" },
                    count(series.replies, "reply", "replies")))],
        series.version > 0 ? `v${series.revision ?? series.version}` : null,
        h("a", { class: "plain", href: filter_path("author", series.author?.address || series.author?.name || "") },
            person(series.author)),
        lists.map((list, i) => [i > 0 && ", ", h("a", { class: "plain", href: filter_path("list", list),
            title: plain(list) }, text(short_list(list)))]),
        badge(total > 1 || missing ? `${series.have}/${total}` : "1", missing ? "bad" : total > 1 ? "bare" :
            "bare single"),
        review_badges(series), verdict_badge(series), standing_badge(standing(series)),
        when(series.opened ?? series.changed),
    ], { id: series.id, class: series.state === "superseded" && series.applied !== "all" ? "past" : null });
}

function filter_form(change) {
    const option = (value, words = value) => h("option", { value }, words);
    const list = h("select", { name: "list" }, option("", "all lists"));
    const state = h("select", { name: "state" }, option("", "any"), Object.entries(state_choices)
        .map(([value, [words]]) => h("option", { value, title: standings[words][1] }, words)));
    const order = h("select", { name: "order" }, option("", "newest first"), option("oldest", "oldest first"));
    const feed = h("a", { class: "feed", href: "/feed.atom" }, "Atom feed");
    const form = h("form", { class: "filters", "aria-label": "Filters" }, h("label", {}, "List ", list),
        h("label", {}, "State ", state), h("label", {}, "Order ", order), feed);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("change", () => change({ list: list.value, order: order.value, ...no_state,
        ...state_choices[state.value]?.[1] }));
    return { form, fill(query, ids) {
        const known = !query.list || ids.includes(query.list);
        list.replaceChildren(option("", "all lists"), ...(known ? ids : [...ids, query.list]).map((id) =>
            option(id, plain(id))));
        list.value = query.list ?? "";
        state.value = state_of(query);
        order.value = query.order === "oldest" ? "oldest" : "";
        feed.href = query.list ? `/lists/${encodeURIComponent(query.list)}/feed.atom` : "/feed.atom";
        feed.textContent = query.list ? "Atom feed of this list" : "Atom feed";
        feed.hidden = !known;
        feed_offer(known && query.list ? feed.href : null, query.list);
    } };
}

// Names the feed of a list in the head of the page, for programs that look for feeds there; null: none.
function feed_offer(href, list) {
    document.getElementById("list-feed")?.remove();
    if (href) document.head.append(h("link", { id: "list-feed", rel: "alternate", type: "application/atom+xml",
        title: `Series of ${plain(list)}`, href }));
}

// What limits the list, each with a button that ends it.
function chips(query, change) {
    const state = state_of(query);
    const chip = (name, value, rest) => value && h("span", { class: "chosen" }, `${name} `, h("b", {}, text(value)),
        h("button", { type: "button", "aria-label": `Any ${name.toLowerCase()}`, title: "Remove this filter",
            onclick: () => change(rest) }, "×"));
    return [chip("Search", query.q, { q: "" }), chip("List", query.list, { list: "" }),
        chip("Author", query.author, { author: "" }), chip("State", state && state_choices[state][0], no_state)]
        .filter(Boolean);
}

function empty_words(query, ids) {
    if (query.list && !ids.includes(query.list))
        return "This list is not known here: no mail of it came, or it is not an open list.";
    if (query.q)
        return "No series matches this search. Try fewer words. It looks at the titles of series, not at those of " +
            "their parts, at names and addresses of authors, and at whole Message-IDs.";
    if (query.waiting && !query.list && !query.author)
        return "Nothing waits for review: every complete series is reviewed, refused, applied or superseded.";
    if (is_filtered(query)) return "No series matches these filters.";
    return "No series yet. A series appears here as soon as a mail server that runs patchmark sends the first patch " +
        "of an open list.";
}

export function series_view() {
    const body = h("tbody", { role: "rowgroup" }), title = heading();
    const status = h("span", { role: "status" }), chosen = h("span", { class: "chips" });
    const fresh = h("button", { type: "button", class: "fresh", hidden: true, onclick: show_fresh });
    const more = h("button", { type: "button", class: "more", onclick: load_more }, "Show older series");
    const none = h("p", { class: "note" }), note = h("p", { class: "note" });
    const filters = filter_form(change);
    const frame = table("Series, newest first", series_heads, [], "rows");
    const held = new Set(), changed = new Set(); // ids of series that are not shown yet; that changed
    // searched: how far back, if the search is not at its end
    let query = {}, next = null, searched = null, extended = false, ids = []; // ids: of the lists

    frame.querySelector("tbody").replaceWith(body);
    const node = h("div", {}, h("div", { class: "above" }, title, filters.form), note,
        h("div", { class: "notice" }, fresh), h("div", { class: "status" }, status, chosen), frame, none, more);
    const query_of = (url) => Object.fromEntries(filter_names.map((name) =>
        [name, url.searchParams.get(name)]).filter(([, value]) => value));

    function change(values) {
        const url = address();
        for (const [name, value] of Object.entries(values)) {
            if (value) url.searchParams.set(name, value);
            else url.searchParams.delete(name);
        }
        if (url.href !== location.href) navigate(url);
    }
    function summarize() {
        const rows = body.children.length, oldest = query.order === "oldest";
        const until = searched && next ?
            `, searched ${oldest ? "up" : "back"} to ${day(new Date(searched))}` : "";
        status.textContent = rows > 0 ? `${next && !until ? `The ${oldest ? "oldest" : "newest"} ` : ""}${
            count(rows, "series", "series")}${until}` : next ? `No series so far${until}` : "No series";
        frame.hidden = rows === 0;
        frame.setAttribute("aria-label", `Series, ${oldest ? "oldest" : "newest"} first`);
        none.textContent = rows > 0 || next ? "" : empty_words(query, ids);
        more.hidden = !next;
        more.textContent = until ? "Search further" : `Show ${oldest ? "newer" : "older"} series`;
    }
    // Reads up to `most` series.  The work of the server for one answer is bounded, so that an answer may have fewer
    // series than were asked for although more follow; several answers are read, but not for longer than a second.
    async function read(wanted, most, before) {
        const all = [], end = performance.now() + 1000;
        let page = { next: before };
        do {
            page = await get("/api/series", { ...wanted, limit: Math.max(page_size, Math.min(most - all.length, 200)),
                before: page.next });
            all.push(...page.series);
        } while (all.length < most && page.next && (page.series.length > 0 || performance.now() < end));
        return { wanted, all, next: page.next, searched: page.searched_to };
    }
    async function load(url, restore) {
        const [lists, page] = await Promise.all([get_lists(),
            read(query_of(url), Math.min(restore?.rows || page_size, 1000))]);
        return () => {
            ({ wanted: query, next, searched } = page);
            extended = page.all.length > page_size;
            held.clear();
            fresh.hidden = true;
            ids = lists.map((one) => one.id);
            body.replaceChildren(...page.all.map(series_row));
            filters.fill(query, ids);
            chosen.replaceChildren(...chips(query, change));
            self.name = query.waiting && !query.q ? "waiting" : "series";
            const words = query.waiting ? "Waiting for review" : "Series";
            title.textContent = words;
            note.textContent = query.waiting ?
                waiting_words : "";
            note.hidden = !query.waiting;
            summarize();
            const about = query.q ?? query.list ?? query.author;
            return about ? `${plain(about)} - ${words}` : words;
        };
    }
    async function load_more() {
        const at = body.children.length;
        more.disabled = true;
        try {
            const page = await read(query, page_size, next);
            body.append(...page.all.filter((series) => !document.getElementById(series.id)).map(series_row));
            ({ next, searched } = page);
            extended = true;
            summarize();
            (body.children[at]?.querySelector("a") ?? more).focus();
        } catch (error) { failed(error); }
        more.disabled = false;
    }
    async function show_fresh() {
        await show(address(), { focus: false });
        scrollTo(0, 0);
        body.querySelector("a")?.focus({ preventScroll: true });
    }
    function update(id, series) {
        const old = document.getElementById(id), left = old.classList.contains("left");
        const made = series_row(series);
        if (left) made.classList.add("left");
        if (!morph(old, made)) return;
        old.classList.remove("changed");
        requestAnimationFrame(() => old.classList.add("changed"));
    }
    // Shows a new series in its place if the reader is at the top of the page and not at a row, else a button.
    function add(page, added) {
        const calm = scrollY < 40 && !extended && !frame.matches(":hover") && !frame.contains(document.activeElement);
        const titles = page.series.filter((series) => added.includes(series.id));
        if (!calm) {
            added.forEach((id) => held.add(id));
            fresh.textContent = `Show ${count(held.size, "new series", "new series")}`;
            fresh.hidden = false;
        } else {
            let after = null;
            for (const series of [...page.series].reverse()) {
                const known = document.getElementById(series.id);
                if (!known) {
                    const made = series_row(series);
                    made.classList.add("changed");
                    body.insertBefore(made, after ?? (page.next ? body.firstChild : null));
                }
                after = known ?? document.getElementById(series.id);
            }
            while (body.children.length > rows_most) body.lastChild.remove();
            summarize();
        }
        announce(titles.length === 1 ?
            `New series: ${plain(titles[0].title)}, by ${plain(titles[0].author?.name ?? "")}` :
            count(titles.length, "new series", "new series"));
    }
    // Reads the first page again: rows are updated where they are, and those that no longer match are dimmed.
    async function refresh() {
        const asked = query, page = await get("/api/series", { ...query, limit: page_size });
        if (asked !== query) return;
        const found_ids = new Set(page.series.map((series) => series.id)), last = page.series.at(-1);
        const end = page.next ? [...body.children].findIndex((one) => one.id === last?.id) : body.children.length - 1;
        const gone = [...body.children].slice(0, end + 1).filter((one) => !found_ids.has(one.id))
            .map((one) => one.id);
        for (const series of page.series) {
            const old = document.getElementById(series.id);
            if (!old) continue;
            old.classList.remove("left");
            update(series.id, series);
        }
        if (body.children.length === 0) next = page.next;
        const found = page.series.map((series) => series.id).filter((id) => !document.getElementById(id) &&
            !held.has(id));
        if (found.length > 0) add(page, found);
        const others = new Set([...gone, ...[...changed].filter((id) => !found_ids.has(id) &&
            document.getElementById(id))]);
        changed.clear();
        for (const id of [...others].slice(0, 20)) {
            const series = (await get("/api/series", { q: id, limit: 5 })).series.find((one) => one.id === id);
            if (asked !== query) return;
            if (gone.includes(id)) document.getElementById(id)?.classList.add("left");
            if (series && document.getElementById(id)) update(id, series);
        }
    }
    const soon = paced(700, refresh);
    const self = {
        name: "series", node, load, refresh,
        accepts: (url) => url.pathname === "/",
        rows: () => body.children.length,
        event(event) { if (event.series) { changed.add(event.series); soon(); } },
        stop() { soon.stop(); feed_offer(null); },
    };
    return self;
}
