// SPDX-License-Identifier: BSD-2-Clause
//
// elements.js - elements of the page, and how mails, people, times and states are written in them.
//
// What a mail contains is added as text, never as markup, and links lead to http and https only.

export const rows_most = 500; // rows of a view that stays open

// Returns an element with attributes and children.  An attribute that is false or null is left out, as is a child.
export function h(name, attributes = {}, ...children) {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
        if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
        else if (value === true) element.setAttribute(key, "");
        else if (value !== false && value != null) element.setAttribute(key, value);
    }
    element.append(...children.flat(9).filter((child) => child != null && child !== false));
    return element;
}

export function svg(name, attributes = {}, ...children) {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...children);
    return element;
}

// Characters that are invisible or change the direction of text, without the joiners that scripts require.
const invisible = new RegExp("[\\p{Cc}\\p{Cs}\\u00ad\\u061c\\u180e\\u200b\\u200e\\u200f\\u2028-\\u202e\\u2060-\\u206f" +
    "\\ufeff\\ufff9-\\ufffb\\u{e0000}-\\u{e007f}]", "gu");
export const code_point = (character) => `U+${character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`;

// Text of a mail for an attribute or the title of the window.
export const plain = (value) => String(value ?? "").replace(invisible, (character) => `<${code_point(character)}>`);

// Text of a mail: its direction does not change what stands beside it, and what is invisible in it is shown.
export function text(value) {
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
export function outside(url, ...children) {
    if (!/^https?:\/\//i.test(url ?? "")) return children;
    return h("a", { href: url, rel: "noopener noreferrer external", class: "outside" }, ...children);
}

export const badge = (words, tone = "", title = null) => h("span", { class: `badge ${tone}`.trim(), title }, words);
export const code = (value) => h("code", {}, text(value));
export const person = (who) => text(who?.name || who?.address || "unknown");
export const count = (number, one, many = `${one}s`) => `${number.toLocaleString("en")} ${number === 1 ? one : many}`;
export const series_path = (id) => `/series/${encodeURIComponent(id)}`;
export const filter_path = (name, value) => `/?${new URLSearchParams({ [name]: value })}`;
export const short_list = (id) => String(id).split(".")[0];
export const verdict_tones = { pass: "good", warning: "warn", fail: "bad" };
export const meaning_tones = { approve: "good", test: "good", refuse: "bad", report: "warn" };

// Returns [1, 2, 3, 7] as [[1, 3], [7, 7]].
export function ranges(numbers) {
    const found = [];
    for (const number of [...numbers].sort((a, b) => a - b)) {
        const last = found.at(-1);
        if (last && number <= last[1] + 1) last[1] = number;
        else found.push([number, number]);
    }
    return found;
}
export const range_words = (numbers) => ranges(numbers).map(([from, to]) =>
    (from === to ? `${from}` : `${from}-${to}`)).join(", ");
export const part_words = (part, total) => (part == null ? "" : part === 0 ? "cover" : total ? `${part}/${total}` :
    `${part}`);

// Makes `old` equal to `next`, and keeps each node that may stay, so that focus, selection and scrolling do not move.
// Returns whether anything changed.
export function morph(old, next) {
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
export const heading = (...words) => h("h1", { tabindex: "-1" }, ...words);
export const section = (words, ...content) => h("section", { "aria-label": words }, h("h2", {}, words), ...content);

// ---- time -----------------------------------------------------------------------------------------------------

export const two = (number) => String(number).padStart(2, "0");
export const day = (date) => `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
export const clock = (date) => `${two(date.getHours())}:${two(date.getMinutes())}`;
export const weekday = (date) => `${date.toLocaleDateString("en", { weekday: "short" })} ${day(date)}`;
export const absolute = (date) =>
    `${weekday(date)} ${clock(date)}:${two(date.getSeconds())} ` +
    `(${date.toISOString().slice(11, 16)} UTC)`;

export function age(date) {
    const minutes = Math.round((Date.now() - date) / 60000);
    return minutes < 1 ? "now" : minutes < 60 ? `${minutes} min` : minutes < 48 * 60 ? `${Math.round(minutes / 60)} h` :
        minutes < 30 * 1440 ? `${Math.round(minutes / 1440)} days` : null;
}

// A time as its age, and as a date after a month; the exact time is its title.
export function relative(date) {
    const words = age(date);
    return words == null ? day(date) : words === "now" ? "just now" : `${words} ago`;
}
export function when(time) {
    const date = new Date(time ?? NaN);
    return isNaN(date) ? h("span") : h("time", { datetime: date.toISOString(), title: absolute(date),
        "data-relative": true }, relative(date));
}
setInterval(() => {
    for (const element of document.querySelectorAll("time[data-relative]")) {
        const words = relative(new Date(element.dateTime));
        if (element.textContent !== words) element.textContent = words;
    }
}, 20000);

// ---- what several views show ----------------------------------------------------------------------------------

export const scrolling = (caption, ...children) => h("div", { class: "scroll", tabindex: "0", role: "region",
    "aria-label": caption }, ...children);

// A table; `heads` are the names of its columns.  The roles stay where narrow windows show rows as blocks.
export function table(caption, heads, rows, name = "") {
    const columns = heads.map((words) => h("th", { scope: "col", role: "columnheader" }, words));
    return h("table", { class: name, role: "table", "aria-label": caption },
        h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, columns)),
        h("tbody", { role: "rowgroup" }, rows));
}

// A row whose cells have the name of their column, which narrow windows show beside it.
export function row(heads, cells, attributes = {}) {
    const is_empty = (cell) => [cell].flat(9).every((child) => child == null || child === false || child === "");
    return h("tr", { role: "row", ...attributes }, cells.map((cell, i) =>
        h("td", { role: "cell", "data-head": heads[i], class: is_empty(cell) ? "none" : null }, cell)));
}

export function pair(words, ...value) {
    return h("div", {}, h("dt", {}, words), h("dd", {}, ...value));
}

export function version_words(series) {
    return series.revision || series.version > 1 ? `v${series.revision ?? series.version}` : null;
}

// The words for where a series stands: tone and explanation.
export const standings = {
    "needs review": ["warn", "Complete; nobody has approved or refused it, and nothing of it was applied"],
    reviewed: ["good", "Complete; somebody approved it, for example with Reviewed-by or Acked-by"],
    refused: ["bad", "Complete; somebody refused it, for example with Nacked-by"],
    applied: ["good", "A mail says that all of it was applied"],
    "partly applied": ["good", "A mail says that some of it was applied"],
    superseded: ["quiet", "A newer version replaces it"],
    "partial re-roll": ["quiet", "Replaces some parts of an older version, whose page shows them in their place"],
    collecting: ["quiet", "Parts may be missing; they can still come"],
    "parts missing": ["bad", "Parts are missing, and no further ones are expected"],
    complete: ["quiet", "All parts came, and no newer version replaces it"],
};
export const standing_badge = (words) => badge(words, ...standings[words]);

// A posting of some parts of an older version: its other parts are those of that version.
export const is_reroll = (series) => series.scope === "part";

// Where a series stands.
export function standing(series, waiting = series.waiting) {
    const { tags = {}, applied, state } = series;
    if (applied === "all") return "applied";
    if (state === "superseded") return "superseded";
    if (applied) return "partly applied";
    if (is_reroll(series)) return "partial re-roll";
    if (state === "incomplete") return "parts missing";
    if (state !== "complete") return "collecting";
    if (tags.refuse > 0) return "refused";
    if (waiting || !(tags.approve > 0)) return "needs review";
    return "reviewed";
}

export function review_badges({ tags = {} }) {
    return [tags.approve > 0 && badge(count(tags.approve, "review"), "good",
        "People who approved it, for example with Reviewed-by or Acked-by"), tags.test > 0 &&
        badge(count(tags.test, "test"), "good", "People who tested it"),
        tags.refuse > 0 && badge(count(tags.refuse, "nack"), "bad", "People who refused it")];
}

export function verdict_badge({ verdicts = {} }) {
    const all = Object.entries(verdicts), worst = ["fail", "warning",
        "pass"].find((verdict) => all.some(([, value]) => value === verdict));
    return worst && badge(worst, verdict_tones[worst], all.map(([robot, value]) =>
        `${plain(robot)}: ${plain(value)}`).join("\n"));
}

export function flag_badges(flags = []) {
    return ["rfc", "resend", "backport"].filter((flag) => flags.includes(flag)).map((flag) =>
        badge(flag === "rfc" ? "RFC" : flag));
}
