// SPDX-License-Identifier: BSD-2-Clause
//
// app.js - the page application: shows what the API of `patchmark web` answers.
//
// What a mail contains is added as text, never as markup, and links lead to http and https only.  The address of the
// page names the view and its filters completely, so that a link shows another reader the same.  An error of the API
// is shown in the banner; the data that is shown stays, and the request is repeated until the API answers.

const main = document.getElementById("main");
const banner = document.getElementById("banner");
const search = document.getElementById("search");
const page_size = 50; // series in one request
const rows_most = 500; // rows of a list that stays open
const repeat_ms = 3000; // between attempts while the API does not answer
const health_ms = 15000; // between questions about its health while it answers

// ---- elements -------------------------------------------------------------------------------------------------

// Returns an element with attributes and children.  An attribute that is false or null is left out, as is a child.
function h(name, attributes = {}, ...children) {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
        if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
        else if (value === true) element.setAttribute(key, "");
        else if (value !== false && value != null) element.setAttribute(key, value);
    }
    element.append(...children.flat(9).filter((child) => child != null && child !== false));
    return element;
}

function svg(name, attributes = {}, ...children) {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...children);
    return element;
}

// Characters that are invisible or change the direction of text, without the joiners that scripts require.
const invisible = /[\p{Cc}\p{Cs}\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;
const code_point = (character) => `U+${character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`;

// Text of a mail for an attribute or the title of the window.
const plain = (value) => String(value ?? "").replace(invisible, (character) => `<${code_point(character)}>`);

// Text of a mail: its direction does not change what stands beside it, and what is invisible in it is shown.
function text(value) {
    const string = String(value ?? ""), element = h("bdi");
    let from = 0;
    for (const { 0: character, index } of string.matchAll(invisible)) {
        element.append(string.slice(from, index), h("span", { class: "control" }, code_point(character)));
        from = index + character.length;
    }
    element.append(string.slice(from));
    return element;
}

// A link to another host; the text alone if the address is none of the web.
function outside(url, ...children) {
    if (!/^https?:\/\//i.test(url ?? "")) return children;
    return h("a", { href: url, rel: "noopener noreferrer external", class: "outside" }, ...children);
}

const badge = (words, tone = "", title = null) => h("span", { class: `badge ${tone}`.trim(), title }, words);
const code = (value) => h("code", {}, text(value));
const person = (who) => text(who?.name || who?.address || "unknown");
const count = (number, one, many = `${one}s`) => `${number.toLocaleString("en")} ${number === 1 ? one : many}`;
const series_path = (id) => `/series/${encodeURIComponent(id)}`;
const filter_path = (name, value) => `/?${new URLSearchParams({ [name]: value })}`;
const short_list = (id) => String(id).split(".")[0];
const verdict_tones = { pass: "good", warning: "warn", fail: "bad" };
const meaning_tones = { approve: "good", test: "good", refuse: "bad", report: "warn" };

// Returns [1, 2, 3, 7] as [[1, 3], [7, 7]].
function ranges(numbers) {
    const found = [];
    for (const number of [...numbers].sort((a, b) => a - b)) {
        const last = found.at(-1);
        if (last && number <= last[1] + 1) last[1] = number;
        else found.push([number, number]);
    }
    return found;
}
const range_words = (numbers) => ranges(numbers).map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(", ");
const part_words = (part, total) => (part == null ? "all" : part === 0 ? "cover" : total ? `${part}/${total}` : `${part}`);

// Makes `old` equal to `next`, and keeps each node that may stay, so that focus, selection and scrolling do not move.
// Returns whether anything changed.
function morph(old, next) {
    if (old.nodeType !== next.nodeType || old.nodeName !== next.nodeName) {
        old.replaceWith(next);
        return true;
    }
    if (old.nodeType === Node.TEXT_NODE) {
        if (old.data === next.data) return false;
        old.data = next.data;
        return true;
    }
    let changed = false;
    for (const { name } of [...old.attributes])
        if (!next.hasAttribute(name) && name !== "open") old.removeAttribute(name);
    for (const { name, value } of next.attributes)
        if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    const from = [...old.childNodes], to = [...next.childNodes];
    to.forEach((child, i) => {
        if (i < from.length) changed = morph(from[i], child) || changed;
        else { old.append(child); changed = true; }
    });
    from.slice(to.length).forEach((child) => { child.remove(); changed = true; });
    return changed;
}

// ---- time -----------------------------------------------------------------------------------------------------

const two = (number) => String(number).padStart(2, "0");
const day = (date) => `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
const clock = (date) => `${two(date.getHours())}:${two(date.getMinutes())}`;
const absolute = (date) => `${date.toLocaleDateString("en", { weekday: "short" })} ${day(date)} ${clock(date)}:${two(date.getSeconds())} ` +
    `(${date.toISOString().slice(11, 16)} UTC)`;

function age(date) {
    const minutes = Math.round((Date.now() - date) / 60000);
    return minutes < 1 ? "now" : minutes < 60 ? `${minutes} min` : minutes < 48 * 60 ? `${Math.round(minutes / 60)} h` :
        minutes < 30 * 1440 ? `${Math.round(minutes / 1440)} days` : null;
}

// A time as its age, and as a date after a month; the exact time is its title.
function relative(date) {
    const words = age(date);
    return words == null ? day(date) : words === "now" ? "just now" : `${words} ago`;
}
function when(time) {
    const date = new Date(time ?? NaN);
    return isNaN(date) ? h("span") : h("time", { datetime: date.toISOString(), title: absolute(date), "data-relative": true }, relative(date));
}
setInterval(() => {
    for (const element of document.querySelectorAll("time[data-relative]")) {
        const words = relative(new Date(element.dateTime));
        if (element.textContent !== words) element.textContent = words;
    }
}, 20000);

// ---- the API --------------------------------------------------------------------------------------------------

class Refused extends Error { // an answer that is no success; status 0: there is no answer
    constructor(status, problem) {
        super(problem?.title ?? (status ? `the server answered ${status}` : "the server does not answer"));
        this.status = status;
        this.state = problem?.state;
    }
}

// Returns the JSON of an answer.  Arguments without value are left out.  Throws Refused.
async function get(path, query = {}) {
    const url = new URL(path, location.origin);
    for (const [key, value] of Object.entries(query)) if (value) url.searchParams.set(key, value);
    let answer, body;
    try {
        answer = await fetch(url, { headers: { accept: "application/json" } });
        body = await answer.json();
    } catch (error) {
        if (!answer) throw new Refused(0);
    }
    if (!answer.ok || !body) throw new Refused(answer.ok ? 502 : answer.status, body?.error);
    if (path !== "/api/health") answered = Date.now();
    return body;
}
let answered = 0; // when the API answered last

const passing = (error) => !(error instanceof Refused) || error.status === 0 || error.status >= 429; // worth another attempt

// ---- what is said to all views --------------------------------------------------------------------------------

function announce(words) {
    document.getElementById("announcement").textContent = words;
}

const state_words = {
    stopped: "patchmark is stopped", locked: "The database is locked", schema: "The database has another schema than this program",
    absent: "There is no database yet", unreachable: "The server does not answer", connection: "The server refuses the request",
};

// trouble(STATE [, NEWEST]): shows the banner; without a state, hides it.
let trouble_state = null, trouble_newest = null;
function trouble(state, newest = null) {
    trouble_newest = newest ?? trouble_newest;
    if (trouble_state && !state) announce("patchmark answers again");
    trouble_state = state;
    if (!state) { banner.hidden = true; trouble_newest = null; return; }
    const data = answered ? `What is shown is ${age(new Date(answered)) === "now" ? "less than a minute" : `${age(new Date(answered)) ?? "more than a month"}`} old.` : "Nothing could be read so far.";
    const newest_words = trouble_newest ? ` The newest mail came ${relative(new Date(trouble_newest))}.` : "";
    const words = `${state_words[state] ?? state}. ${data}${newest_words} This page tries again by itself.`;
    if (banner.textContent !== words) banner.textContent = words;
    banner.hidden = false;
}

function failed(error) {
    if (!(error instanceof Refused)) throw error;
    trouble(error.status === 0 ? "unreachable" : error.state ?? (error.status === 503 ? "connection" : error.message));
    watch_soon();
}

// ---- views ----------------------------------------------------------------------------------------------------

// A view: name (the link in the header), node, and
//   accepts(url): whether it can show that address, too;
//   load(url, restore): reads what it shows, and returns a function that shows it and returns the title of the window;
//   refresh(): reads it again and shows it in place; event(event): an event of the feed came; stop(): it is removed.
let view = null, shown = 0; // shown: the number of addresses shown; the answer for an older one is dropped
let list_address = "/"; // the list that was shown last
let unanswered = null; // the address that could not be shown yet

function make_view(url) {
    if (/^\/series\/[^/]+$/.test(url.pathname)) return one_view();
    return { "/": series_view, "/live": live_view, "/activity": activity_view, "/health": health_view }[url.pathname]?.() ?? null;
}

const heading = (...words) => h("h1", { tabindex: "-1" }, ...words);

function message_view(title, ...children) {
    return { name: "", node: h("div", {}, heading(title), children.map((child) => h("p", {}, child))), stop() {} };
}

function place(next, title) {
    if (next !== view) {
        view?.stop();
        view = next;
        main.replaceChildren(next.node);
    }
    document.title = title ? `${title} - patchmark` : "patchmark";
    for (const link of document.querySelectorAll("[data-view]")) {
        if (link.dataset.view === view.name) link.setAttribute("aria-current", "page");
        else link.removeAttribute("aria-current");
    }
    main.removeAttribute("aria-busy");
}

// Shows an address.  restore: the state of its entry in the history, if the reader comes back to it.
async function show(url, { restore = null, focus = true } = {}) {
    const number = ++shown, before = view;
    const next = view?.accepts?.(url) ? view : make_view(url);

    unanswered = null;
    if (url.pathname === "/") list_address = url.href;
    main.setAttribute("aria-busy", "true");
    if (restore || document.activeElement !== search.q) search.q.value = url.pathname === "/" ? url.searchParams.get("q") ?? "" : "";
    if (!next) {
        place(message_view("Not found", "There is no such page. Series are found by title, author or Message-ID in the search above."), "Not found");
        return;
    }
    try {
        const commit = await next.load(url, restore);
        if (number !== shown) { if (next !== view) next.stop(); return; }
        const title = commit();
        place(next, title);
        if (view !== before && !restore) scrollTo(0, 0);
        if (restore?.scroll) scrollTo(0, restore.scroll);
        const target = restore?.focus && document.getElementById(restore.focus)?.querySelector("a");
        if (target) target.focus({ preventScroll: true });
        else if (focus && before && view !== before) main.querySelector("h1")?.focus({ preventScroll: true });
    } catch (error) {
        if (number !== shown) return;
        if (next !== view) next.stop();
        if (!passing(error)) {
            place(message_view(error.status === 404 ? "Not found" : "Request refused", `${error.message}.`,
                error.status === 404 ? "Only mail of open lists is shown, and the store forgets what is old. Search by title, author or Message-ID above." : null), "Not found");
            return;
        }
        unanswered = url;
        if (next !== view) place(message_view("Waiting for data", "This page shows it as soon as the server answers."), "Waiting for data");
        main.removeAttribute("aria-busy");
        failed(error);
    }
}

const address = () => new URL(location);

// Changes the address.  The entry that is left keeps what show() restores.
function navigate(url, { replace = false, focus = true } = {}) {
    clearTimeout(remember_timer);
    if (!replace) remember();
    history[replace ? "replaceState" : "pushState"](null, "", url);
    return show(address(), { focus });
}

let remember_timer = 0;
function remember() {
    history.replaceState({ scroll: scrollY, rows: view?.rows?.() ?? 0, focus: document.activeElement?.closest("tr[id], li[id]")?.id ?? null }, "");
}
history.scrollRestoration = "manual";
addEventListener("scroll", () => { clearTimeout(remember_timer); remember_timer = setTimeout(remember, 250); }, { passive: true });
addEventListener("popstate", (event) => {
    clearTimeout(remember_timer);
    show(address(), { restore: event.state ?? {} });
});

document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a");
    if (!link || link.origin !== location.origin || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    if (link.classList.contains("skip")) { event.preventDefault(); main.focus(); return; }
    if (link.hash || !make_view(link)) return;
    event.preventDefault();
    navigate(link.href);
});

// Calls `work` at once, but not again before `ms` have passed; then once for all calls in between.
function paced(ms, work) {
    let timer = 0, last = -Infinity, stopped = false;
    const run = async () => {
        timer = -1; // running
        last = performance.now();
        try { await work(); } catch (error) { failed(error); }
        timer = 0;
        if (again) { again = false; call(); }
    };
    let again = false;
    function call() {
        if (stopped) return;
        if (timer === -1) again = true;
        else if (!timer) timer = setTimeout(run, Math.max(0, last + ms - performance.now()));
    }
    call.stop = () => { stopped = true; clearTimeout(timer); };
    return call;
}

// ---- what several views show ----------------------------------------------------------------------------------

const scrolling = (caption, ...children) => h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption }, ...children);

// A table; `heads` are the names of its columns.
function table(caption, heads, rows, name = "") {
    return h("table", { class: name, "aria-label": caption }, h("thead", {}, h("tr", {}, heads.map((words) => h("th", { scope: "col" }, words)))), h("tbody", {}, rows));
}

// A row whose cells have the name of their column, which narrow windows show beside it.
function row(heads, cells, attributes = {}) {
    return h("tr", attributes, cells.map((cell, i) => h("td", { "data-head": heads[i], class: [cell].flat(9).some((child) => child != null && child !== false && child !== "") ? null : "none" }, cell)));
}

function pair(words, ...value) {
    return h("div", {}, h("dt", {}, words), h("dd", {}, ...value));
}

function version_words(series) {
    return series.revision || series.version > 1 ? `v${series.revision ?? series.version}` : null;
}

// The one word for where a series stands, with its tone.
function standing(series, waiting = series.waiting) {
    const { tags = {}, applied, state } = series;
    if (applied === "all") return ["applied", "good"];
    if (state === "superseded") return ["superseded", "quiet"];
    if (applied?.length > 0) return ["partly applied", "good"];
    if (state === "incomplete") return ["parts missing", "bad"];
    if (state !== "complete") return [state ?? "open", "quiet"];
    if (tags.refuse > 0) return ["refused", "bad"];
    if (waiting || !(tags.approve > 0)) return ["needs review", "warn"];
    return ["reviewed", "good"];
}

// ---- the list of series ---------------------------------------------------------------------------------------

const filter_names = ["q", "list", "author", "state", "waiting"];
const series_heads = ["Series", "Version", "Author", "List", "Parts", "Reviews", "CI", "State", "Posted"];
const states = ["open", "incomplete", "complete", "superseded"];

function review_badges({ tags = {} }) {
    return [tags.approve > 0 && badge(count(tags.approve, "review"), "good"), tags.test > 0 && badge(count(tags.test, "test"), "good"),
        tags.refuse > 0 && badge(count(tags.refuse, "nack"), "bad")];
}

function verdict_badge({ verdicts = {} }) {
    const all = Object.entries(verdicts), worst = ["fail", "warning", "pass"].find((verdict) => all.some(([, value]) => value === verdict));
    return worst && badge(worst, verdict_tones[worst], all.map(([robot, value]) => `${plain(robot)}: ${plain(value)}`).join("\n"));
}

function flag_badges(flags = []) {
    return ["rfc", "resend", "backport"].filter((flag) => flags.includes(flag)).map((flag) => badge(flag === "rfc" ? "RFC" : flag));
}

function series_row(series) {
    const { lists = [], tree = [] } = series;
    const total = series.total ?? series.have, missing = series.have < total;
    return row(series_heads, [
        [h("a", { class: "title", href: series_path(series.id), title: series.title?.length > 120 ? null : plain(series.title) || null }, series.title ? text(series.title) : "(no title)"),
            h("span", { class: "marks" }, flag_badges(series.flags), tree.slice(0, 3).map((name) => badge(text(name))),
                series.replies > 0 && h("span", { class: "soft" }, count(series.replies, "reply", "replies")))],
        series.version > 0 ? `v${series.revision ?? series.version}` : null,
        h("a", { class: "plain", href: filter_path("author", series.author?.address || series.author?.name || "") }, person(series.author)),
        lists.map((list, i) => [i > 0 && ", ", h("a", { class: "plain", href: filter_path("list", list), title: plain(list) }, text(short_list(list)))]),
        badge(total > 1 || missing ? `${series.have}/${total}` : "1", missing ? "bad" : total > 1 ? "bare" : "bare single"),
        review_badges(series), verdict_badge(series), badge(...standing(series)), when(series.opened ?? series.changed),
    ], { id: series.id, class: series.state === "superseded" && series.applied !== "all" ? "past" : null });
}

function filter_form(change) {
    const option = (value, words = value) => h("option", { value }, words);
    const list = h("select", { name: "list" }, option("", "all lists"));
    const state = h("select", { name: "state" }, option("", "any"), option("waiting", "needs review"), states.map((name) => option(name)));
    const author = h("span", { class: "chosen" }), feed = h("a", { class: "feed", href: "/feed.atom" }, "Atom feed");
    const form = h("form", { class: "filters", "aria-label": "Filters" }, h("label", {}, "List ", list), h("label", {}, "State ", state), author, feed);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("change", () => change({ list: list.value, state: state.value === "waiting" ? "" : state.value, waiting: state.value === "waiting" ? "1" : "" }));
    return { form, fill(query, lists) {
        const ids = lists.map((one) => one.id);
        if (query.list && !ids.includes(query.list)) ids.push(query.list);
        list.replaceChildren(option("", "all lists"), ...ids.map((id) => option(id, plain(id))));
        list.value = query.list ?? "";
        state.value = query.waiting ? "waiting" : query.state ?? "";
        author.replaceChildren(...(query.author ? ["Author ", h("b", {}, text(query.author)), h("button", { type: "button", "aria-label": "Any author", onclick: () => change({ author: "" }) }, "×")] : []));
        feed.href = query.list ? `/lists/${encodeURIComponent(query.list)}/feed.atom` : "/feed.atom";
        feed.textContent = query.list ? "Atom feed of this list" : "Atom feed";
    } };
}

function empty_words(query) {
    if (query.q) return "No series matches this search. It looks at the words of titles, at names and addresses of authors, and at whole Message-IDs; fewer words find more.";
    if (query.waiting) return "Nothing waits for review: every complete series is reviewed, refused, applied or superseded.";
    if (query.list || query.author || query.state) return "No series matches these filters.";
    return "No series yet. A series appears here as soon as a mail server that runs patchmark sends the first patch of an open list.";
}

function series_view() {
    const body = h("tbody"), title = heading();
    const status = h("span", { role: "status" }), fresh = h("button", { type: "button", class: "fresh", hidden: true, onclick: show_fresh });
    const more = h("button", { type: "button", class: "more", onclick: load_more }, "Show older series");
    const none = h("p", { class: "note" }), note = h("p", { class: "note" });
    const filters = filter_form(change);
    const frame = table("Series, newest first", series_heads, [], "rows");
    const held = new Set(), changed = new Set(); // ids of series that are not shown yet; that changed
    let query = {}, next = null, searched = null, extended = false; // searched: how far back, if the search is not at its end

    frame.querySelector("tbody").replaceWith(body);
    const node = h("div", {}, h("div", { class: "above" }, title, filters.form), note, h("div", { class: "status" }, status, fresh), frame, none, more);
    const query_of = (url) => Object.fromEntries(filter_names.map((name) => [name, url.searchParams.get(name)]).filter(([, value]) => value));

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
        status.textContent = rows > 0 ? `${next && !until ? "The newest " : ""}${count(rows, "series", "series")}${until}` : "";
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
            page = await get("/api/series", { ...wanted, limit: Math.max(page_size, Math.min(most - all.length, 200)), before: page.next });
            all.push(...page.series);
        } while (all.length < most && page.next && (page.series.length > 0 || performance.now() < end));
        return { wanted, all, next: page.next, searched: page.searched_to };
    }
    async function load(url, restore) {
        const [{ lists }, page] = await Promise.all([get("/api/lists"), read(query_of(url), Math.min(restore?.rows || page_size, 1000))]);
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
            note.textContent = query.waiting ? "Complete series that nobody has approved or refused so far, that were not applied, and that no newer version replaces." : "";
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
        announce(titles.length === 1 ? `New series: ${plain(titles[0].title)}, by ${plain(titles[0].author?.name ?? "")}` : count(titles.length, "new series", "new series"));
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
        const found = page.series.map((series) => series.id).filter((id) => !document.getElementById(id) && !held.has(id));
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

// ---- one series -----------------------------------------------------------------------------------------------

const part_heads = ["Part", "Title", "Tags", "Applied"];

function tag_badge(tag, archive) {
    const words = [text(tag.name), ": ", tag.person ? person(tag.person) : text(tag.value)];
    const element = badge(outside(archive.get(tag.message_id), words), `tag ${meaning_tones[tag.meaning] ?? ""}`.trim());
    if (tag.received) element.title = absolute(new Date(tag.received));
    return element;
}

const commit_link = (commit, url) => outside(url, h("code", {}, plain(commit).slice(0, 12)));

// The parts in order, with a row for each range of missing ones, and one for what is said of all of them.
function part_rows({ series, parts = [], tags = [] }, archive, sought) {
    const total = series.total;
    const row_of = (part) => {
        const of_part = tags.filter((tag) => tag.part === part.part);
        return row(part_heads, [part_words(part.part, total),
            [h("div", { class: "clamp" }, outside(part.archive_url, part.title ? text(part.title) : code(part.message_id))), !part.archive_url && part.title && h("div", { class: "soft" }, code(part.message_id))],
            of_part.map((tag) => tag_badge(tag, archive)),
            part.applied && badge(part.applied.commit ? commit_link(part.applied.commit, part.applied.url) : "applied", "good")],
        { class: part.message_id === sought ? "sought" : null });
    };
    const missing = ranges(series.missing ?? []).map(([from, to]) => [from, row(part_heads, [
        from === to ? part_words(from, total) : `${from}-${to}`,
        h("strong", {}, from === to ? "Missing: no mail of this part was received" : "Missing: no mail of these parts was received"), null, null], { class: "missing" })]);
    const of_all = tags.filter((tag) => tag.part == null || !parts.some((part) => part.part === tag.part));
    return [of_all.length > 0 && row(part_heads, ["all", "The whole series", of_all.map((tag) => tag_badge(tag, archive)), null]),
        [...parts.map((part) => [part.part, row_of(part)]), ...missing].sort((a, b) => a[0] - b[0]).map(([, element]) => element)].flat().filter(Boolean);
}

// "Bob Sample (1, 2), Eve Example (all)": who gave tags of one meaning, and for which parts.
function people(tags, meaning) {
    const found = new Map();
    for (const tag of tags.filter((one) => one.meaning === meaning)) {
        const key = tag.person?.address ?? tag.person?.name ?? tag.value;
        const one = found.get(key) ?? { who: tag.person, value: tag.value, parts: new Set() };
        one.parts.add(tag.part ?? 0);
        found.set(key, one);
    }
    return [...found.values()].map(({ who, value, parts }, i) => [i > 0 && ", ", who ? person(who) : text(value), h("span", { class: "soft" }, parts.has(0) ? " (all parts)" : ` (${parts.size === 1 ? "part" : "parts"} ${range_words(parts)})`)]);
}

function series_facts({ series, versions = [], tags = [], parts = [] }) {
    const of_version = (id) => versions.find((one) => one.id === id);
    const version_link = (id) => h("a", { href: series_path(id) }, of_version(id) ? [`v${of_version(id).revision ?? of_version(id).version} `, text(of_version(id).title)] : code(id));
    const later = Date.parse(series.changed) - Date.parse(series.opened) > 60000;
    const first = parts[0], by = (meaning, words) => { const found = people(tags, meaning); return found.length > 0 && pair(words, found); };
    const address_of = (who) => who?.address && who.name && [" ", h("span", { class: "soft" }, "<", text(who.address), ">")];
    return h("dl", { class: "pairs" },
        by("approve", "Reviewed by"), by("test", "Tested by"), by("refuse", "Refused by"),
        pair("Author", h("a", { href: filter_path("author", series.author?.address || series.author?.name || "") }, person(series.author)), address_of(series.author)),
        series.submitter?.address && series.submitter.address !== series.author?.address && pair("Sent by", person(series.submitter), address_of(series.submitter)),
        series.lists?.length > 0 && pair(series.lists.length === 1 ? "List" : "Lists", series.lists.map((list, i) => [i > 0 && ", ", h("a", { href: filter_path("list", list) }, text(list))])),
        series.tree?.length > 0 && pair("Tree", series.tree.map((name, i) => [i > 0 && ", ", text(name)])),
        pair("Posted", when(series.opened)), later && pair("Newest part", when(series.changed)),
        series.supersedes && pair(series.scope === "part" ? "Replaces parts of" : "Replaces", version_link(series.supersedes)),
        series.superseded_by && pair("Replaced by", version_link(series.superseded_by)),
        first?.message_id && pair("Message-ID", outside(first.archive_url, code(first.message_id))),
        series.base_commit && pair("Base", code(series.base_commit)),
        series.change_id && pair("Change-Id", code(series.change_id)),
        series.prerequisites?.length > 0 && pair("Requires", series.prerequisites.map((one, i) => [i > 0 && ", ", code(one)])),
        pair("Id", code(series.id), " ", h("a", { href: `/api/series/${encodeURIComponent(series.id)}` }, "JSON")));
}

function alert_box({ series, versions = [] }) {
    const missing = series.missing ?? [], newer = versions.find((one) => one.id === series.superseded_by);
    return [
        missing.length > 0 && h("p", { class: series.state === "incomplete" ? "box bad" : "box warn" }, h("strong", {}, `${missing.length === 1 ? "Part" : "Parts"} ${range_words(missing)} of ${series.total} ${missing.length === 1 ? "is" : "are"} missing.`),
            series.state === "incomplete" ? " No mail of it came for a long time: it was lost, or never sent." : " It may still be on its way."),
        series.superseded_by && h("p", { class: "box" }, "A newer version replaces this series: ", h("a", { href: series_path(series.superseded_by) }, newer ? [`v${newer.revision ?? newer.version} `, text(newer.title)] : code(series.superseded_by)), "."),
    ];
}

const section = (words, ...content) => h("section", { "aria-label": words }, h("h2", {}, words), ...content);

function series_sections(data, sought) {
    const { series, versions = [], verdicts = [], applied = [], replies = [] } = data;
    const archive = new Map(replies.map((reply) => [reply.message_id, reply.archive_url]));
    const versions_heads = ["Version", "Title", "State", "Posted"], verdict_heads = ["Verdict", "Robot", "Part", "When"];
    const applied_heads = ["Part", "Commit", "Tree", "By", "When"], reply_heads = ["From", "Kind", "To part", "When"];
    return [
        section("Parts", table("Parts", part_heads, part_rows(data, archive, sought), "parts")),
        verdicts.length > 0 && section("CI and build reports", table("CI and build reports", verdict_heads, verdicts.map((one) => row(verdict_heads, [
            badge(one.verdict ?? "no verdict", verdict_tones[one.verdict] ?? ""), outside(one.archive_url, text(one.robot ?? "unknown")), part_words(one.part, series.total), one.received && when(one.received)])), "short")),
        applied.length > 0 && section("Applied", table("Applied", applied_heads, applied.map((one) => row(applied_heads, [
            part_words(one.part, series.total), one.commit && commit_link(one.commit, one.url), one.tree && text(one.tree), one.who && person(one.who), one.received && when(one.received)])), "short")),
        versions.length > 1 && section("Versions", table("Versions", versions_heads, versions.map((one) => row(versions_heads, [
            `v${one.revision ?? one.version}`, one.id === series.id ? [text(one.title), h("span", { class: "soft" }, " (shown here)")] : h("a", { href: series_path(one.id) }, text(one.title)),
            badge(...standing({ ...one, tags: { approve: 1 } })), when(one.opened)])), "short")),
        section("Replies", replies.length === 0 ? h("p", { class: "note" }, "Nobody has answered so far.") : table("Replies", reply_heads, replies.map((one) => row(reply_heads, [
            outside(one.archive_url, person(one.sender)), [badge(one.kind), (one.flags ?? []).filter((flag) => ["review", "nack", "applied", "automated"].includes(flag)).map((flag) => badge(flag, flag === "nack" ? "bad" : flag === "applied" ? "good" : ""))],
            one.part != null && part_words(one.part, series.total), when(one.received)])), "short")),
    ];
}

function one_view() {
    const node = h("div", { class: "one" });
    let id = null, sought = null;

    function draw(data) {
        const { series, applied = [], verdicts = [], tags = [] } = data;
        const counts = { approve: 0, refuse: 0 };
        for (const tag of tags) counts[tag.meaning] = (counts[tag.meaning] ?? 0) + 1;
        const parts = series.total ? series.parts?.filter((part) => part.part > 0).length ?? 0 : 0;
        const whole = data.applied_all ?? (applied.some((one) => one.part == null) || (parts > 0 && new Set(applied.map((one) => one.part).filter((part) => part > 0)).size >= series.total));
        const worst = verdict_badge({ verdicts: Object.fromEntries(verdicts.map((one) => [one.robot ?? "unknown", one.verdict])) });
        const long = series.title?.length > 300, version = version_words(series);
        return h("div", { class: "one" },
            h("div", { class: "headline" }, heading(series.title ? text(series.title) : "(no title)"),
                h("p", { class: "marks" }, badge(...standing({ ...series, tags: counts, applied: whole ? "all" : applied.map((one) => one.part) }, data.waiting)),
                    version && badge(version), series.total > 0 && badge(`${parts}/${series.total} parts`, series.missing?.length ? "bad" : ""),
                    worst && h("span", {}, "CI ", worst), flag_badges(series.flags))),
            long && h("details", {}, h("summary", {}, "Full title"), h("p", { class: "long" }, text(series.title))),
            alert_box(data), series_facts(data), series_sections(data, sought));
    }
    const read = () => get(`/api/series/${encodeURIComponent(id)}`);
    const soon = paced(500, async () => { if (morph(node, draw(await read()))) announce("This series changed"); });
    return {
        name: "series", node,
        async load(url) {
            id = decodeURIComponent(url.pathname.slice("/series/".length));
            sought = url.searchParams.get("message");
            const data = await read();
            return () => {
                if (data.series.id !== id) { // the id was joined to another one
                    id = data.series.id;
                    history.replaceState(history.state, "", series_path(id) + url.search);
                }
                node.replaceChildren(...draw(data).childNodes);
                return plain(data.series.title).slice(0, 200) || id;
            };
        },
        async refresh() { morph(node, draw(await read())); },
        event(event) { if (event.series === id || event.data?.old?.id === id) soon(); },
        stop() { soon.stop(); },
    };
}

// ---- the feed of events ---------------------------------------------------------------------------------------

const event_types = ["message.seen", "message.posted", "series.opened", "series.completed", "series.incomplete", "series.amended", "series.superseded",
    "series.aliased", "trailer.given", "pull.requested", "report.raised", "commit.announced", "service.status"];
const full_type = (name) => `patchmark.${name}.v1`;
const event_choices = [["", "all events"], ["message.seen", "mails"], ["series.opened", "new series"], ["series.completed", "complete series"], ["series.incomplete", "missing parts"],
    ["series.superseded", "superseded series"], ["trailer.given", "reviews and tags"], ["report.raised", "reports"], ["commit.announced", "applied"], ["pull.requested", "pull requests"]];

// What an event adds to the row of its mail: words and tone.
function event_badge(name, data) {
    switch (name) {
    case "message.seen": case "message.posted": case "service.status": return null; // the row itself
    case "series.opened": return badge("new series");
    case "series.completed": return badge(data.series?.total > 1 ? `complete ${data.series.total}/${data.series.total}` : "complete", "good");
    case "series.incomplete": return badge(`missing ${range_words(data.series?.missing ?? [])} of ${data.series?.total ?? "?"}`, "bad");
    case "series.amended": return badge(`amended: ${plain(data.reason)}`);
    case "series.superseded": return badge(`replaces ${data.scope === "part" ? "parts of " : ""}v${plain(data.old?.revision ?? data.old?.version ?? "?")}`);
    case "series.aliased": return badge("ids joined");
    case "trailer.given": return badge([text(data.trailer?.name), ": ", data.person ? person(data.person) : text(data.trailer?.value)], `tag ${meaning_tones[data.meaning] ?? ""}`.trim());
    case "pull.requested": return badge("pull request");
    case "report.raised": return badge([data.robot ? text(data.robot) : "report", data.verdict ? `: ${plain(data.verdict)}` : ""], `tag ${verdict_tones[data.verdict] ?? ""}`.trim());
    case "commit.announced": return badge(data.partial ? "partly applied" : "applied", "good");
    default: return badge(plain(name));
    }
}

function live_row(event, name) {
    const { data = {} } = event, date = new Date(event.time), mail = data.message;
    const words = mail ? mail.subject ?? mail.title : data.series?.title ?? (name === "service.status" ? `patchmark ${data.state}${data.lost ? `, ${data.lost} lost` : ""}` : name);
    const link = event.series && (data.series?.title != null || data.series?.parts);
    const title = text(words || "(no subject)");
    return h("li", {},
        h("time", { datetime: event.time, title: absolute(date) }, day(date) === day(new Date()) ? clock(date) : `${day(date).slice(5)} ${clock(date)}`),
        badge(mail?.kind ?? (name === "service.status" ? "service" : "series"), "kind"),
        h("span", { class: "what" }, link ? h("a", { class: "title", href: series_path(event.series) }, title) : h("span", { class: "title" }, title), h("span", { class: "marks" })),
        h("span", { class: "who" }, mail && person(mail.sender)), h("span", { class: "on" }, event.list && text(short_list(event.list))));
}

function live_view() {
    const items = h("ol", { class: "live", "aria-label": "Mails and events, newest first" });
    const fresh = h("button", { type: "button", class: "fresh", hidden: true, onclick: release });
    const type = h("select", { name: "type" }, event_choices.map(([value, words]) => h("option", { value }, words)));
    const list = h("select", { name: "list" });
    const none = h("p", { class: "note" });
    const filters = h("form", { class: "filters", "aria-label": "Filters" }, h("label", {}, "List ", list), h("label", {}, "Show ", type));
    const status = h("div", { class: "status" }, h("span", {}, "Mails as they come, newest first, with what each of them did"), fresh);
    const node = h("div", {}, h("div", { class: "above" }, heading("Live"), filters), status, items, none);
    const held = [], rows = new Map(), ids = new Set(); // held: events that wait until the reader is at the top; rows of mails by Message-ID
    let query = {};

    filters.addEventListener("submit", (event) => event.preventDefault());
    filters.addEventListener("change", () => {
        const url = new URL("/live", location.origin);
        for (const field of [list, type]) if (field.value) url.searchParams.set(field.name, field.value);
        navigate(url);
    });
    function add(event) {
        if (ids.has(event.id)) return;
        ids.add(event.id);
        const name = event.type.replace(/^patchmark\.|\.v\d+$/g, ""), { data = {} } = event;
        const key = data.message?.id ?? event.id;
        let item = rows.get(key);
        if (!item) {
            rows.set(key, item = live_row(event, name));
            items.prepend(item);
            while (items.children.length > rows_most) items.lastChild.remove();
        }
        const mark = event_badge(name, data);
        if (mark) item.querySelector(".marks").append(mark);
        return item;
    }
    function release() {
        held.splice(0).forEach(add);
        fresh.hidden = true;
        scrollTo(0, 0);
        items.querySelector("a")?.focus({ preventScroll: true });
    }
    const wanted = (event) => (!query.list || event.list === query.list) && (!query.type || event.type === full_type(query.type));
    async function load(url) {
        const asked = { list: url.searchParams.get("list"), type: url.searchParams.get("type") };
        const [{ lists }, { events }] = await Promise.all([get("/api/lists"), get("/api/events", { limit: 100, list: asked.list, type: asked.type && full_type(asked.type) })]);
        return () => {
            query = asked;
            list.replaceChildren(h("option", { value: "" }, "all lists"), ...lists.map((one) => h("option", { value: one.id }, plain(one.id))));
            list.value = query.list ?? "";
            type.value = query.type ?? "";
            items.replaceChildren();
            rows.clear();
            ids.clear();
            held.length = 0;
            fresh.hidden = true;
            events.forEach(add);
            none.textContent = items.children.length ? "" : "No events yet. They appear here when the next mail of an open list comes.";
            return "Live";
        };
    }
    return {
        name: "live", node, load, stop() {},
        accepts: (url) => url.pathname === "/live",
        async refresh() {
            for (const event of (await get("/api/events", { limit: 100, list: query.list, type: query.type && full_type(query.type) })).events) this.event(event);
        },
        event(event) {
            if (!wanted(event) || ids.has(event.id) || held.some((one) => one.id === event.id)) return;
            none.textContent = "";
            if (scrollY < 40 && !items.matches(":hover") && !items.contains(document.activeElement)) {
                add(event)?.classList.add("changed");
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

// ---- activity -------------------------------------------------------------------------------------------------

const kinds = ["patch", "cover", "reply", "pull", "commit", "report", "announce", "other"];
const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);
const in_hour = (hour) => sum(Object.values(hour.kinds));

function activity_chart(hours, narrow) {
    const width = narrow ? 480 : 1080, height = 280, left = 44, bottom = 26, top = 8, step = (width - left) / Math.max(1, hours.length);
    const most = Math.max(4, ...hours.map(in_hour)), y = (number) => top + (height - bottom - top) * (1 - number / most);
    const chart = svg("svg", { viewBox: `0 0 ${width} ${height}`, class: "chart", role: "img", "aria-label": "Mails in each hour by kind, as bars. The table below has the same numbers." });
    for (const number of [0, Math.round(most / 2), most])
        chart.append(svg("line", { x1: left, x2: width, y1: y(number), y2: y(number) }), svg("text", { x: left - 6, y: y(number) + 4, "text-anchor": "end" }, number));
    const every = Math.ceil(hours.length / (narrow ? 5 : 10));
    hours.forEach((hour, i) => {
        const date = new Date(hour.hour), words = `${day(date)} ${clock(date)}: ${kinds.filter((kind) => hour.kinds[kind]).map((kind) => `${hour.kinds[kind]} ${kind}`).join(", ")}`;
        let below = 0;
        kinds.forEach((kind, colour) => {
            const number = hour.kinds[kind] ?? 0;
            if (number > 0) chart.append(svg("rect", { class: `c${colour}`, x: left + i * step + 1, width: Math.max(1, step - 2), y: y(below + number), height: y(below) - y(below + number) }, svg("title", {}, words)));
            below += number;
        });
        if (i % every === 0) chart.append(svg("text", { x: left + i * step, y: height - 8 }, hours.length > 72 ? `${day(date).slice(5)}` : clock(date)));
    });
    return chart;
}

function activity_view() {
    const content = h("div"), node = h("div"), choice = h("select", { name: "hours" }, [["24", "day"], ["48", "2 days"], ["168", "week"]].map(([value, words]) => h("option", { value }, words)));
    const form = h("form", { class: "filters", "aria-label": "Filters" }, h("label", {}, "The last ", choice));
    const narrow = matchMedia("(max-width: 40rem)");
    let asked = "48";

    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("change", () => navigate(`/activity?hours=${choice.value}`));
    node.append(h("div", { class: "above" }, heading("Activity"), form), content);

    function draw(hours) {
        const all = sum(hours.map(in_hour)), most = hours.reduce((a, b) => (in_hour(b) > in_hour(a) ? b : a), { kinds: {} });
        const heads = ["Hour", "All", ...kinds], busy = hours.filter((hour) => in_hour(hour) > 0).reverse();
        const words = all === 0 ? "No mail of an open list came in this time." : `${count(all, "mail")}; the most in one hour were ${in_hour(most)}, from ${day(new Date(most.hour))} ${clock(new Date(most.hour))}.`;
        return h("div", {}, h("p", { class: "note" }, words), all > 0 && [activity_chart(hours, narrow.matches),
            h("ul", { class: "legend" }, kinds.map((kind, i) => [kind, i, sum(hours.map((hour) => hour.kinds[kind] ?? 0))]).filter(([, , number]) => number > 0).map(([kind, i, number]) =>
                h("li", {}, svg("svg", { viewBox: "0 0 8 8", "aria-hidden": "true" }, svg("rect", { class: `c${i}`, width: 8, height: 8 })), `${kind} ${number.toLocaleString("en")}`))),
            h("details", {}, h("summary", {}, "The numbers as a table"), scrolling("Mails in each hour", table("Mails in each hour by kind", heads, busy.map((hour) => {
                const date = new Date(hour.hour);
                return h("tr", {}, h("th", { scope: "row" }, `${day(date)} ${clock(date)}`), h("td", {}, String(in_hour(hour))), kinds.map((kind) => h("td", {}, String(hour.kinds[kind] ?? 0))));
            }), "numbers")))]);
    }
    const read = async (hours) => (await get("/api/activity", { hours })).hours;
    const soon = paced(5000, async () => { morph(content, draw(await read(asked))); });
    narrow.addEventListener("change", soon);
    return {
        name: "activity", node,
        accepts: (url) => url.pathname === "/activity",
        async load(url) {
            const wanted = /^\d{1,4}$/.test(url.searchParams.get("hours") ?? "") ? url.searchParams.get("hours") : "48", hours = await read(wanted);
            return () => {
                asked = choice.value = wanted;
                content.replaceChildren(...draw(hours).childNodes);
                return "Activity";
            };
        },
        async refresh() { morph(content, draw(await read(asked))); },
        event(event) { if (event.type === full_type("message.seen")) soon(); },
        stop() { soon.stop(); narrow.removeEventListener("change", soon); },
    };
}

// ---- health ---------------------------------------------------------------------------------------------------

const bytes = (number) => (number < 1024 ? `${number} bytes` : number < 1048576 ? `${(number / 1024).toFixed(1)} KiB` : `${(number / 1048576).toFixed(1)} MiB`);

function health_view() {
    const content = h("div"), node = h("div", {}, h("div", { class: "above" }, heading("Health")), content);
    const sink_heads = ["Sink", "Waiting events", "State"];

    function draw(health) {
        const { outbox = {}, sinks = [], lost = 0 } = health;
        return h("div", {},
            h("p", { class: health.state === "running" && lost === 0 ? "box good" : "box bad" }, h("strong", {}, health.state === "running" ? "patchmark runs." : `${state_words[health.state] ?? health.state}.`),
                lost > 0 ? ` ${count(lost, "mail or event was", "mails or events were")} lost.` : health.state === "running" ? " Nothing was lost." : ""),
            h("dl", { class: "pairs" },
                health.newest_mail && pair("Newest mail", when(health.newest_mail)),
                pair("Outbox", count(outbox.events ?? 0, "event"), outbox.bytes > 0 && `, ${bytes(outbox.bytes)}`, outbox.oldest && [", the oldest from ", when(outbox.oldest)]),
                pair("Lost", String(lost)),
                health.version && pair("Version", text(health.version)), health.schema != null && pair("Schema", String(health.schema))),
            section("Sinks", sinks.length === 0 ? h("p", { class: "note" }, "No sink is configured: events stay in the outbox, and this page, patchmark tail and the API read them there.") :
                table("Sinks", sink_heads, sinks.map((sink) => row(sink_heads, [text(sink.name), count(sink.pending ?? 0, "event"),
                    sink.pending > 1000 ? badge("behind", "bad") : sink.pending > 0 ? badge("delivering", "warn") : badge("up to date", "good")])), "short")));
    }
    const read = () => get("/api/health").catch((error) => {
        if (error.status === 503 && error.state) return { state: error.state };
        throw error;
    });
    const soon = paced(1000, async () => { morph(content, draw(await read())); });
    const timer = setInterval(soon, 5000);
    return {
        name: "health", node, refresh: async () => { morph(content, draw(await read())); }, event: soon,
        async load() {
            const health = await read();
            return () => { content.replaceChildren(...draw(health).childNodes); return "Health"; };
        },
        stop() { clearInterval(timer); soon.stop(); },
    };
}

// ---- search and keys ------------------------------------------------------------------------------------------

let typing = false, search_timer = 0; // typing: this search has an entry in the history already
function search_now() {
    clearTimeout(search_timer);
    const url = location.pathname === "/" ? address() : new URL("/", location.origin), words = search.q.value.trim();
    if (words) url.searchParams.set("q", words);
    else url.searchParams.delete("q");
    if (url.href === location.href) return;
    const replace = typing;
    typing = true;
    navigate(url, { replace, focus: false });
}
search.q.addEventListener("input", () => {
    clearTimeout(search_timer);
    if (location.pathname === "/") search_timer = setTimeout(search_now, 250);
});
search.q.addEventListener("blur", () => { typing = false; });

// A whole Message-ID leads to its series at once, everything else to the list.
search.addEventListener("submit", async (event) => {
    event.preventDefault();
    clearTimeout(search_timer);
    const words = search.q.value.trim(), id = words.replace(/^<|>$/g, "");
    if (/^[^\s@]+@[^\s@]+$/.test(id)) {
        const found = await get(`/api/messages/${encodeURIComponent(id)}`).catch(() => null);
        if (found?.series?.id) {
            search.q.blur();
            navigate(`${series_path(found.series.id)}?${new URLSearchParams({ message: id })}`);
            return;
        }
    }
    search_now();
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
        u: () => navigate(list_address),
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
    element.title = live ? "New mails appear without reload" : "The page asks from time to time until the connection is back";
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
        interrupted = true;
        watch_soon();
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
function watch_soon() {
    clearTimeout(watch_timer);
    watch_timer = setTimeout(watch, trouble_state ? repeat_ms : 300);
}

// Asks for the health; shows the banner while it is bad, and reads the view again when it is good again.
async function watch() {
    clearTimeout(watch_timer);
    const before = trouble_state;
    try {
        const health = await get("/api/health");
        trouble(health.state === "running" ? null : health.state, health.newest_mail);
    } catch (error) { failed(error); }
    if (!trouble_state && (before || unanswered || interrupted)) {
        if (stream?.readyState !== EventSource.OPEN) connect();
        await again();
    }
    watch_timer = setTimeout(watch, trouble_state ? repeat_ms : health_ms);
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

await show(address(), { restore: history.state });
connect();
watch();
