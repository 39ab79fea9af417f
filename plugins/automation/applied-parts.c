/* SPDX-License-Identifier: BSD-2-Clause
 *
 * applied-parts.c - which patches of a series a mail says were applied, and as which commits: see
 * applied-parts.h.
 *
 * Items of lists, "[1/5] title" with its commit in a line below, are written as they are found.
 * What the sentences state is collected, because it counts only for patches that no list has.
 */
#include "applied-parts.h"

#include "applied-words.h"
#include "body.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define TITLE_BYTES 512
#define URL_BYTES   256
#define PART_DIGITS 8

/* Lines below an item that are read, as in commits.c: a title may be wrapped before the line of its
 * commit. */
#define ITEM_LINES 2

/* What is known of one patch or commit. */
struct item {
    size_t part, total; /* 0 if it is not known */
    char title[TITLE_BYTES + 1];
    int lines; /* number of next lines that may belong to it; 0 if there is no item */
};

struct finding {
    const struct commits *commits;
    struct patchmark_facts *facts;
    bool robot;
    bool subset;  /* the subject says "(subset)" */
    bool summary; /* the list of patchwork-bot has begun */
    size_t total; /* patches of the series according to the subject or the list; 0 if unknown */
    size_t subject_part, subject_total; /* according to the subject; 0 if unknown */
    struct item item;
    const char *title; /* of the only commit of a robot's mail, from the subject; NULL if unknown */
    size_t log;        /* 1 + the index of the commit whose title a line of a log will state */
    char url[URL_BYTES + 1];   /* the link of LOG; "" if there is none */
    bool written[COMMITS_MAX]; /* the commits that have an item */
    bool listed[PART_MAX + 1]; /* the patches that have an item with a commit */
    bool unmatched;            /* a patch was listed that has no commit, but others have */
    bool has_list;
    struct applied_words words;
    int result;
};

/* ---- writing ------------------------------------------------------------------------------ */

static void item_write(struct finding *finding, size_t part, const char *commit, const char *url,
                       const char *title) {
    char number[PART_DIGITS] = "", text[PART_DIGITS + COMMIT_HEX + URL_BYTES + TITLE_BYTES + 4];

    if (part > 0 && part <= PART_MAX)
        snprintf(number, sizeof(number), "%zu", part);
    snprintf(text, sizeof(text), "%s\t%s\t%s\t%s", number, commit, url, title);
    finding->result |= patchmark_fact_add_string(finding->facts, "applied_parts", text);
}

/* Copies TEXT to TO, which has room for SIZE bytes, behind the first LENGTH ones, as one line
 * without tabs.  Cuts it between two characters. */
static void text_append(char *to, size_t length, size_t size, struct patchmark_text text) {
    if (length > 0 && length + 1 < size)
        to[length++] = ' ';
    for (size_t i = 0; i < text.length; i++) {
        char c = (unsigned char)text.data[i] < ' ' ? ' ' : text.data[i];

        if (length + 1 >= size) {
            while (length > 0 && ((unsigned char)text.data[i] & 0xc0) == 0x80)
                length--, i--;
            break;
        }
        if (c != ' ' || length == 0 || to[length - 1] != ' ')
            to[length++] = c;
    }
    to[length] = '\0';
}

/* Copies RAW, a line that is a link, to URL; "" if it is too long. */
static void url_copy(char url[URL_BYTES + 1], struct patchmark_text raw) {
    url[0] = '\0';
    if (raw.length <= URL_BYTES)
        text_append(url, 0, URL_BYTES + 1, raw);
}

/* Returns the index of the commit that HEX, of LENGTH digits, names or abbreviates; the number of
 * commits if there is none. */
static size_t commit_find(const struct commits *commits, const char *hex, size_t length) {
    size_t i = 0;

    while (i < commits->count && strncmp(commits->hex[i], hex, length) != 0)
        i++;
    return length < 7 ? commits->count : i;
}

static size_t hex_length(const char *text) {
    return strspn(text, "0123456789abcdef");
}

/* ---- lists -------------------------------------------------------------------------------- */

/* Reads PART and TOTAL in the brackets at OPEN, "[1/5]", "[net-next,v3,1/2]". */
static void numbers_read(const char *open, size_t *part, size_t *total) {
    const char *close = strchr(open, ']');

    for (const char *at = open; at < close && (at = strchr(at, '/')) && at < close; at++) {
        const char *start = at;

        while (start > open && isdigit((unsigned char)start[-1]))
            start--;
        if (start < at && isdigit((unsigned char)at[1])) {
            *part = strtoul(start, NULL, 10);
            *total = strtoul(at + 1, NULL, 10);
            return;
        }
    }
}

/* Starts an item with the line RAW.  In the list of patchwork-bot, it may have no numbers:
 * "- [bpf] title". */
static bool item_start(struct finding *finding, struct patchmark_text raw, const char *line) {
    char start[FOLDED_BYTES + 1];
    const char *open = line + (strncmp(line, "- ", 2) == 0 ? 2 : 0), *close;

    if (!commits_is_item(line) && !(finding->summary && open > line))
        return false;
    snprintf(start, sizeof(start), "%.*s", (int)raw.length, raw.data);
    open = start + (open - line);
    close = *open == '[' ? strchr(open, ']') : NULL;
    finding->item = (struct item){.lines = ITEM_LINES};
    if (close)
        numbers_read(open, &finding->item.part, &finding->item.total);
    open = close ? close + 1 : open;
    open += strspn(open, " \t");
    text_append(finding->item.title, 0, sizeof(finding->item.title),
                patchmark_text_skip(raw, (size_t)(open - start)));
    return true;
}

/* Writes the current item with the commit at HEX, which may be "". */
static void item_end(struct finding *finding, const char *hex, const char *url) {
    struct item *item = &finding->item;
    size_t length = hex_length(hex), i = commit_find(finding->commits, hex, length);
    bool is_found = length > 0 && i < finding->commits->count;

    item->lines = 0;
    if (length > 0 && !is_found)
        return;
    finding->has_list = true;
    if (item->total == 1 && finding->subject_total > 1 && finding->subject_part > 0)
        item->part = finding->subject_part; /* the tool knew only one patch of the series */
    else if (item->total > 0 && item->total <= PART_MAX)
        finding->total = item->total;
    if (is_found)
        finding->written[i] = true;
    if (item->part > 0 && item->part <= PART_MAX)
        finding->listed[item->part] = true;
    item_write(finding, item->part, is_found ? finding->commits->hex[i] : "", url, item->title);
}

/* Reads a line below the start of an item: its commit, or more of its title. */
static void item_read(struct finding *finding, struct patchmark_text raw, const char *line) {
    struct item *item = &finding->item;
    const char *hex = commits_link(line);
    char url[URL_BYTES + 1] = "";

    if (hex) {
        url_copy(url, raw);
        item_end(finding, hex, url);
    } else if (strncmp(line, "commit: ", 8) == 0 && hex_length(line + 8) > 0) {
        item_end(finding, line + 8, "");
    } else if (strcmp(line, "(no commit info)") == 0 && finding->commits->count == 0 &&
               !finding->subset) {
        item_end(finding, "", "");
    } else if (strcmp(line, "(no commit info)") == 0 || strcmp(line, "(no matching commit)") == 0) {
        /* b4 and patchwork-bot list the whole series, also patches that were not applied. */
        finding->unmatched = finding->has_list = true;
        item->lines = 0;
    } else if (--item->lines > 0) {
        text_append(item->title, strlen(item->title), sizeof(item->title), raw);
    }
}

/* ---- logs and links ------------------------------------------------------------------------- */

/* Writes the commit whose title was awaited, with TITLE. */
static void log_end(struct finding *finding, const char *title) {
    size_t i = finding->log - 1;

    if (finding->log > 0 && !finding->written[i]) {
        finding->written[i] = true;
        item_write(finding, 0, finding->commits->hex[i], finding->url,
                   finding->title ? finding->title : title);
    }
    finding->log = 0;
    finding->url[0] = '\0';
}

/* Returns the hash in a line of a robot's mail that names a commit; NULL if it is no such line. */
static const char *log_commit(const char *line) {
    static const char *const names[] = {"commit-id: ", "commit: ", "commit ", NULL};

    for (size_t n = 0; names[n]; n++) {
        const char *hex = line + strlen(names[n]);

        if (strncmp(line, names[n], strlen(names[n])) == 0 && hex_length(hex) > 0 &&
            !hex[hex_length(hex)])
            return hex;
    }
    return commits_link(line);
}

/* Returns true if LINE is a field of a log that stands between the commit and its title. */
static bool is_log_field(const char *line) {
    static const char *const fields[] = {"author:",    "authordate:", "commit:", "commitdate:",
                                         "committer:", "date:",       "merge:",  "committerdate:",
                                         "parent:",    NULL};

    for (size_t n = 0; fields[n]; n++)
        if (strncmp(line, fields[n], strlen(fields[n])) == 0)
            return true;
    return false;
}

/* Reads a line of the log that a robot prints: "commit HASH", "Author: ...", the title. */
static void log_read(struct finding *finding, struct patchmark_text raw, const char *line) {
    const char *hex = log_commit(line), *link = NULL;
    size_t i = hex ? commit_find(finding->commits, hex, hex_length(hex)) : finding->commits->count;
    char title[TITLE_BYTES + 1] = "";

    if (i < finding->commits->count) {
        bool is_link = commits_link(line) != NULL, is_same = finding->log == i + 1;

        if (!is_same)
            log_end(finding, "");
        finding->log = finding->written[i] ? 0 : i + 1;
        if (is_link)
            url_copy(finding->url, raw);
        if (is_link && !is_same)
            log_end(finding, ""); /* a link alone, without a log */
    } else if (finding->log > 0 && strncmp(line, "gitweb: ", 8) == 0) {
        link = memmem(raw.data, raw.length, "http", 4);
        if (link)
            url_copy(finding->url, patchmark_text_skip(raw, (size_t)(link - raw.data)));
    } else if (finding->log > 0 && strcmp(line, "changed paths:") == 0) {
        log_end(finding, ""); /* GitHub lists them before the title */
    } else if (finding->log > 0 && !is_log_field(line)) {
        text_append(title, 0, sizeof(title), raw);
        log_end(finding, title);
    }
}

/* Reads one line or sentence: a body_visit. */
static bool unit_read(void *context, enum unit unit, size_t at, struct patchmark_text raw,
                      const struct folded *folded) {
    struct finding *finding = context;

    (void)at;
    if (unit == UNIT_SENTENCE)
        applied_words_read(&finding->words, folded->text, finding->robot);
    else if (item_start(finding, raw, folded->text))
        log_end(finding, "");
    else if (finding->robot && strcmp(folded->text, "here is the summary with links:") == 0)
        finding->summary = true;
    else if (finding->item.lines > 0)
        item_read(finding, raw, folded->text);
    else if (finding->robot)
        log_read(finding, raw, folded->text);
    return false;
}

/* ---- the mail ----------------------------------------------------------------------------- */

/* Returns true if SUBJECT says "(subset)" before its tag, as b4 writes it. */
static bool subject_is_subset(const char *subject) {
    const char *subset = strcasestr(subject, "(subset)"), *tag = strchr(subject, '[');

    return subset && (!tag || subset < tag);
}

/* Sets the title of the commit if a robot's mail is about one only: tip-bot and push hooks have it
 * as their subject, others in quotes in it.  QUOTED has room for it. */
static void title_read(struct finding *finding, const struct patchmark_message *message,
                       const char *subject, char quoted[TITLE_BYTES + 1]) {
    const char *open = strchr(subject, '"'), *close = open ? strrchr(open + 1, '"') : NULL;

    if (!finding->robot || finding->commits->count != 1 ||
        patchmark_fact_bool(finding->facts, "subject.reply"))
        return;
    if (patchmark_message_header(message, "X-Git-Rev", 0) || strncasecmp(subject, "[tip:", 5) == 0)
        finding->title = patchmark_fact_string(finding->facts, "subject.title");
    else if (close) {
        text_append(quoted, 0, TITLE_BYTES + 1,
                    (struct patchmark_text){open + 1, (size_t)(close - open - 1)});
        finding->title = quoted;
    }
}

/* Makes "the series, minus #2" the numbers of all others, if the size of the series is known. */
static void exclusions_apply(struct finding *finding) {
    struct applied_words *words = &finding->words;
    bool excludes = false;

    for (size_t i = 1; i <= finding->total; i++)
        excludes |= words->excluded[i];
    for (size_t i = 1; i <= finding->total && excludes && words->whole; i++)
        words->said[i] |= !words->excluded[i];
}

/* Writes the patches that only the words name.  If it is one, and there is one commit without a
 * number, both belong together: "Patch 2 applied as HASH". */
static void words_write(struct finding *finding) {
    size_t last = finding->total > 0 ? finding->total : PART_MAX, count = 0, open = 0, commit = 0;
    const bool *said = finding->words.said;

    for (size_t i = 1; i <= last; i++)
        count += said[i] && !finding->listed[i];
    for (size_t i = 0; i < finding->commits->count; i++)
        if (!finding->written[i])
            commit = i, open++;
    if (count == 1 && open == 1)
        finding->written[commit] = true;
    for (size_t i = 1; i <= last; i++)
        if (said[i] && !finding->listed[i])
            item_write(finding, i, count == 1 && open == 1 ? finding->commits->hex[commit] : "", "",
                       "");
}

/* Sets the fact `partial` if the mail says whether all patches were applied. */
static void partial_set(struct finding *finding) {
    const struct applied_words *words = &finding->words;
    size_t count = 0, total = finding->total;
    bool is_whole = words->whole || (words->both && (total == 0 || total == 2));
    bool is_set = true, partial = false;

    for (size_t i = 1; i <= total; i++)
        count += finding->listed[i] || words->said[i];
    if (finding->subset || words->subset || finding->unmatched)
        partial = finding->subset || count == 0 || count < total;
    else if (finding->has_list || (count > 0 && !is_whole))
        partial = count < total;
    else
        is_set = is_whole;
    if (finding->has_list && total == 0 && !partial)
        is_set = false; /* a list without numbers */
    if (is_set)
        finding->result |= patchmark_fact_set_bool(finding->facts, "partial", partial);
}

int applied_parts_set(const struct patchmark_message *message, bool robot,
                      const struct commits *commits, struct patchmark_facts *facts) {
    struct finding finding = {.commits = commits, .facts = facts, .robot = robot};
    const char *subject = patchmark_message_header(message, "Subject", 0);
    int64_t total = patchmark_fact_int(facts, "subject.total", 0);
    int64_t part = patchmark_fact_int(facts, "subject.part", 0);
    char quoted[TITLE_BYTES + 1] = "";

    subject = subject ? subject : "";
    finding.subset = subject_is_subset(subject);
    finding.total = total > 0 && total <= PART_MAX ? (size_t)total : 0;
    finding.subject_total = finding.total;
    finding.subject_part = part > 0 && part <= PART_MAX ? (size_t)part : 0;
    title_read(&finding, message, subject, quoted);
    body_walk(message, UNIT_LINE | UNIT_SENTENCE, unit_read, &finding);
    log_end(&finding, "");
    exclusions_apply(&finding);
    words_write(&finding);
    for (size_t i = 0; i < commits->count; i++)
        if (!finding.written[i])
            item_write(&finding, 0, commits->hex[i], "", finding.title ? finding.title : "");
    partial_set(&finding);
    return finding.result;
}
