// SPDX-License-Identifier: BSD-2-Clause
//
// list.js - the view of series, newest first, with filters.

import { rows_most, h, plain, text, badge, person, count, series_path, filter_path, short_list, morph, heading,
    day, when, table, row, standing, review_badges, verdict_badge, flag_badges } from "./elements.js";
import { get, get_lists } from "./api.js";
import { announce, failed, show, address, navigate, paced } from "./navigation.js";

const waiting_words = "Complete series that nobody has approved or refused so far, that were not applied, and that no " +
    "newer version replaces.";
const page_size = 50; // series in one request
const filter_names = ["q", "list", "author", "state", "waiting"];
const series_heads = ["Series", "Version", "Author", "List", "Parts", "Reviews", "CI", "State", "Posted"];
const states = ["open", "incomplete", "complete", "superseded"];

function series_row(series) {
    const { lists = [], tree = [] } = series;
    const total = series.total ?? series.have, missing = series.have < total;
    return row(series_heads, [
        [h("a", { class: "title", href: series_path(series.id), title: series.title?.length > 120 ? null :
            plain(series.title) || null }, series.title ? text(series.title) : "(no title)"),
            h("span", { class: "marks" }, flag_badges(series.flags), tree.slice(0, 3).map((name) => badge(text(name))),
                series.replies > 0 && h("span", { class: "soft" }, count(series.replies, "reply", "replies")))],
        series.version > 0 ? `v${series.revision ?? series.version}` : null,
        h("a", { class: "plain", href: filter_path("author", series.author?.address || series.author?.name || "") },
            person(series.author)),
        lists.map((list, i) => [i > 0 && ", ", h("a", { class: "plain", href: filter_path("list", list),
            title: plain(list) }, text(short_list(list)))]),
        badge(total > 1 || missing ? `${series.have}/${total}` : "1", missing ? "bad" : total > 1 ? "bare" :
            "bare single"),
        review_badges(series), verdict_badge(series), badge(...standing(series)), when(series.opened ?? series.changed),
    ], { id: series.id, class: series.state === "superseded" && series.applied !== "all" ? "past" : null });
}

function filter_form(change) {
    const option = (value, words = value) => h("option", { value }, words);
    const list = h("select", { name: "list" }, option("", "all lists"));
    const state = h("select", { name: "state" }, option("", "any"), option("waiting", "needs review"),
        states.map((name) => option(name)));
    const author = h("span", { class: "chosen" }), feed = h("a", { class: "feed", href: "/feed.atom" }, "Atom feed");
    const form = h("form", { class: "filters", "aria-label": "Filters" }, h("label", {}, "List ", list),
        h("label", {}, "State ", state), author, feed);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("change", () => change({ list: list.value, state: state.value === "waiting" ? "" :
        state.value, waiting: state.value === "waiting" ? "1" : "" }));
    return { form, fill(query, lists) {
        const ids = lists.map((one) => one.id);
        if (query.list && !ids.includes(query.list)) ids.push(query.list);
        list.replaceChildren(option("", "all lists"), ...ids.map((id) => option(id, plain(id))));
        list.value = query.list ?? "";
        state.value = query.waiting ? "waiting" : query.state ?? "";
        author.replaceChildren(...(query.author ? ["Author ", h("b", {}, text(query.author)),
            h("button", { type: "button", "aria-label": "Any author", onclick: () => change({ author: "" }) }, "×")] :
            []));
        feed.href = query.list ? `/lists/${encodeURIComponent(query.list)}/feed.atom` : "/feed.atom";
        feed.textContent = query.list ? "Atom feed of this list" : "Atom feed";
    } };
}

function empty_words(query) {
    if (query.q)
        return "No series matches this search. It looks at the words of titles, at names and addresses of authors, " +
            "and at whole Message-IDs; fewer words find more.";
    if (query.waiting)
        return "Nothing waits for review: every complete series is reviewed, refused, applied or superseded.";
    if (query.list || query.author || query.state) return "No series matches these filters.";
    return "No series yet. A series appears here as soon as a mail server that runs patchmark sends the first patch " +
        "of an open list.";
}

export function series_view() {
    const body = h("tbody", { role: "rowgroup" }), title = heading();
    const status = h("span", { role: "status" }), fresh = h("button",
        { type: "button", class: "fresh", hidden: true, onclick: show_fresh });
    const more = h("button", { type: "button", class: "more", onclick: load_more }, "Show older series");
    const none = h("p", { class: "note" }), note = h("p", { class: "note" });
    const filters = filter_form(change);
    const frame = table("Series, newest first", series_heads, [], "rows");
    const held = new Set(), changed = new Set(); // ids of series that are not shown yet; that changed
    // searched: how far back, if the search is not at its end
    let query = {}, next = null, searched = null, extended = false;

    frame.querySelector("tbody").replaceWith(body);
    const node = h("div", {}, h("div", { class: "above" }, title, filters.form), note,
        h("div", { class: "status" }, status, fresh), frame, none, more);
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
        const rows = body.children.length;
        const until = searched && next ? `, searched back to ${day(new Date(searched))}` : "";
        status.textContent = rows > 0 ?
            `${next && !until ? "The newest " : ""}${count(rows, "series", "series")}${until}` : "";
        frame.hidden = rows === 0;
        none.textContent = rows > 0 ? "" : next ? `No series so far${until}.` : empty_words(query);
        more.hidden = !next;
        more.textContent = until ? "Search further back" : "Show older series";
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
            body.replaceChildren(...page.all.map(series_row));
            filters.fill(query, lists);
            self.name = query.waiting && !query.q ? "waiting" : "series";
            const words = query.waiting ? "Waiting for review" : "Series";
            title.textContent = words;
            note.textContent = query.waiting ?
                waiting_words : "";
            note.hidden = !query.waiting;
            summarize();
            return query.q ? `${plain(query.q)} - ${words}` : words;
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
    function add(page, ids) {
        const calm = scrollY < 40 && !extended && !frame.matches(":hover") && !frame.contains(document.activeElement);
        const titles = page.series.filter((series) => ids.includes(series.id));
        if (!calm) {
            ids.forEach((id) => held.add(id));
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
        const ids = new Set(page.series.map((series) => series.id)), last = page.series.at(-1);
        const end = page.next ? [...body.children].findIndex((one) => one.id === last?.id) : body.children.length - 1;
        const gone = [...body.children].slice(0, end + 1).filter((one) => !ids.has(one.id)).map((one) => one.id);
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
        const others = new Set([...gone, ...[...changed].filter((id) => !ids.has(id) && document.getElementById(id))]);
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
        stop() { soon.stop(); },
    };
    return self;
}
