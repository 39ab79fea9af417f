// SPDX-License-Identifier: BSD-2-Clause
//
// page.mjs - what a reader sees of `patchmark web` in Chromium.
//
//     node page.mjs URL SECTION...
//
// Runs beside node_modules with playwright-core and axe-core; tests/end-to-end/web-page.sh starts it.  Writes a line
// for each check, "ok NAME" or "not NAME" with lines "# DETAIL", and "do COMMAND" for what the script shall do meanwhile: it runs
// the command and answers with a line.  CHROMIUM names the browser.  Fails only if a check could not be made.
import { chromium } from "playwright-core";
import { createInterface } from "node:readline";
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const [base, ...sections] = process.argv.slice(2);
const axe_source = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const second = 1000;

// ---- checks -----------------------------------------------------------------------------------------------------

const line = (words) => process.stdout.write(`${words}\n`);

// Runs a command of the script, and returns when it has ended.
async function ask(command) {
    line(`do ${command}`);
    await answers.next();
}

// Passes if `work` returns true or nothing; fails with what it throws or returns.
async function check(name, work) {
    let problem;
    try {
        const result = await work();
        problem = result === true || result === undefined ? null : JSON.stringify(result);
    } catch (error) { problem = String(error.message); }
    line(problem === null ? `ok ${name}` : `not ${name}`);
    if (problem !== null) line(problem.split("\n").slice(0, 12).map((one) => `# ${one}`).join("\n"));
    return problem === null;
}
const same = (wanted, got) => JSON.stringify(wanted) === JSON.stringify(got) ||
    `wanted ${JSON.stringify(wanted)}, got ${JSON.stringify(got)}`;
const has = (got, ...wanted) => { const missing = wanted.filter((one) =>
    !got.includes(one)); return missing.length === 0 || `not there: ${missing.join(" | ")} in: ${got.slice(0, 600)}`; };

// ---- the browser ------------------------------------------------------------------------------------------------

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-background-networking"] });
const requests = []; // to other hosts than the server
const errors = []; // of the console, exceptions, and dialogs
let outage = false; // the API is expected to refuse

async function open_page(path, { width = 1280, height = 800, scheme = "light" } = {}) {
    const context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme,
        serviceWorkers: "block" });
    const page = await context.newPage();
    context.on("request",
        (request) => { if (new URL(request.url()).origin !== new URL(base).origin) requests.push(request.url()); });
    page.on("console", (message) => {
        const refused = /^Failed to load resource: (the server responded with a status of (400|404|503)|net::ERR_)/.test(message.text());
        if (message.type() === "error" && !(outage && refused)) errors.push(`${page.url()}: ${message.text()}`);
    });
    page.on("pageerror", (error) => errors.push(`${page.url()}: ${error.stack}`));
    page.on("dialog", (dialog) => { errors.push(`${page.url()}: dialog ${dialog.message()}`); dialog.dismiss(); });
    page.setDefaultTimeout(10 * second);
    await page.goto(base + path);
    await settled(page);
    return page;
}
// Waits until the view has what it shows.
const settled = (page) => page.waitForFunction(() => document.querySelector("main h1") &&
    !document.querySelector("main[aria-busy]"));
const connected = (page) => page.waitForFunction(() => document.getElementById("connection").textContent === "live");
const shut = (page) => page.context().close();
const titles = (page) => page.$$eval(".rows tbody .title", (links) => links.map((link) => link.textContent));
const row_of = (page, title) => page.locator(".rows tbody tr",
    { has: page.locator(".title", { hasText: title }) }).first();
const cells = async (row) => Object.fromEntries(await row.locator("td").evaluateAll((all) =>
    all.map((one) => [one.dataset.head, one.textContent.trim()])));
const api = async (path) => (await fetch(base + path)).json();
const id_of = async (q) => (await api(`/api/series?q=${encodeURIComponent(q)}`)).series[0].id;
// Waits until the address has this query.
const at = (page, query) => page.waitForFunction((wanted) => location.search === wanted,
    query).then(() => settled(page));
const all_states = async () => {
    const page = await open_page("/");
    const words = await page.$$eval("td[data-head=State]", (all) => [...new Set(all.map((one) => one.textContent))]);
    await shut(page);
    return words;
};
const second_version = async () => (await api("/api/series?q=burn+less+oil")).series.find((one) =>
    one.version === 2).id;

const tests = {
    // ---- the list of series -------------------------------------------------------------------------------------
    async list() {
        const page = await open_page("/");
        await check("the list has the series of all lists", async () => has((await titles(page)).join("\n"),
            "buoy: chain it twice", "bell: ring twice in fog", "lantern: burn less oil",
            "tide: only hours that there are"));
        await check("the newest first", async () => {
            const times = await page.$$eval(".rows time", (all) => all.map((one) => one.dateTime));
            return same([true, [...times].sort().reverse()], [new Set(times).size > 1, times]);
        });
        await check("a row has author, list, version, parts, reviews, CI and state", async () => {
            const got = await cells(row_of(page, "lantern: burn less oil"));
            return same(["v2", "Ada Example", "lantern", "2/3", "2 reviews1 test", "fail", "parts missing"],
                ["Version", "Author", "List", "Parts", "Reviews", "CI", "State"].map((head) => got[head]));
        });
        await check("a state is explained", async () => same("Parts are missing, and no further ones are expected",
            await row_of(page, "lantern: burn less oil").locator("td[data-head=State] .badge").getAttribute("title")));
        await check("the older version is superseded", async () =>
            same("superseded", (await cells(page.locator(".rows tbody tr",
            { hasText: "lantern: burn less oil" }).nth(1))).State));
        await check("an applied patch is applied", async () =>
            same("applied", (await cells(row_of(page, "bell: ring twice"))).State));
        await check("a patch without answer needs review", async () =>
            same("needs review", (await cells(row_of(page, "buoy: chain"))).State));
        await check("a partial re-roll is no series that lacks parts", async () => {
            const row = page.locator(".rows tbody tr", { hasText: "anchor: link 2" }), got = await cells(row);
            return same(["v2.1", "1", "partial re-roll", 0],
                [got.Version, got.Parts, got.State, await row.locator("td[data-head=Parts] .bad").count()]);
        });
        await check("series of the same second are in the order of receipt", async () => same(["gull: count them",
            "gull: count them", "anchor: link 2", "anchor: hold fast"], (await titles(page)).filter((title) =>
            /^(gull|anchor)/.test(title))));
        await check("a time is relative, and its title has the exact one", async () => {
            const time = page.locator(".rows time").first();
            return /^(just now|\d+ min ago)$/.test(await time.textContent()) &&
                /^\w{3} \d{4}-\d\d-\d\d \d\d:\d\d:\d\d /.test(await time.getAttribute("title"));
        });
        await shut(page);
    },

    // ---- filters and search -------------------------------------------------------------------------------------
    async filters() {
        const page = await open_page("/"), all = await titles(page);
        await page.selectOption("select[name=list]", "buoys.lists.example.org");
        await at(page, "?list=buoys.lists.example.org");
        await check("a list is in the address, and the rows are of that list",
            async () => same(["buoy: chain it twice"], await titles(page)));
        const other = await open_page("/?list=buoys.lists.example.org");
        await check("the link shows another reader the same",
            async () => same([["buoy: chain it twice"], "buoys.lists.example.org"],
            [await titles(other), await other.inputValue("select[name=list]")]));
        await shut(other);
        await page.goBack();
        await at(page, "");
        await check("back shows all again", async () => same([all, ""],
            [await titles(page), await page.inputValue("select[name=list]")]));
        await page.goForward();
        await at(page, "?list=buoys.lists.example.org");
        await check("forward shows the list again", async () => same(["buoy: chain it twice"], await titles(page)));
        await page.goBack();
        await at(page, "");
        for (const [value, query, title] of [["incomplete", "?state=incomplete", "lantern: burn less oil"],
            ["superseded", "?state=superseded", "lantern: burn less oil"]]) {
            await page.selectOption("select[name=state]", value);
            await at(page, query);
            await check(`state ${value}`, async () => same(true, (await titles(page)).includes(title) &&
                (await titles(page)).every((one) => one !== "bell: ring twice in fog")));
        }
        await check("the choices of the state are the words of its column", async () => {
            const choices = await page.$$eval("select[name=state] option", (all) => all.map((one) => one.textContent));
            const words = await all_states();
            return same([true, []], [words.length >= 4, words.filter((one) => !choices.includes(one))]);
        });
        await page.selectOption("select[name=state]", "applied");
        await at(page, "?applied=all");
        await check("what was applied", async () => same(["bell: ring twice in fog", "gull: count them"],
            await titles(page)));
        await page.selectOption("select[name=state]", "waiting");
        await at(page, "?waiting=1");
        await check("what waits for review has no applied, reviewed, incomplete or superseded series", async () => {
            const got = await titles(page);
            return same([true, false, false], ["buoy: chain it twice", "bell: ring twice in fog",
                "lantern: burn less oil"].map((title) => got.includes(title)));
        });
        const newest_first = await titles(page);
        await page.selectOption("select[name=order]", "oldest");
        await at(page, "?waiting=1&order=oldest");
        await check("what waits longest first", async () => {
            const times = await page.$$eval(".rows time", (all) => all.map((one) => one.dateTime));
            return same([newest_first.reverse(), [...times].sort()], [await titles(page), times]);
        });
        await page.selectOption("select[name=order]", "");
        await at(page, "?waiting=1");
        await check("it is the view Waiting", async () => same(["Waiting for review", "waiting"],
            [await page.textContent("h1"), await page.getAttribute("nav [aria-current]", "data-view")]));
        await page.click('nav [data-view="series"]');
        await at(page, "");
        await row_of(page, "bell: ring").locator("td[data-head=Author] a").click();
        await at(page, "?author=carol%40example.net");
        await check("a click on an author shows what the author sent",
            async () => same(["bell: ring twice in fog", "tide: count from noon"], await titles(page)));
        await check("the author is named beside the count", async () => same("2 seriesAuthor carol@example.net×",
            (await page.textContent(".status")).trim()));
        await page.click('button[aria-label="Any author"]');
        await at(page, "");

        await page.keyboard.press("/");
        await page.keyboard.type("oil less", { delay: 20 });
        await at(page, "?q=oil+less");
        await check("words of a title, in any order, while they are typed",
            async () => same(["lantern: burn less oil", "lantern: burn less oil"], await titles(page)));
        await check("the words are named beside the count", async () => same("2 seriesSearch oil less×",
            (await page.textContent(".status")).trim()));
        await page.keyboard.press("Escape");
        await at(page, "");
        await check("Escape ends the search", async () => same(["", all.length],
            [await page.inputValue("#q"), (await titles(page)).length]));
        await page.goto(`${base}/?q=oil+less&state=incomplete`);
        await settled(page);
        await page.click('button[aria-label="Any search"]');
        await at(page, "?state=incomplete");
        await page.click('button[aria-label="Any state"]');
        await at(page, "");
        await check("a button ends each filter", async () => same(["", 0],
            [await page.inputValue("#q"), await page.locator(".chosen").count()]));
        await page.fill("#q", "oil");
        await at(page, "?q=oil");
        await page.goBack();
        await at(page, "");
        await check("back leads to the list before the search",
            async () => same(["", all.length], [await page.inputValue("#q"), (await titles(page)).length]));
        await page.fill("#q", "carol");
        await at(page, "?q=carol");
        await check("the name of an author", async () => same(["bell: ring twice in fog", "tide: count from noon"],
            await titles(page)));
        await page.fill("#q", "zzzz");
        await at(page, "?q=zzzz");
        await check("nothing found: it says what is searched",
            async () => has(await page.textContent("main"), "No series matches this search", "Try fewer words",
                "whole Message-IDs"));
        for (const id of ["<20260601101000.200-4-ada@example.org>", "20260601101000.200-4-ada@example.org",
            '"20260601101000.200-4-ada@example.org"', "Message-ID: <20260601101000.200-4-ada@example.org>",
            "https://lists.example.org/r/20260601101000.200-4-ada%40example.org/T/#u"]) {
            await page.fill("#q", id);
            await page.keyboard.press("Enter");
            await page.waitForSelector(".sought");
            await check(`a Message-ID leads to its series: ${id}`,
                async () => same(["lantern: burn less oil", "3/3"],
                [await page.textContent("h1"), await page.textContent(".sought td")]));
        }
        for (const [id, section] of [["bob-1@example.com", "Replies"],
            ["202606011030.lkp@example.com", "CI and build reports"]]) {
            await page.setViewportSize({ width: 1280, height: 300 });
            await page.fill("#q", id);
            await page.keyboard.press("Enter");
            await check(`that of an answer leads to its row: ${id}`, async () => {
                const row = page.locator(`section[aria-label="${section}"] .sought`);
                await row.waitFor();
                const place = await page.locator(".sought").first().boundingBox();
                return same([true, true], [(await row.textContent()).includes(id), place.y >= 0 && place.y < 300]);
            });
        }
        await shut(page);

        const talk = await open_page("/live");
        await check("a list without series is in the feed and a choice", async () => {
            const choices = await talk.$$eval("select[name=list] option", (all) => all.map((one) => one.value));
            return has(`${await talk.textContent(".live")} ${choices}`, "Who has the keys", "talk.lists.example.org");
        });
        await check("its mail says why it has no link", async () => same("This mail belongs to no series",
            await talk.locator(".live .title", { hasText: "Who has the keys" }).getAttribute("title")));
        await shut(talk);
        const unknown = await open_page("/?list=absent.example.org");
        await check("an unknown list is said to be unknown, and has no feed", async () => same([true, 0],
            [(await unknown.textContent("main")).includes("This list is not known here"),
                await unknown.locator("main a.feed:visible").count()]));
        await unknown.goto(`${base}/?list=lantern.lists.example.org`);
        await settled(unknown);
        await check("the feed of a list is in the head", async () =>
            same("/lists/lantern.lists.example.org/feed.atom",
                new URL(await unknown.getAttribute("#list-feed", "href"), base).pathname));
        outage = true;
        await unknown.goto(`${base}/?state=nonsense`);
        await settled(unknown);
        await check("a wrong argument is named, with a way back", async () => same(["Request refused - patchmark", true, 1],
            [await unknown.title(), (await unknown.textContent("main")).includes("state is none of open"),
                await unknown.locator("main a").count()]));
        outage = false;
        await shut(unknown);
    },

    // ---- one series ---------------------------------------------------------------------------------------------
    async series() {
        const id = await second_version(), page = await open_page(`/series/${id}`),
            body = await page.textContent("main");
        await check("the missing part is said first, and is a row of the parts", async () => {
            const box = await page.textContent(".box"), row = await page.textContent(".parts .missing");
            return has(box + row, "Part 2 of 3 is missing.", "2/3", "Missing: no mail of this part was received");
        });
        await check("who reviewed and tested it, and which parts",
            async () => has(body, "Bob Sample (Reviewed-by, part 1)", "Carol Muster (Acked-by, part 3)",
                "Dan Prøve (Tested-by, all parts)"));
        await check("tags stand at their part", async () => {
            const part = (number) => page.locator(".parts tr",
                { has: page.locator(`td:first-child:text-is("${number}")`) }).locator("td[data-head=Tags]").textContent();
            return same(["Reviewed-by: Bob Sample", "Acked-by: Carol Muster"], [await part("1/3"), await part("3/3")]);
        });
        await check("parts and tags link to the archive of the list", async () => same([
            "https://lists.example.org/lantern/20260601101000.200-2-ada%40example.org/",
                "https://lists.example.org/lantern/bob-1%40example.com/"],
        [await page.getAttribute(".parts a:has-text('lantern: turn the wick down')", "href"),
            await page.getAttribute(".parts .tag a:has-text('Reviewed-by')", "href")]));
        await check("the verdict of the robot", async () => {
            const section = await page.textContent('section[aria-label="CI and build reports"]');
            return has(section, "fail", "1/3") === true || section;
        });
        await check("both versions", async () => has(await page.textContent('section[aria-label="Versions"]'), "v1",
            "v2", "superseded", "(shown here)"));
        await check("the replies", async () => has(await page.textContent('section[aria-label="Replies"]'),
            "Bob Sample", "Carol Muster", "Dan Prøve", "review", "3 by people, 1 by a robot"));
        for (const [section, message] of [["Replies", "bob-1@example.com"],
            ["CI and build reports", "202606011030.lkp@example.com"]])
            await check(`${section}: the Message-ID leads to the archive`, async () => same(
                `https://lists.example.org/lantern/${encodeURIComponent(message)}/`, await page.locator(
                    `section[aria-label="${section}"] a`, { hasText: message }).getAttribute("href")));
        await check("no column Applied without what was applied", async () => same(["Part", "Title", "Tags"],
            await page.$$eval(".parts th", (all) => all.map((one) => one.textContent))));
        await page.click('section[aria-label="Versions"] a');
        await page.waitForFunction((old) => !location.pathname.endsWith(old), id);
        await settled(page);
        await check("the older version says what replaces it",
            async () => has(await page.textContent("main"),
            "A newer version replaces this series: v2 lantern: burn less oil"));
        await shut(page);

        const applied = await open_page(`/series/${await id_of("bell: ring twice")}`);
        await check("the commit as which it was applied, with its link",
            async () => same(["0a1b2c3d4e5f", "https://git.example.org/harbour/c/0a1b2c3d4e5f"],
            [await applied.textContent('section[aria-label="Applied"] a'),
                await applied.getAttribute('section[aria-label="Applied"] a', "href")]));
        await shut(applied);
        const gull = await open_page(`/series/${await id_of("gull: count them")}`);
        const badges = (page) => Promise.all([".headline .badge:first-child", 'section[aria-label="Versions"] .badge'].map(
            (place) => page.locator(place).last().textContent()));
        await check("the row of a series under Versions has its state", async () => same(["applied", "applied"],
            await badges(gull)));
        await check("what was applied as a whole is one row, without empty columns", async () => same(
            [["Part", "By", "Message-ID", "Received"], ["1-4"]],
            [await gull.$$eval('section[aria-label="Applied"] th', (all) => all.map((one) => one.textContent)),
                await gull.$$eval('section[aria-label="Applied"] td[data-head=Part]', (all) =>
                    all.map((one) => one.textContent))]));
        await shut(gull);

        const reroll = (await api("/api/series?state=reroll")).series[0].id, again = await open_page(`/series/${reroll}`);
        await check("a partial re-roll says of which part and version it is one, and nothing is missing", async () =>
            same([["re-roll of part 2 of v2", "v2.1"], ["This is a re-roll of part 2 of v2, which has the other parts: " +
                "v2 anchor: hold fast."], ["2/3"], 0],
            [await again.$$eval(".headline .badge", (all) => all.map((one) => one.textContent)),
                await again.$$eval(".box", (all) => all.map((one) => one.textContent)),
                await again.$$eval(".parts td[data-head=Part]", (all) => all.map((one) => one.textContent)),
                await again.locator(".missing").count()]));
        await check("and stands so among the versions", async () => same(["complete", "partial re-roll"],
            await again.$$eval('section[aria-label="Versions"] .badge', (all) => all.map((one) => one.textContent))));
        await again.click(".box a");
        await again.waitForFunction((old) => !location.pathname.endsWith(old), reroll);
        await settled(again);
        await check("the older version says which part was replaced, and by what", async () => {
            const words = await again.$$eval(".parts tbody tr", (all) => all.map((one) => one.textContent));
            return same([false, true, false], [/Replaced by/.test(words[1]),
                /Replaced by v2\.1 anchor: link 2, before: anchor-2@example\.org/.test(words[2]), /Replaced by/.test(words[3])]);
        });
        await shut(again);

        outage = true;
        const none = await open_page("/series/s1-aaaaaaaaaaaaaaaa");
        await check("an unknown series is not found, and it says what can be done",
            async () => has(`${await none.textContent("main")} ${await none.title()}`, "Unknown series - patchmark",
                "Search by title", "All series"));
        await check("with status 404", async () => same(404,
            (await fetch(`${base}/series/s1-aaaaaaaaaaaaaaaa`)).status));
        outage = false;
        await shut(none);
    },

    // ---- the other views ----------------------------------------------------------------------------------------
    async views() {
        const live = await open_page("/live");
        await check("the feed has a row for a mail with what it did", async () => {
            const row = await live.locator(".live li",
                { hasText: "Re: [PATCH harbour v2 1/3] lantern: turn the wick down" }).allTextContents();
            return has(row.join("\n"), "Reviewed-by: Bob Sample", "fail");
        });
        await check("and the series that misses a part", async () => has(await live.textContent(".live"),
            "missing 2 of 3"));
        const rows = () => live.$$eval(".live .title", (all) => all.map((one) => one.textContent));
        while (await live.locator("button.more:visible").count() > 0) {
            await live.click("button.more");
            await live.waitForFunction(() => !document.querySelector("button.more").disabled);
        }
        const all_rows = await rows();
        await live.route("**/api/events?limit=100", (route) => route.continue({
            url: route.request().url().replace("limit=100", "limit=5") }));
        await live.reload();
        await settled(live);
        const few = (await rows()).length;
        await live.click("button.more");
        await check("older events on demand, to the end", async () => {
            await live.locator(".note", { hasText: "No older events are kept." }).waitFor();
            return same([true, all_rows, 0], [few < 6, await rows(), await live.locator("button.more:visible").count()]);
        });
        await live.selectOption("select[name=type]", "commit.announced");
        await at(live, "?type=commit.announced");
        await check("only what was applied, in the address",
            async () => same(["Re: [PATCH harbour] bell: ring twice in fog", "Re: [PATCH v2 0/4] gull: count them"],
            await live.$$eval(".live .title", (all) => all.map((one) => one.textContent))));
        await live.route("**/api/events?*", async (route) => { // the older one came on another day
            const response = await route.fetch(), json = await response.json();
            json.events[0].time = "2026-03-04T12:00:00Z";
            await route.fulfill({ response, json });
        });
        await live.reload();
        await settled(live);
        await check("a line with the date is before the rows of each day", async () => {
            const lines = await live.$$eval(".live li", (all) => all.map((one) => (one.className === "day" ?
                one.textContent : one.querySelector(".title").textContent.slice(-6))));
            return same([true, "in fog", "Wed 2026-03-04", "t them"],
                [/^\w{3} \d{4}-\d\d-\d\d$/.test(lines[0]), ...lines.slice(1)]);
        });
        await shut(live);

        const activity = await open_page("/activity");
        const wanted = (await api("/api/activity?hours=48")).hours.flatMap((hour) =>
            Object.values(hour.kinds)).reduce((a, b) => a + b, 0);
        await check("activity: a chart, and all mails of the test are in it", async () => {
            const heights = await activity.$$eval(".chart rect",
                (all) => all.map((one) => Number(one.getAttribute("height"))));
            return same([true, true, true], [wanted >= 18, heights.length >= 3 &&
                heights.every((height) => height > 0),
                (await activity.textContent("main")).includes(`${wanted} mails`)]);
        });
        await check("the same numbers as a table", async () => {
            await activity.click("summary");
            return same(wanted, (await activity.$$eval(".numbers tbody tr",
                (rows) => rows.map((row) => Number(row.children[1].textContent)))).reduce((a, b) => a + b, 0));
        });
        await activity.selectOption("select[name=hours]", "24");
        await at(activity, "?hours=24");
        await check("another period is in the address", async () => (await activity.$$(".chart rect")).length > 0);
        for (const hours of [24, 48, 168]) {
            await activity.goto(`${base}/activity?hours=${hours}`);
            await settled(activity);
            await check(`no label of the chart is cut: ${hours} hours`, () => activity.$eval(".chart", (chart) => {
                const { left, right } = chart.getBoundingClientRect(), all = [...chart.querySelectorAll("text")];
                return all.length > 6 && all.map((one) => [one.textContent, one.getBoundingClientRect()])
                    .filter(([, box]) => box.left < left || box.right > right).map(([words]) => words).join() === "";
            }));
        }
        await shut(activity);

        const health = await open_page("/health");
        await check("health: state, outbox, sinks, lost", async () => has(await health.textContent("main"),
            "patchmark runs.", "Lost", "Sinks", "file", "Database schema"));
        await check("what waits for delivery is not what is kept", async () => {
            const { outbox } = await api("/api/health"), facts = Object.fromEntries(await health.$$eval(".pairs > div",
                (all) => all.map((one) => [one.children[0].textContent, one.children[1].textContent])));
            return same(["0 events", true], [facts["Waiting for delivery"],
                facts["Kept in the outbox"].startsWith(`${outbox.events} events, `)]);
        });
        await shut(health);
    },

    // ---- events without reload ----------------------------------------------------------------------------------
    async live() {
        const page = await open_page("/");
        await connected(page);
        await check("a new series is shown within a second", async () => {
            await ask("live_mail 1");
            const start = Date.now();
            await row_of(page, "ferry: live mail 1").waitFor({ timeout: 5 * second });
            const elapsed = Date.now() - start;
            return elapsed < second || `${elapsed} ms`;
        });
        await check("and announced politely", async () => same(["New series: ferry: live mail 1, by Ada Example",
            "polite"],
            [await page.textContent("#announcement"), await page.getAttribute("#announcement", "aria-live")]));
        await check("a review changes its row in place, within a second", async () => {
            const place = await row_of(page, "ferry: live mail 1").boundingBox();
            await ask("live_review 1");
            const start = Date.now();
            await row_of(page, "ferry: live mail 1").locator(".badge",
                { hasText: "1 review" }).waitFor({ timeout: 5 * second });
            const elapsed = Date.now() - start, now = await row_of(page, "ferry: live mail 1").boundingBox();
            return elapsed < second && now.y === place.y || `${elapsed} ms, from ${place.y} to ${now.y}`;
        });
        await page.setViewportSize({ width: 1280, height: 200 });
        await page.evaluate(() => scrollTo(0, 300));
        const top = () => page.$eval(".rows tbody tr:nth-child(8)", (row) => row.getBoundingClientRect().top);
        const before = await top();
        await ask("live_mail 2");
        await check("a reader who has scrolled gets a button, and nothing moves", async () => {
            await page.locator("button.fresh", { hasText: "Show 1 new series" }).waitFor({ timeout: 5 * second });
            return same([before, 0], [await top(), (await titles(page)).filter((title) =>
                title === "ferry: live mail 2").length]);
        });
        await page.click("button.fresh");
        await check("the button shows it at the top", async () => {
            await row_of(page, "ferry: live mail 2").waitFor();
            return same(["ferry: live mail 2", 0], [(await titles(page))[0], await page.evaluate(() => scrollY)]);
        });
        await shut(page);

        const one = await open_page(`/series/${await id_of("ferry: live mail 2")}`);
        await connected(one);
        await check("a review appears on the page of its series, within a second", async () => {
            await ask("live_review 2");
            const start = Date.now();
            await one.locator(".parts .tag", { hasText: "Reviewed-by: Bob Sample" }).waitFor({ timeout: 5 * second });
            const elapsed = Date.now() - start;
            return elapsed < second || `${elapsed} ms`;
        });
        await shut(one);

        outage = true;
        const polling = await open_page("/");
        let streams = 0;
        await polling.route("**/api/events", (route) => { streams++; return route.fulfill({ status: 503, body: "" }); });
        await polling.reload();
        await settled(polling);
        await check("without a stream, because there are too many, new series are shown later", async () => {
            await ask("live_mail 6");
            await row_of(polling, "ferry: live mail 6").waitFor({ timeout: 20 * second });
            return same([true, "not live"], [streams < 6 || streams, await polling.textContent("#connection")]);
        });
        await shut(polling);
        outage = false;

        const feed = await open_page("/live");
        await connected(feed);
        await check("a mail appears in the feed, within a second", async () => {
            await ask("live_mail 3");
            const start = Date.now();
            await feed.locator(".live li", { hasText: "ferry: live mail 3" }).waitFor({ timeout: 5 * second });
            const elapsed = Date.now() - start;
            return elapsed < second || `${elapsed} ms`;
        });
        await shut(feed);
    },

    // ---- without a mouse ----------------------------------------------------------------------------------------
    async keyboard() {
        const page = await open_page("/"), focus = () => page.evaluate(() =>
            document.activeElement.textContent.trim() || document.activeElement.id || document.activeElement.tagName);
        await page.keyboard.press("Tab");
        await check("the first Tab shows a link past the header",
            async () => same(["Skip to the content", true], [await focus(),
            (await page.locator(".skip").boundingBox()).x >= 0]));
        await page.keyboard.press("Enter");
        await check("which leads to the content", async () =>
            same("main", await page.evaluate(() => document.activeElement.id)));
        await page.keyboard.press("/");
        await check("/ leads to the search", async () => same("q",
            await page.evaluate(() => document.activeElement.id)));
        await check("the focus can be seen", async () => same(true,
            await page.$eval("#q", (field) => getComputedStyle(field).outlineStyle !== "none" &&
            parseFloat(getComputedStyle(field).outlineWidth) >= 2)));
        await page.keyboard.press("Escape");
        const all = await titles(page);
        for (const key of ["Enter", "ArrowDown"]) {
            await page.keyboard.press("/");
            await page.keyboard.type("oil");
            await page.keyboard.press(key);
            await at(page, "?q=oil");
            await check(`${key} leads from the search to its first row`, async () => {
                await page.waitForFunction(() => document.activeElement.closest(".rows tbody"));
                return same("lantern: burn less oil", await focus());
            });
            await page.keyboard.press("j");
            await check("and j to the next one", async () => same([1, "oil"], [await page.evaluate(() =>
                [...document.querySelectorAll(".rows tbody tr")].indexOf(document.activeElement.closest("tr"))),
                await page.inputValue("#q")]));
            await page.keyboard.press("/");
            await page.keyboard.press("Escape");
            await at(page, "");
        }
        await page.keyboard.press("j");
        await check("j leads to the first row", async () => same(all[0], await focus()));
        await page.keyboard.press("j");
        await page.keyboard.press("k");
        await page.keyboard.press("j");
        await check("j and k to the next and previous", async () => same(all[1], await focus()));
        await page.keyboard.press("Enter");
        await page.waitForSelector(".one h1");
        await check("Enter opens it, and the heading has the focus",
            async () => same([all[1], "H1"], [await page.textContent("h1"),
            await page.evaluate(() => document.activeElement.tagName)]));
        await page.keyboard.press("u");
        await page.waitForSelector(".rows tbody tr");
        await check("u leads back to the list, and to the row", async () => same(["/", all[1]],
            [new URL(page.url()).pathname, await focus()]));
        await page.keyboard.press("j");
        await page.keyboard.press("Enter");
        await page.waitForSelector(".one h1");
        await page.goBack();
        await page.waitForSelector(".rows tbody tr");
        await check("back leads to the row from which the reader came",
            async () => { await page.waitForTimeout(100); return same(all[2], await focus()); });
        await shut(page);
    },

    // ---- hostile mails ------------------------------------------------------------------------------------------
    async hostile() {
        const page = await open_page("/");
        await check("a script in a title is text", async () =>
            same([true, 0], [(await titles(page)).includes("<script>document.title='owned';globalThis.owned=1</script><img src=x onerror=owned=1>"), await page.locator("main :is(script, img, iframe)").count()]));
        await check("quotes do not end an attribute", async () =>
            same(true, (await titles(page)).includes('"></a><a href="javascript:owned=1">click')));
        await check("characters that turn or hide text are shown",
            async () => same("safe U+202EgnihtemosU+2066 [31mredU+200B end",
            (await titles(page)).find((title) => title.startsWith("safe"))));
        await check("also in a name", async () => has(await page.textContent(".rows"), "Ada U+202Egro.elpmaxe"));
        await check("a title cannot reach out of its row", async () => {
            const heights = await page.$$eval(".rows tbody tr",
                (rows) => rows.map((row) => row.getBoundingClientRect().height));
            const inside = await page.$$eval(".rows .title",
                (all) => all.every((one) => getComputedStyle(one).overflow === "hidden" ||
                getComputedStyle(one).overflowY === "clip"));
            return inside && Math.max(...heights) < 90 || heights;
        });
        for (const q of ["document.title", "safe", "xxxxxxxx", "algo", "click"]) {
            const found = (await api(`/api/series?author=mallory@example.com&limit=50`)).series.find((series) =>
                series.title.includes(q));
            for (const width of [1280, 360]) {
                const one = await open_page(`/series/${found.id}`, { width });
                await check(`its series at ${width}: ${q}`, async () => same([undefined, true, true, 0, 0],
                    await one.evaluate(() => [globalThis.owned, document.title.endsWith("- patchmark"),
                    document.documentElement.scrollWidth <= innerWidth,
                        document.querySelectorAll('main :is(script, img), a[href^="javascript:" i]').length,
                        [...document.querySelectorAll("h1")].filter((one) => one.offsetHeight > 200).length])));
                await shut(one);
            }
        }
        const feed = await open_page("/live");
        await check("the feed", async () => same([undefined, 0],
            await feed.evaluate(() => [globalThis.owned,
            document.querySelectorAll('main :is(script, img), a[href^="javascript:" i]').length])));
        await shut(feed);
        await check("no script of a mail ran", async () => same([undefined, "Series - patchmark"],
            await page.evaluate(() => [globalThis.owned, document.title])));
        await check("an address that is none of the web is no link", async () => {
            const one = await open_page("/");
            await one.route("**/api/series/s1-*", async (route) => {
                const response = await route.fetch(), json = await response.json();
                for (const part of json.parts) part.archive_url = "javascript:owned=1";
                await route.fulfill({ response, json });
            });
            await one.goto(`${base}/series/${await second_version()}`);
            await one.waitForSelector(".parts tbody tr");
            const links = await one.$$eval('a[href^="javascript:" i]', (all) => all.length);
            await shut(one);
            return same(0, links);
        });
        await check("the search for one does not run it either", async () => {
            const sought = await open_page(`/?q=${encodeURIComponent("<img src=x onerror=owned=1>")}&list=${encodeURIComponent("<b>")}&author=${encodeURIComponent("\u202e<i>")}`);
            const result = await sought.evaluate(() => [globalThis.owned,
                document.querySelectorAll("main :is(img, b b, i)").length]);
            await shut(sought);
            return same([undefined, 0], result);
        });
        await shut(page);
    },

    // ---- closed lists -------------------------------------------------------------------------------------------
    async closed() {
        for (const path of ["/", "/?q=secret", "/?q=secret-1@example.org", "/?list=secret.example.org",
            "/?author=ada@example.org", "/live", "/activity", "/health"]) {
            const page = await open_page(path);
            await check(`nothing of a closed list: ${path}`, async () => {
                await page.$$eval(".chips", (all) => all.forEach((one) => one.remove())); // the words of the reader
                const [shown, choices] = await page.evaluate(() => [document.querySelector("main").innerText,
                    [...document.querySelectorAll("select[name=list] option:not(:checked)")].map((one) => one.value)]);
                return same([false, false], [/well: the key|secret-1/.test(shown),
                    choices.some((value) => value.includes("secret"))]);
            });
            await shut(page);
        }
    },

    // ---- colours, widths, accessibility -------------------------------------------------------------------------
    async access() {
        const paths = ["/", "/?waiting=1", "/?q=zzzz", "/?author=ada%40example.org",
            `/series/${await second_version()}`, `/series/${await id_of("bell: ring twice")}`,
            `/series/${(await api("/api/series?author=mallory@example.com")).series.find((series) => series.title.startsWith("xxx")).id}`, "/live", "/activity", "/health"];
        for (const scheme of ["light", "dark"]) for (const width of [1280, 800, 360]) {
            const page = await open_page("/", { width, scheme });
            for (const path of paths) {
                await page.goto(base + path);
                await settled(page);
                await page.$$eval("details", (all) => all.forEach((one) => { one.open = true; }));
                await check(`axe ${scheme} ${width} ${path}`, async () => {
                    await page.evaluate(axe_source);
                    const { violations } = await page.evaluate(() => globalThis.axe.run(document,
                        { resultTypes: ["violations"], rules: { "target-size": { enabled: true } } }));
                    return same([], violations.map((one) =>
                        `${one.id}: ${one.nodes[0].html.slice(0, 120)} ${one.nodes[0].failureSummary.replace(/\s+/g, " ").slice(0, 200)}`));
                });
                await check(`no horizontal scrolling ${scheme} ${width} ${path}`, async () => {
                    const [content, window] = await page.evaluate(() => [document.documentElement.scrollWidth,
                        innerWidth]);
                    return content <= window || `${content} > ${window}`;
                });
            }
            await check(`the colours are ${scheme}`, async () => {
                const [red] = (await page.evaluate(() =>
                    getComputedStyle(document.body).backgroundColor)).match(/\d+/g).map(Number);
                return scheme === "dark" ? red < 60 : red > 200;
            });
            await shut(page);
        }
    },

    // ---- the daemon stops ---------------------------------------------------------------------------------------
    async stopped() {
        const page = await open_page("/");
        await connected(page);
        const before = await titles(page);
        outage = true;
        await ask("milter_stop TERM");
        await check("a banner says that it is stopped, and how old the data is", async () => {
            await page.locator("#banner", { hasText: "stopped" }).waitFor({ timeout: 25 * second });
            return has(await page.textContent("#banner"), "patchmark is stopped", "the newest mail ", "tries again");
        });
        await check("what was shown stays", async () => same(before, await titles(page)));
        const fresh = await open_page("/live");
        await check("a page that is opened now says it, too",
            async () => { await fresh.locator("#banner", { hasText: "stopped" }).waitFor(); });
        await ask("milter_start");
        await check("the banner goes by itself",
            async () => { await page.locator("#banner").waitFor({ state: "hidden", timeout: 15 * second }); });
        await check("and the other page shows its view", async () => {
            await fresh.locator("#banner").waitFor({ state: "hidden", timeout: 15 * second });
            await fresh.locator(".live li").first().waitFor();
        });
        await connected(page);
        await check("new mails appear again", async () => {
            await ask("live_mail 4");
            await row_of(page, "ferry: live mail 4").waitFor({ timeout: 5 * second });
        });
        await ask("web_stop");
        await check("a server that does not answer is said, too",
            async () => { await page.locator("#banner",
            { hasText: "does not answer" }).waitFor({ timeout: 25 * second }); });
        await ask("web_start");
        await check("and the page recovers", async () => { await page.locator("#banner").waitFor({ state: "hidden",
            timeout: 15 * second }); });
        await connected(page);
        await check("with new mails", async () => {
            await ask("live_mail 5");
            await row_of(page, "ferry: live mail 5").waitFor({ timeout: 5 * second });
        });
        outage = false;
        await shut(page);
        await shut(fresh);
    },

    // ---- very many series ---------------------------------------------------------------------------------------
    async large() {
        for (const [path, selector] of [["/", ".rows tbody tr:nth-child(50)"],
            ["/?waiting=1", ".rows tbody tr:nth-child(50)"], ["/?q=harbour+99999", ".rows tbody tr"],
            ["/?author=author7%40example.org", ".rows tbody tr:nth-child(50)"],
            ["/?list=l3.lists.example.org", ".rows tbody tr:nth-child(50)"], ["/?q=lighthouse", ".rows tbody tr"],
                ["/live", "main h1"], ["/activity", ".chart, .note"], ["/health", ".pairs"]]) {
            const page = await open_page(path);
            // A search reads all series; tests/bench/web.c measures how long.
            await check(`very many series: ${path}`, () => page.locator(selector).first().waitFor({timeout: 60000}));
            await shut(page);
        }
        const page = await open_page("/");
        await page.click("button.more");
        await check("older ones on demand, without leaving the place", async () => {
            await page.locator(".rows tbody tr:nth-child(100)").waitFor();
            return same(1, await page.evaluate(() => [...document.querySelectorAll(".rows tbody tr")].filter((row,
                i) => i === 50 && row.contains(document.activeElement)).length));
        });
        await page.locator(".rows tbody tr:nth-child(90) .title").click();
        await page.waitForSelector(".one h1");
        await page.goBack();
        await check("back from a series: the same rows, and the same place", async () => {
            await page.locator(".rows tbody tr:nth-child(100)").waitFor();
            return page.waitForFunction(() => scrollY > 500).then(() => true);
        });
        await shut(page);
    },
};

for (const section of sections) {
    try { await tests[section](); } catch (error) {
        line(`not ${section} could be tested to its end`);
        line(String(error.stack).split("\n").slice(0, 12).map((one) => `# ${one}`).join("\n"));
    }
    await check(`${section}: no error in the console`, async () => same([], errors.splice(0)));
    await check(`${section}: no request to another host`, async () => same([], requests.splice(0)));
}
await browser.close();
process.exit(0);
