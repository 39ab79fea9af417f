// SPDX-License-Identifier: BSD-2-Clause
//
// series.js - the view of one series.

import { h, plain, text, outside, badge, code, person, count, series_path, filter_path, verdict_tones,
    meaning_tones, ranges, range_words, part_words, morph, heading, section, absolute, when, table, row, pair,
    version_words, is_reroll, standing, standings, standing_badge, verdict_badge, flag_badges } from "./elements.js";
import { get } from "./api.js";
import { announce, paced } from "./navigation.js";


function tag_badge(tag, archive) {
    const words = [text(tag.name), ": ", tag.person ? person(tag.person) : text(tag.value)];
    const element = badge(outside(archive.get(tag.message_id), words),
        `tag ${meaning_tones[tag.meaning] ?? ""}`.trim());
    if (tag.received) element.title = absolute(new Date(tag.received));
    return element;
}

// The Message-ID of a mail, which leads to the archive of its list.
const mail_id = ({ message_id, archive_url }) => message_id && outside(archive_url, code(message_id));
// The attributes of the row of a mail; the one that the reader looked for is marked.
const mail_row = ({ message_id }, sought) => (sought && message_id === sought ?
    { class: "sought", "aria-current": "true" } : {});

const commit_link = (commit, url) => outside(url, h("code", {}, plain(commit).slice(0, 12)));

// The parts for which a tag was given: numbers, "all", or null if they are unknown.
function parts_of(tag) {
    if (tag.part > 0) return [tag.part];
    if (tag.part === 0 || tag.range === "all") return "all";
    const numbers = [...(tag.range ?? "").matchAll(/(\d+)(?:-(\d+))?/g)].flatMap(([, from, to = from]) =>
        Array.from({ length: Math.max(0, Math.min(to - from, 1000)) + 1 }, (_, i) => Number(from) + i));
    return numbers.length > 0 ? numbers : null;
}

const version_name = (version) => `v${version.revision ?? version.version}`;

// The parts that are missing; a partial re-roll has the others in the version of which it is one.
const missing_of = (series) => (is_reroll(series) ? [] : series.missing ?? []);

// The parts in order, with a row for each range of missing ones, and one for what is said of all of them.
function part_table({ series, parts = [], tags = [], replaced = [], versions = [] }, archive, sought) {
    const heads = ["Part", "Title", "Tags", ...(parts.some((part) => part.applied) ? ["Applied"] : [])];
    const total = series.total, placed = tags.map((tag) => [tag, parts_of(tag)]);
    const part_row = (cells, attributes) => row(heads, cells.slice(0, heads.length), attributes);
    const row_of = (part) => {
        const of_part = placed.filter(([, numbers]) => Array.isArray(numbers) &&
            numbers.includes(part.part)).map(([tag]) => tag);
        return part_row([part_words(part.part, total),
            [h("div", { class: "clamp" }, outside(part.archive_url, part.title ? text(part.title) :
                code(part.message_id))), !part.archive_url && part.title &&
                h("div", { class: "soft" }, code(part.message_id)), replaced_words(part, replaced, versions)],
            of_part.map((tag) => tag_badge(tag, archive)),
            part.applied && badge(part.applied.commit ? commit_link(part.applied.commit, part.applied.url) :
                "yes", "good")],
        mail_row(part, sought));
    };
    const missing = ranges(missing_of(series)).map(([from, to]) => [from, part_row([
        from === to ? part_words(from, total) : `${from}-${to}`,
        h("strong", {}, from === to ? "Missing: no mail of this part was received" :
            "Missing: no mail of these parts was received"), null, null], { class: "missing" })]);
    const of_all = placed.filter(([, numbers]) => !Array.isArray(numbers) ||
        !parts.some((part) => numbers.includes(part.part))).map(([tag]) => tag);
    return table("Parts", heads, [of_all.length > 0 && part_row(["all", "The whole series",
        of_all.map((tag) => tag_badge(tag, archive)), null]),
        [...parts.map((part) => [part.part, row_of(part)]), ...missing].sort((a, b) =>
            a[0] - b[0]).map(([, element]) => element)].flat().filter(Boolean), "parts");
}

// "Bob Sample (Reviewed-by, parts 1, 2), Eve Example (Acked-by, all parts)": who gave tags of one meaning, and for which
// parts.
function people(tags, meaning) {
    const found = new Map();
    for (const tag of tags.filter((one) => one.meaning === meaning)) {
        const key = tag.person?.address ?? tag.person?.name ?? tag.value;
        const one = found.get(key) ?? { who: tag.person, value: tag.value, names: new Set(), parts: new Set(),
            all: false };
        one.names.add(plain(tag.name));
        const parts = parts_of(tag);
        if (parts === "all") one.all = true;
        else parts?.forEach((part) => one.parts.add(part));
        found.set(key, one);
    }
    const which = ({ names, parts, all }) => {
        const words = all ? ["all parts"] : parts.size > 0 ?
            [`${parts.size === 1 ? "part" : "parts"} ${range_words(parts)}`] : [];
        return ` (${[...names, ...words].join(", ")})`;
    };
    return [...found.values()].map((one, i) => [
        i > 0 && ", ", one.who ? person(one.who) : text(one.value), h("span", { class: "soft" }, which(one))]);
}

// The words and links of a version of the topic.
function version_link(id, versions) {
    const version = versions.find((one) => one.id === id);
    return h("a", { href: series_path(id) },
        version ? [`${version_name(version)} `, text(version.title)] : code(id));
}

// "re-roll of part 2 of v2"; the number is unknown of a posting of one patch that has none.
function reroll_words({ series, parts = [], versions = [] }) {
    const older = versions.find((one) => one.id === series.supersedes);
    const numbers = series.total > 1 ? parts.map((one) => one.part).filter((part) => part > 0) : [];
    const which = numbers.length === 0 ? "a part" : `${numbers.length === 1 ? "part" : "parts"} ${range_words(numbers)}`;
    return `re-roll of ${which} of ${older ? version_name(older) : "an older version"}`;
}

// Says of a part of which a partial re-roll has a newer mail, which is the one that is shown, where it comes from.
function replaced_words(part, replaced, versions) {
    const found = replaced.findLast((one) => one.part === part.part && one.by === part.message_id);
    return found && h("div", { class: "soft" }, "Replaced by ", version_link(found.series, versions),
        found.message_id && [", before: ", code(found.message_id)]);
}

function series_facts({ series, versions = [], tags = [], parts = [] }) {
    const later = Date.parse(series.changed) - Date.parse(series.opened) > 60000;
    const first = parts[0];
    const by = (meaning, words) => {
        const found = people(tags, meaning);
        return found.length > 0 && pair(words, found);
    };
    const address_of = (who) => who?.address && who.name &&
        [" ", h("span", { class: "soft" }, "<", text(who.address), ">")];
    return h("dl", { class: "pairs" },
        by("approve", "Approved by"), by("test", "Tested by"), by("refuse", "Refused by"),
        pair("Author", h("a", { href: filter_path("author", series.author?.address || series.author?.name || "") },
            person(series.author)), address_of(series.author)),
        series.submitter?.address && series.submitter.address !== series.author?.address &&
            pair("Sent by", person(series.submitter), address_of(series.submitter)),
        series.lists?.length > 0 && pair(series.lists.length === 1 ? "List" : "Lists",
            series.lists.map((list, i) => [i > 0 && ", ", h("a", { href: filter_path("list", list) }, text(list))])),
        series.tree?.length > 0 && pair("Tree", series.tree.map((name, i) => [i > 0 && ", ", text(name)])),
        pair("Received", when(series.opened)), later && pair("Newest part", when(series.changed)),
        series.supersedes && pair(is_reroll(series) ? "Re-roll of" : "Replaces",
            version_link(series.supersedes, versions)),
        series.superseded_by && pair("Replaced by", version_link(series.superseded_by, versions)),
        first?.message_id && pair("Message-ID", outside(first.archive_url, code(first.message_id))),
        series.base_commit && pair("Base", code(series.base_commit)),
        series.change_id && pair("Change-Id", code(series.change_id)),
        series.prerequisites?.length > 0 && pair("Requires",
            series.prerequisites.map((one, i) => [i > 0 && ", ", code(one)])),
        pair("Id", code(series.id), " ", h("a", { href: `/api/series/${encodeURIComponent(series.id)}` }, "JSON")));
}

// What a reader must know first: that parts are missing, and that there is a newer version.
function alert_box(data) {
    const { series, versions = [] } = data;
    const missing = missing_of(series), late = series.state === "incomplete";
    const words = missing.length === 1 ? `Part ${missing[0]} of ${series.total} is missing.` :
        `Parts ${range_words(missing)} of ${series.total} are missing.`;
    return [
        missing.length > 0 && h("p", { class: late ? "box bad" : "box warn" }, h("strong", {}, words),
            missing.length === 1 ? late ? " No mail of it came for a long time: it was lost, or never sent." :
                " It may still be on its way." : late ?
                " No mail of them came for a long time: they were lost, or never sent." :
                " They may still be on their way."),
        is_reroll(series) && h("p", { class: "box" }, `This is a ${reroll_words(data)}, which has the other parts: `,
            version_link(series.supersedes, versions), "."),
        series.superseded_by && h("p", { class: "box" }, "A newer version replaces this series: ",
            version_link(series.superseded_by, versions), "."),
    ];
}

const series_part = (part, series) => (part === 0 ? "all" : part_words(part, series.total)); // 0: the whole series

function verdict_section({ series, verdicts = [] }, sought) {
    const heads = ["Verdict", "Robot", "Part", "Message-ID", "Received"];
    const rows = verdicts.map((one) => row(heads, [
        badge(one.verdict ?? "no verdict", verdict_tones[one.verdict]),
        text(one.robot ?? "unknown"),
        series_part(one.part, series),
        mail_id(one),
        one.received && when(one.received),
    ], mail_row(one, sought)));
    return rows.length > 0 && section("CI and build reports", table("CI and build reports", heads, rows, "short"));
}

function applied_section({ series, applied = [] }, archive, sought) {
    const found = new Map(); // what differs in the number of the part only, as when a mail says that all were applied
    for (const one of applied) {
        const key = JSON.stringify([one.message_id, one.commit, one.url, one.tree, one.part > 0]);
        if (found.has(key)) found.get(key).parts.push(one.part);
        else found.set(key, { ...one, parts: [one.part] });
    }
    const columns = [
        ["Part", ({ part, parts }) => (parts.length > 1 ? range_words(parts) : series_part(part, series))],
        ["Commit", (one) => one.commit && commit_link(one.commit, one.url)],
        ["Tree", (one) => one.tree && text(one.tree)],
        ["By", (one) => one.who && person(one.who)],
        ["Message-ID", (one) => mail_id({ ...one, archive_url: archive.get(one.message_id) })],
        ["Received", (one) => one.received && when(one.received)],
    ].filter(([, cell]) => [...found.values()].some(cell));
    const heads = columns.map(([head]) => head);
    const rows = [...found.values()].map((one) => row(heads, columns.map(([, cell]) => cell(one)),
        mail_row(one, sought)));
    return rows.length > 0 && section("Applied", table("Applied", heads, rows, "short"));
}

const version_states = { open: "collecting", incomplete: "parts missing" };
const version_standing = (version) => (is_reroll(version) && version.state !== "superseded" ? "partial re-roll" :
    version_states[version.state] ?? version.state);

function version_section(data) {
    const { series, versions = [] } = data;
    const heads = ["Version", "Title", "State", "Received"];
    const rows = versions.map((one) => row(heads, [
        `v${one.revision ?? one.version}`,
        one.id === series.id ? [text(one.title), h("span", { class: "soft" }, " (shown here)")] :
            h("a", { href: series_path(one.id) }, text(one.title)),
        standing_badge(one.id === series.id ? standing_of(data) : version_standing(one)),
        when(one.opened),
    ]));
    return rows.length > 1 && section("Versions", table("Versions", heads, rows, "short"));
}

const reply_flags = { review: "good", nack: "bad", applied: "good", automated: "" };

// "3 by people, 1 by a robot": the list of series counts those by people.
function reply_words(replies) {
    const robots = replies.filter((one) => (one.flags ?? []).includes("automated")).length;
    return [[replies.length - robots, "a person", "people"], [robots, "a robot", "robots"]]
        .filter(([number]) => number > 0)
        .map(([number, one, many]) => `${number} by ${number === 1 ? one : many}`).join(", ");
}

function reply_section({ series, replies = [] }, sought) {
    const heads = ["From", "Kind", "To part", "Message-ID", "Received"];
    const rows = replies.map((one) => row(heads, [
        person(one.sender),
        [badge(one.kind), (one.flags ?? []).filter((flag) => flag in reply_flags)
            .map((flag) => badge(flag, reply_flags[flag]))],
        part_words(one.part, series.total),
        mail_id(one),
        when(one.received),
    ], mail_row(one, sought)));
    return section("Replies", ...(rows.length > 0 ? [h("p", { class: "note" }, reply_words(replies)),
        table("Replies", heads, rows, "short")] : [h("p", { class: "note" }, "Nobody has answered so far.")]));
}

function series_sections(data, sought) {
    const archive = new Map((data.replies ?? []).map((reply) => [reply.message_id, reply.archive_url]));
    return [
        section("Parts", part_table(data, archive, sought)),
        verdict_section(data, sought), applied_section(data, archive, sought), version_section(data),
        reply_section(data, sought),
        data.more && h("p", { class: "note" }, "This series has more of these than this page shows."),
    ];
}

// Where the series stands, by its own tags and what was applied of it.
function standing_of({ series, have, waiting, applied = [], tags = [] }) {
    const counts = { approve: 0, refuse: 0 }, numbers = new Set(applied.map((one) => one.part));
    for (const tag of tags) counts[tag.meaning] = (counts[tag.meaning] ?? 0) + 1;
    const whole = numbers.has(0) || [...numbers].filter((part) => part > 0).length >= (series.total ?? have ?? 1);
    return standing({ ...series, tags: counts, applied: whole ? "all" : applied.length > 0 ? [...numbers] : null },
        waiting);
}

export function one_view() {
    const node = h("div", { class: "one" });
    let id = null, sought = null;

    // The badges below the title.
    function marks(data) {
        const { series, have, verdicts = [] } = data, version = version_words(series), words = standing_of(data);
        const worst = verdict_badge({ verdicts: Object.fromEntries(verdicts.map((one) => [one.robot, one.verdict])) });
        return h("p", { class: "marks" },
            badge(words === "partial re-roll" ? reroll_words(data) : words, ...standings[words]),
            version && badge(version),
            series.total > 0 && !is_reroll(series) && badge(`${have}/${count(series.total, "part")}`, series.missing?.length > 0 ? "bad" : ""),
            worst && h("span", {}, "CI ", worst), flag_badges(series.flags));
    }
    function draw(data) {
        const { title } = data.series;
        return h("div", { class: "one" },
            h("div", { class: "headline" }, heading(title ? text(title) : "(no title)"), marks(data)),
            title?.length > 300 && h("details", {}, h("summary", {}, "Full title"), h("p", { class: "long" }, text(title))),
            alert_box(data), series_facts(data), series_sections(data, sought));
    }
    const read = () => get(`/api/series/${id}`);
    const soon = paced(500, async () => { if (morph(node, draw(await read()))) announce("This series changed"); });
    return {
        name: "series", node,
        async load(url) {
            id = url.pathname.slice("/series/".length); // encoded
            sought = url.searchParams.get("message")?.replace(/^<|>$/g, "");
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
