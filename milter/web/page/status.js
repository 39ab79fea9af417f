// SPDX-License-Identifier: BSD-2-Clause
//
// status.js - the views of activity and health.

import { h, svg, text, badge, code, count, morph, heading, section, day, clock, when, scrolling, table, row,
    pair } from "./elements.js";
import { get, full_type } from "./api.js";
import { state_words, navigate, paced } from "./navigation.js";

// ---- activity -------------------------------------------------------------------------------------------------

const kinds = ["patch", "cover", "reply", "pull", "commit", "report", "announce", "other"];
const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);
const of_hour = (hour) => sum(Object.values(hour.kinds));
const hour_words = ({ hour }) => `${day(new Date(hour))} ${clock(new Date(hour))}`;

// An hour of today, or of another day with its date.
const busy_words = (hour) => (day(new Date(hour.hour)) === day(new Date()) ? clock(new Date(hour.hour)) :
    hour_words(hour));

// All hours of an answer of the API, which leaves out those without mail.
function all_hours({ hours, from, to }) {
    const known = new Map(hours.map((hour) => [Date.parse(hour.hour), hour])), all = [];
    for (let time = Date.parse(from); time <= Date.parse(to) && all.length < 1000; time += 3600000)
        all.push(known.get(time) ?? { hour: new Date(time).toISOString(), kinds: {} });
    return all;
}

// One bar an hour.
function activity_chart(hours, narrow) {
    const width = narrow ? 480 : 1080, height = 280, left = 44, bottom = 26, top = 8;
    const step = (width - left) / hours.length, every = Math.ceil(hours.length / (narrow ? 5 : 10));
    const most = Math.max(4, ...hours.map(of_hour));
    const letter = narrow ? 9 : 8; // the width of one in a label, at most
    let labelled = null; // the day of the last label
    const y = (number) => top + (height - bottom - top) * (1 - number / most);
    const chart = svg("svg", { viewBox: `0 0 ${width} ${height}`, class: "chart", role: "img",
        "aria-label": "Mails in each hour by kind, as bars. The table below has the same numbers." });
    for (const number of [0, Math.round(most / 2), most])
        chart.append(svg("line", { x1: left, x2: width, y1: y(number), y2: y(number) }),
            svg("text", { x: left - 6, y: y(number) + 4, "text-anchor": "end" }, number));
    hours.forEach((hour, i) => {
        const x = left + i * step, date = new Date(hour.hour);
        const numbers = kinds.filter((kind) => hour.kinds[kind]).map((kind) => `${hour.kinds[kind]} ${kind}`).join(", ");
        let below = 0;
        kinds.forEach((kind, colour) => {
            const number = hour.kinds[kind] ?? 0;
            if (number > 0)
                chart.append(svg("rect", { class: `c${colour}`, x: x + 1, width: Math.max(1, step - 2),
                    y: y(below + number), height: y(below) - y(below + number) },
                svg("title", {}, `${hour_words(hour)}: ${numbers}`)));
            below += number;
        });
        if (i % every > 0) return;
        const dated = hours.length > 24 && day(date) !== labelled;
        labelled = day(date);
        const words = [(dated || hours.length > 72) && day(date).slice(5), hours.length <= 72 && !(dated && narrow) &&
            clock(date)].filter(Boolean);
        const label = words.join(" "), room = width - label.length * letter;
        if (x <= room) chart.append(svg("text", { x, y: height - 8 }, label));
        else if (room > x - step * every + 6 * letter) // the end of the one before
            chart.append(svg("text", { x: width, y: height - 8, "text-anchor": "end" }, label));
    });
    return chart;
}

function activity_legend(hours) {
    const totals = kinds.map((kind) => sum(hours.map((hour) => hour.kinds[kind] ?? 0)));
    return h("ul", { class: "legend" }, kinds.map((kind, i) => totals[i] > 0 && h("li", {},
        svg("svg", { viewBox: "0 0 8 8", "aria-hidden": "true" }, svg("rect", { class: `c${i}`, width: 8, height: 8 })),
        `${kind} ${totals[i].toLocaleString("en")}`)));
}

function activity_table(hours) {
    const rows = hours.filter((hour) => of_hour(hour) > 0).reverse().map((hour) => h("tr", {},
        h("th", { scope: "row" }, hour_words(hour)), h("td", {}, String(of_hour(hour))),
        kinds.map((kind) => h("td", {}, String(hour.kinds[kind] ?? 0)))));
    return h("details", {}, h("summary", {}, "The numbers as a table"), scrolling("Mails in each hour",
        table("Mails in each hour by kind", ["Hour", "All", ...kinds], rows, "numbers")));
}

export function activity_view() {
    const periods = [["24", "day"], ["48", "2 days"], ["168", "week"]];
    const choice = h("select", { name: "hours" }, periods.map(([value, words]) => h("option", { value }, words)));
    const form = h("form", { class: "filters", "aria-label": "Filters" }, h("label", {}, "The last ", choice));
    const content = h("div");
    const node = h("div", {}, h("div", { class: "above" }, heading("Activity"), form), content);
    let asked = "48";

    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("change", () => navigate(`/activity?hours=${choice.value}`));

    function draw(answer) {
        const hours = all_hours(answer), all = sum(hours.map(of_hour));
        const most = hours.reduce((a, b) => (of_hour(b) > of_hour(a) ? b : a), { kinds: {} });
        const words = all === 0 ? "No mail of an open list came in this time." :
            `${count(all, "mail")}; busiest hour: ${busy_words(most)} (${of_hour(most).toLocaleString("en")}).` +
            (answer.more ? ` Counted back to ${hour_words({ hour: answer.searched_to })}.` : "");
        const narrow = matchMedia("(max-width: 40rem)").matches;
        return h("div", {}, h("p", { class: "note" }, words),
            all > 0 && [activity_chart(hours, narrow), activity_legend(hours), activity_table(hours)]);
    }
    const read = (hours) => get("/api/activity", { hours });
    const refresh = async () => { morph(content, draw(await read(asked))); };
    const soon = paced(5000, refresh);
    return {
        name: "activity", node, refresh,
        accepts: (url) => url.pathname === "/activity",
        async load(url) {
            const given = url.searchParams.get("hours"), wanted = /^\d{1,4}$/.test(given ?? "") ? given : "48";
            const answer = await read(wanted);
            return () => {
                asked = choice.value = wanted;
                content.replaceChildren(...draw(answer).childNodes);
                return "Activity";
            };
        },
        event(event) { if (event.type === full_type("message.seen")) soon(); },
        stop() { soon.stop(); },
    };
}

// ---- health ---------------------------------------------------------------------------------------------------

const bytes = (number) => (number < 1048576 ? `${(number / 1024).toFixed(1)} KiB` :
    `${(number / 1048576).toFixed(1)} MiB`);

export function health_view() {
    const content = h("div"), node = h("div", {}, h("div", { class: "above" }, heading("Health")), content);
    const sink_heads = ["Sink", "Waiting for delivery", "State"];

    function draw(health) {
        const { outbox = {}, sinks = [], lost = 0 } = health;
        const pending = Math.max(0, ...sinks.map((sink) => sink.pending ?? 0));
        return h("div", {},
            h("p", { class: health.state === "running" && lost === 0 ? "box good" : "box bad" },
                h("strong", {}, health.state === "running" ? "patchmark runs." :
                `${state_words[health.state] ?? health.state}.`),
                lost > 0 ? ` ${count(lost, "mail or event was", "mails or events were")} lost.` :
                    health.state === "running" ? " Nothing was lost." : ""),
            h("dl", { class: "pairs wide" },
                health.newest_mail && pair("Newest mail", when(health.newest_mail)),
                pair("Waiting for delivery", sinks.length > 0 ? count(pending, "event") : "no sink to deliver to"),
                pair("Kept in the outbox", count(outbox.events ?? 0, "event"), outbox.bytes > 0 && `, ${bytes(outbox.bytes)}`,
                    outbox.oldest && [", the oldest from ", when(outbox.oldest)]),
                pair("Lost", String(lost)),
                health.version && pair("Version", text(health.version)), health.schema != null &&
                    pair("Database schema", String(health.schema))),
            h("p", { class: "note" }, "Events are kept in the outbox of the database also after their delivery: this " +
                "page, its API and ", code("patchmark tail"), " read them there. The oldest ones are deleted by the " +
                "limits ", code("outbox_age"), " and ", code("outbox_size"), " of the configuration."),
            section("Sinks", sinks.length === 0 ? h("p", { class: "note" },
                "A sink is a plugin that delivers events to another program, such as ", code("redis"), ", ",
                code("webhook"), " or ", code("file"), ". None is configured.") :
                table("Sinks", sink_heads, sinks.map((sink) =>
                    row(sink_heads, [code(sink.name), count(sink.pending ?? 0, "event"),
                    sink.pending > 1000 ? badge("behind", "bad") : sink.pending > 0 ? badge("delivering", "warn") :
                        badge("up to date", "good")])), "short")));
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
