// SPDX-License-Identifier: BSD-2-Clause
//
// series.js - the view of one series.

import { h, plain, text, outside, badge, code, person, count, series_path, filter_path, verdict_tones,
    meaning_tones, ranges, range_words, part_words, morph, heading, section, absolute, when, table, row, pair,
    version_words, standing, verdict_badge, flag_badges } from "./elements.js";
import { get } from "./api.js";
import { announce, paced } from "./navigation.js";

const part_heads = ["Part", "Title", "Tags", "Applied"];

function tag_badge(tag, archive) {
    const words = [text(tag.name), ": ", tag.person ? person(tag.person) : text(tag.value)];
    const element = badge(outside(archive.get(tag.message_id), words), `tag ${meaning_tones[tag.meaning] ?? ""}`.trim());
    if (tag.received) element.title = absolute(new Date(tag.received));
    return element;
}

const commit_link = (commit, url) => outside(url, h("code", {}, plain(commit).slice(0, 12)));

// The parts for which a tag was given: numbers, "all", or null if they are unknown.
function parts_of(tag) {
    if (tag.part > 0) return [tag.part];
    if (tag.part === 0 || tag.range === "all") return "all";
    const numbers = [...(tag.range ?? "").matchAll(/(\d+)(?:-(\d+))?/g)].flatMap(([, from, to = from]) => Array.from({ length: Math.max(0, Math.min(to - from, 1000)) + 1 }, (_, i) => Number(from) + i));
    return numbers.length > 0 ? numbers : null;
}

// The parts in order, with a row for each range of missing ones, and one for what is said of all of them.
function part_rows({ series, parts = [], tags = [] }, archive, sought) {
    const total = series.total, placed = tags.map((tag) => [tag, parts_of(tag)]);
    const row_of = (part) => {
        const of_part = placed.filter(([, numbers]) => Array.isArray(numbers) && numbers.includes(part.part)).map(([tag]) => tag);
        return row(part_heads, [part_words(part.part, total),
            [h("div", { class: "clamp" }, outside(part.archive_url, part.title ? text(part.title) : code(part.message_id))), !part.archive_url && part.title && h("div", { class: "soft" }, code(part.message_id))],
            of_part.map((tag) => tag_badge(tag, archive)),
            part.applied && badge(part.applied.commit ? commit_link(part.applied.commit, part.applied.url) : "applied", "good")],
        { class: part.message_id === sought ? "sought" : null });
    };
    const missing = ranges(series.missing ?? []).map(([from, to]) => [from, row(part_heads, [
        from === to ? part_words(from, total) : `${from}-${to}`,
        h("strong", {}, from === to ? "Missing: no mail of this part was received" : "Missing: no mail of these parts was received"), null, null], { class: "missing" })]);
    const of_all = placed.filter(([, numbers]) => !Array.isArray(numbers) || !parts.some((part) => numbers.includes(part.part))).map(([tag]) => tag);
    return [of_all.length > 0 && row(part_heads, ["all", "The whole series", of_all.map((tag) => tag_badge(tag, archive)), null]),
        [...parts.map((part) => [part.part, row_of(part)]), ...missing].sort((a, b) => a[0] - b[0]).map(([, element]) => element)].flat().filter(Boolean);
}

// "Bob Sample (1, 2), Eve Example (all)": who gave tags of one meaning, and for which parts.
function people(tags, meaning) {
    const found = new Map();
    for (const tag of tags.filter((one) => one.meaning === meaning)) {
        const key = tag.person?.address ?? tag.person?.name ?? tag.value;
        const one = found.get(key) ?? { who: tag.person, value: tag.value, parts: new Set(), all: false };
        const parts = parts_of(tag);
        if (parts === "all") one.all = true;
        else parts?.forEach((part) => one.parts.add(part));
        found.set(key, one);
    }
    const which = ({ parts, all }) => (all ? " (all parts)" : parts.size > 0 ? ` (${parts.size === 1 ? "part" : "parts"} ${range_words(parts)})` : "");
    return [...found.values()].map((one, i) => [i > 0 && ", ", one.who ? person(one.who) : text(one.value), h("span", { class: "soft" }, which(one))]);
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

function series_sections(data, sought) {
    const { series, versions = [], verdicts = [], applied = [], replies = [] } = data;
    const archive = new Map(replies.map((reply) => [reply.message_id, reply.archive_url]));
    const versions_heads = ["Version", "Title", "State", "Posted"], verdict_heads = ["Verdict", "Robot", "Part", "When"];
    const applied_heads = ["Part", "Commit", "Tree", "By", "When"], reply_heads = ["From", "Kind", "To part", "When"];
    return [
        section("Parts", table("Parts", part_heads, part_rows(data, archive, sought), "parts")),
        verdicts.length > 0 && section("CI and build reports", table("CI and build reports", verdict_heads, verdicts.map((one) => row(verdict_heads, [
            badge(one.verdict ?? "no verdict", verdict_tones[one.verdict] ?? ""), outside(one.archive_url, text(one.robot ?? "unknown")), one.part === 0 ? "all" : part_words(one.part, series.total), one.received && when(one.received)])), "short")),
        applied.length > 0 && section("Applied", table("Applied", applied_heads, applied.map((one) => row(applied_heads, [
            one.part === 0 ? "all" : part_words(one.part, series.total), one.commit && commit_link(one.commit, one.url), one.tree && text(one.tree), one.who && person(one.who), one.received && when(one.received)])), "short")),
        versions.length > 1 && section("Versions", table("Versions", versions_heads, versions.map((one) => row(versions_heads, [
            `v${one.revision ?? one.version}`, one.id === series.id ? [text(one.title), h("span", { class: "soft" }, " (shown here)")] : h("a", { href: series_path(one.id) }, text(one.title)),
            badge(...standing({ ...one, tags: { approve: 1 } })), when(one.opened)])), "short")),
        section("Replies", replies.length === 0 ? h("p", { class: "note" }, "Nobody has answered so far.") : table("Replies", reply_heads, replies.map((one) => row(reply_heads, [
            outside(one.archive_url, person(one.sender)), [badge(one.kind), (one.flags ?? []).filter((flag) => ["review", "nack", "applied", "automated"].includes(flag)).map((flag) => badge(flag, flag === "nack" ? "bad" : flag === "applied" ? "good" : ""))],
            one.part != null && part_words(one.part, series.total), when(one.received)])), "short")),
    ];
}

export function one_view() {
    const node = h("div", { class: "one" });
    let id = null, sought = null;

    function draw(data) {
        const { series, applied = [], verdicts = [], tags = [] } = data;
        const counts = { approve: 0, refuse: 0 };
        for (const tag of tags) counts[tag.meaning] = (counts[tag.meaning] ?? 0) + 1;
        const total = series.total ?? data.have ?? 1;
        const have = data.have ?? series.parts?.filter((part) => part.part > 0 && part.part <= total).length ?? 0;
        const whole = new Set(applied.map((one) => one.part).filter((part) => part > 0)).size >= total;
        const worst = verdict_badge({ verdicts: Object.fromEntries(verdicts.map((one) => [one.robot ?? "unknown", one.verdict])) });
        const long = series.title?.length > 300, version = version_words(series);
        return h("div", { class: "one" },
            h("div", { class: "headline" }, heading(series.title ? text(series.title) : "(no title)"),
                h("p", { class: "marks" }, badge(...standing({ ...series, tags: counts, applied: whole ? "all" : applied.map((one) => one.part) }, data.waiting)),
                    version && badge(version), series.total > 0 && badge(`${have}/${count(series.total, "part")}`, series.missing?.length ? "bad" : ""),
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
