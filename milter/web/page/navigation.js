// SPDX-License-Identifier: BSD-2-Clause
//
// navigation.js - shows the view of an address, and the banner while the API does not answer.
//
// The address names the view and its filters completely, so that a link shows another reader the same.  After an error
// of the API, what is shown stays, and the request is repeated until the API answers.

import { h, heading, code, age, relative } from "./elements.js";
import { Refused, answered, passing } from "./api.js";

const main = document.getElementById("main");
const banner = document.getElementById("banner");
const search = document.getElementById("search");

// ---- what is said to all views --------------------------------------------------------------------------------

export function announce(words) {
    document.getElementById("announcement").textContent = words;
}

export const state_words = {
    stopped: "patchmark is stopped", locked: "The database is locked",
        schema: "The database has another schema than this program",
    absent: "There is no database yet", unreadable: "The server may not read the database", damaged: "The database cannot be read",
        unreachable: "The server does not answer", connection: "The server refuses the request",
};

// trouble(STATE [, HEALTH]): shows the banner; without a state, hides it.  HEALTH is an answer of the API: after a stop
// it can still read what was there before.
export let trouble_state = null;
export function trouble(state, health = null) {
    if (trouble_state && !state) announce("patchmark answers again");
    trouble_state = state;
    banner.hidden = !state;
    if (!state) return;
    const old = answered && age(new Date(answered));
    const newest = health?.newest_mail && relative(new Date(health.newest_mail));
    const data = health ? `The page shows what came before${newest ? `, the newest mail ${newest}` : ""}.` :
        answered ? `The page shows what was there ${old === "now" ? "less than a minute" : old ?? "a month"} ago.` :
        "Nothing could be read so far.";
    const words = `${state_words[state] ?? state}. ${data} It tries again by itself.`;
    if (banner.textContent !== words) banner.textContent = words;
}

let failure_listener = null; // called after each error of the API
export function on_failure(listener) { failure_listener = listener; }

export function failed(error) {
    if (!(error instanceof Refused)) throw error;
    trouble(error.status === 0 ? "unreachable" : error.state ?? (error.status === 503 ? "connection" : error.message));
    failure_listener();
}

// ---- views ----------------------------------------------------------------------------------------------------

// A view: name (the link in the header), node, and
//   accepts(url): whether it can show that address, too;
//   load(url, restore): reads what it shows, and returns a function that shows it and returns the title of the window;
//   refresh(): reads it again and shows it in place; event(event): an event of the feed came; stop(): it is removed.
export let view = null, shown = 0; // shown: the number of addresses shown; the answer for an older one is dropped
export let list_address = "/"; // the list that was shown last
export let unanswered = null; // the address that could not be shown yet

const find_words = "Search by title, author or Message-ID above.";
let find_view = null; // returns the function that makes the view of an address; nothing if there is none
export function set_views(find) { find_view = find; }

// Words of the API, with the names in them.
const named = (words) => words.split("`").map((part, i) => (i % 2 ? code(part) : part));

function message_view(title, ...children) {
    return { name: "", node: h("div", {}, heading(title), children.map((child) => h("p", {}, child))), stop() {} };
}
// A view that says why there is none, and leads back.
const refusal_view = (title, ...children) => message_view(title, ...children,
    h("a", { href: list_address }, list_address === "/" ? "All series" : "Back to the list of series"));

function refusal_of(error, url) {
    if (error.status !== 404) return ["Request refused",
        ["This address has a wrong argument: ", named(error.message), "."]];
    if (url.pathname.startsWith("/series/")) return ["Unknown series",
        "This series is not known here: only mail of open lists is shown, and what is old is forgotten.", find_words];
    return ["Not found", "There is nothing at this address.", find_words];
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
export async function show(url, { restore = null, focus = true } = {}) {
    const number = ++shown, before = view;
    const next = view?.accepts?.(url) ? view : find_view(url)?.();

    unanswered = null;
    main.setAttribute("aria-busy", "true");
    if (restore || document.activeElement !== search.q) search.q.value = url.pathname === "/" ?
        url.searchParams.get("q") ?? "" : "";
    if (!next) {
        place(refusal_view("Not found", "There is no page at this address.", find_words), "Not found");
        return;
    }
    try {
        const commit = await next.load(url, restore);
        if (number !== shown) { if (next !== view) next.stop(); return; }
        const title = commit();
        if (url.pathname === "/") list_address = url.href;
        place(next, title);
        if (view !== before && !restore) scrollTo(0, 0);
        if (restore?.scroll) scrollTo(0, restore.scroll);
        else if (!restore) main.querySelector(".sought")?.scrollIntoView({ block: "center" });
        const target = restore?.focus && document.getElementById(restore.focus)?.querySelector("a");
        if (target) target.focus({ preventScroll: true });
        else if (focus && before && view !== before) main.querySelector("h1")?.focus({ preventScroll: true });
    } catch (error) {
        if (number !== shown) return;
        if (next !== view) next.stop();
        if (!passing(error)) {
            const [title, ...words] = refusal_of(error, url);
            place(refusal_view(title, ...words), title);
            return;
        }
        unanswered = url;
        if (next !== view) place(message_view("Waiting for data",
            "This page shows it as soon as the server answers."), "Waiting for data");
        main.removeAttribute("aria-busy");
        failed(error);
    }
}

export const address = () => new URL(location);

// Changes the address.  The entry that is left keeps what show() restores.
export function navigate(url, { replace = false, focus = true, restore = null } = {}) {
    clearTimeout(remember_timer);
    if (!replace) remember();
    history[replace ? "replaceState" : "pushState"](null, "", url);
    return show(address(), { focus, restore });
}

let remember_timer = 0, list_state = null; // list_state: what show() restores of the list that was shown last
function remember() {
    const state = { scroll: scrollY, rows: view?.rows?.() ?? 0,
        focus: document.activeElement?.closest("tr[id], li[id]")?.id ?? null };
    if (location.pathname === "/") list_state = state;
    history.replaceState(state, "");
}

// Leads to the list that was shown last, and to the row from which the reader came.
export function back_to_list() {
    if (location.pathname !== "/") navigate(list_address, { restore: list_state });
}
history.scrollRestoration = "manual";
addEventListener("scroll", () => { clearTimeout(remember_timer); remember_timer = setTimeout(remember, 250); },
    { passive: true });
addEventListener("popstate", (event) => {
    clearTimeout(remember_timer);
    show(address(), { restore: event.state ?? {} });
});

document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a");
    if (!link || link.origin !== location.origin || event.button || event.metaKey || event.ctrlKey ||
        event.shiftKey || event.altKey) return;
    if (link.classList.contains("skip")) { event.preventDefault(); main.focus(); return; }
    if (link.hash || !find_view(link)) return;
    event.preventDefault();
    navigate(link.href);
});

// Calls `work` at once, but not again before `ms` have passed; then once for all calls in between.
export function paced(ms, work) {
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
