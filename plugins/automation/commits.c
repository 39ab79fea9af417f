/* SPDX-License-Identifier: BSD-2-Clause
 *
 * commits.c - finds the commits that were made from a patch, and their tree: see commits.h.
 *
 * Commits are taken only from unambiguous forms: "Commit-ID:" of tip-bot, the line below a
 * "[1/2] title" in the thanks of b4 and patchwork-bot, "commit HASH" or a link alone on a line of a
 * robot's mail, the commit that a robot prints, "applied as HASH", and the header fields of push
 * hooks.  Owns nothing between mails and never fails.  Reads the text once.
 */
#include "commits.h"

#include "body.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define HEX_MIN 7 /* digits of the shortest abbreviation that git makes */
#define ITEM_LINES                                                                \
    2 /* lines in which the commit of an item may follow: a long title is wrapped \
       */

struct finding {
    struct commits *commits;
    bool robot;
    bool is_named;  /* the commit was named; hashes alone on a line are now part of its message */
    int item_lines; /* number of next lines that may be the commit of a "[1/2] title" */
};

/* ---- hashes ------------------------------------------------------------------------------- */

static size_t hex_length(const char *text) {
    return strspn(text, "0123456789abcdef");
}

static void commit_add(struct commits *commits, const char *hex, size_t length) {
    if (length < HEX_MIN || length > COMMIT_HEX || commits->count == COMMITS_MAX)
        return;
    if (strspn(hex, "0") >= length)
        return; /* zeros mean "no commit" in git */
    for (size_t i = 0; i < commits->count; i++)
        if (strncmp(commits->hex[i], hex, length) == 0 && !commits->hex[i][length])
            return;
    snprintf(commits->hex[commits->count++], COMMIT_HEX + 1, "%.*s", (int)length, hex);
}

/* Adds TEXT if all of it is a hash.  Returns true if it is. */
static bool commit_add_whole(struct commits *commits, const char *text) {
    size_t length = hex_length(text);

    if (length < HEX_MIN || text[length])
        return false;
    commit_add(commits, text, length);
    return true;
}

/* ---- lines -------------------------------------------------------------------------------- */

/* Returns the rest of LINE after PREFIX; NULL if LINE does not start with PREFIX. */
static const char *rest_after(const char *line, const char *prefix) {
    size_t length = strlen(prefix);

    return strncmp(line, prefix, length) == 0 ? line + length : NULL;
}

const char *commits_link(const char *line) {
    static const char *const marks[] = {"/c/", "/commit/?id=", "/commit/", "a=commit;h=", "/?id="};
    const char *found = NULL;

    if ((!rest_after(line, "https://") && !rest_after(line, "http://")) || strchr(line, ' '))
        return NULL;
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]) && !found; i++) {
        const char *at = strstr(line, marks[i]);

        if (at && !hex_length(at + strlen(marks[i])))
            at = NULL;
        found = at ? at + strlen(marks[i]) : NULL;
    }
    return found;
}

/* Returns true for "From HASH Mon Sep 17 00:00:00 2001", the first line of git format-patch. */
static bool is_patch_start(const char *line) {
    const char *hex = rest_after(line, "from ");

    return hex && hex_length(hex) >= 40 &&
           strcmp(hex + hex_length(hex), " mon sep 17 00:00:00 2001") == 0;
}

bool commits_is_item(const char *line) {
    const char *open = line + (strncmp(line, "- ", 2) == 0 ? 2 : 0);
    const char *close = *open == '[' ? strchr(open, ']') : NULL;
    const char *slash = close ? memchr(open, '/', (size_t)(close - open)) : NULL;

    return slash && isdigit((unsigned char)slash[-1]) && isdigit((unsigned char)slash[1]);
}

/* Adds the commit in a line that contains nothing else.  Returns true if LINE is such a line. */
static bool commit_read(struct finding *finding, const char *line) {
    const char *hex = rest_after(line, "commit: ");

    if (!hex && finding->robot)
        hex = rest_after(line, "commit ");
    if (!hex)
        hex = commits_link(line);
    return hex && commit_add_whole(finding->commits, hex);
}

static void line_scan(struct finding *finding, const char *line) {
    const char *hex = rest_after(line, "commit-id: ");

    if (hex) {
        finding->is_named = commit_add_whole(finding->commits, hex);
    } else if (finding->robot && is_patch_start(line)) {
        commit_add(finding->commits, line + 5, hex_length(line + 5));
        finding->is_named = true;
    } else if (commits_is_item(line)) {
        finding->item_lines = ITEM_LINES;
    } else if (finding->item_lines > 0) {
        finding->item_lines = commit_read(finding, line) ? 0 : finding->item_lines - 1;
    } else if (finding->robot && !finding->is_named) {
        commit_read(finding, line);
    }
}

/* ---- sentences ---------------------------------------------------------------------------- */

static bool is_word_letter(char c) {
    return isalpha((unsigned char)c) || (unsigned char)c >= 128;
}

/* Returns true if the first LENGTH bytes of SENTENCE contain a word such as "applied". */
static bool is_done(const char *sentence, size_t length) {
    static const char *const words[] = {"applied", "pushed", "committed", "merged", "queued"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        const char *at = memmem(sentence, length, words[i], strlen(words[i]));

        if (at && (at == sentence || !is_word_letter(at[-1])))
            return true;
    }
    return false;
}

/* Reads "applied as HASH, thanks".  A hash must contain a letter, because dates do not. */
static void sentence_read(struct finding *finding, const char *sentence) {
    for (const char *at = sentence; (at = strstr(at, " as "));) {
        const char *hex = at + strlen(" as "), *word = rest_after(hex, "commit ");
        size_t length, before = (size_t)(at - sentence);

        hex = word ? word : hex;
        length = hex_length(hex);
        if (length >= HEX_MIN && strcspn(hex, "abcdef") < length &&
            (!hex[length] || strchr(" ,;.)", hex[length])) && is_done(sentence, before) &&
            (before < 4 || strncmp(at - 4, "same", 4) != 0))
            commit_add(finding->commits, hex, length);
        at += strlen(" as ");
    }
}

/* ---- trees -------------------------------------------------------------------------------- */

/* Returns the length of the name of a tree or branch at the start of TEXT. */
static size_t tree_length(const char *text) {
    size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                 "._/+-");

    while (length > 0 && text[length - 1] == '.')
        length--;
    return length;
}

/* Returns true if TEXT can name a tree, unlike "series" in "applied to the series". */
static bool is_tree_name(const char *text, size_t length) {
    static const char *const others[] = {"this",   "it",   "these",   "both",   "all",  "them",
                                         "each",   "that", "patch",   "series", "set",  "tree",
                                         "branch", "my",   "patches", "our",    "your", "stable"};
    bool has_letter = false;

    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        if (strlen(others[i]) == length && strncasecmp(others[i], text, length) == 0)
            return false;
    for (size_t i = 0; i < length; i++)
        has_letter = has_letter || isalpha((unsigned char)text[i]);
    return has_letter && length < TREE_BYTES / 2 - 2;
}

/* Returns true if TEXT, which follows a name, shows that it is the name of a tree. */
static bool is_name_end(const char *text) {
    static const char *const words[] = {" by ",  " as ",    " with ", " thank",
                                        " and ", " which ", " at",    " - "};

    if (!*text || strchr(",.;:!)", *text))
        return true;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strncasecmp(text, words[i], strlen(words[i])) == 0)
            return true;
    return false;
}

/* Reads the tree at TEXT: "NAME", "NAME (BRANCH)" or "the BRANCH branch of NAME".  Returns false if
 * there is none. */
static bool tree_read_name(struct commits *commits, const char *text) {
    static const char *const articles[] = {"the ", "my ", "our "};
    const char *after, *second = NULL;
    size_t length, second_length = 0;

    for (size_t i = 0; i < sizeof(articles) / sizeof(articles[0]); i++)
        text += strncasecmp(text, articles[i], strlen(articles[i])) == 0 ? strlen(articles[i]) : 0;
    length = tree_length(text);
    after = text + length;
    if (!is_tree_name(text, length))
        return false;
    if (strncmp(after, " (", 2) == 0 && (second_length = tree_length(after + 2)) > 0 &&
        after[2 + second_length] == ')') {
        second = after + 2;
        after = second + second_length + 1;
    } else if (strncasecmp(after, " branch of ", 11) == 0 &&
               is_tree_name(after + 11, tree_length(after + 11))) {
        second = text;
        second_length = length;
        text = after + 11;
        length = tree_length(text);
        after = text + length;
    } else if (strncasecmp(after, " branch", 7) == 0) {
        after += 7;
    } else if (strncasecmp(after, " tree", 5) == 0) {
        after += 5;
    }
    if (!is_name_end(after) || (second && !is_tree_name(second, second_length)))
        return false;
    snprintf(commits->tree, sizeof(commits->tree), second ? "%.*s (%.*s)" : "%.*s", (int)length,
             text, (int)second_length, second);
    return true;
}

/* Returns true if the phrase at AT is negated or in the future: "should be applied to stable", "not
 * pushed to master". */
static bool is_denied(const char *sentence, const char *at) {
    static const char *const words[] = {"be ", "not ", "to ", "when ", "if ", "once ", "yet "};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        size_t length = strlen(words[i]);

        if ((size_t)(at - sentence) >= length && strncasecmp(at - length, words[i], length) == 0)
            return true;
    }
    return false;
}

/* Reads the tree after "applied to " and similar phrases, and uses the first one. */
static void tree_read(struct commits *commits, const char *sentence) {
    static const char *const phrases[] = {"applied to ",  "applied on ",   "queued to ",
                                          "pushed to ",   "merged to ",    "merged into ",
                                          "pulled into ", "committed to ", "added to "};

    for (size_t i = 0; i < sizeof(phrases) / sizeof(phrases[0]) && !*commits->tree; i++) {
        const char *at = strcasestr(sentence, phrases[i]);

        if (at && (at == sentence || !is_word_letter(at[-1])) && !is_denied(sentence, at))
            tree_read_name(commits, at + strlen(phrases[i]));
    }
}

/* Reads the tree in "Patch "a title" has been added to the 5.4-stable tree".  The title may contain
 * the phrase too, so the last one is used. */
static void subject_read(struct commits *commits, const char *subject) {
    const char *found = NULL;

    for (const char *at = subject; (at = strcasestr(at, " added to ")); at++)
        found = at;
    if (found)
        tree_read_name(commits, found + strlen(" added to "));
}

/* ---- the mail ----------------------------------------------------------------------------- */

/* Reads one line or sentence: a body_visit. */
static bool unit_read(void *context, enum unit unit, size_t at, struct patchmark_text raw,
                      const struct folded *folded) {
    struct finding *finding = context;
    char sentence[FOLDED_BYTES + 1];

    (void)at;
    if (unit == UNIT_LINE) {
        line_scan(finding, folded->text);
        return false;
    }
    sentence_read(finding, folded->text);
    if (!*finding->commits->tree) {
        snprintf(sentence, sizeof(sentence), "%.*s", (int)raw.length, raw.data);
        tree_read(finding->commits, sentence);
    }
    return false;
}

/* Reads the commit in a header field that a push hook wrote. */
static void header_read(struct commits *commits, const struct patchmark_message *message,
                        const char *name) {
    const char *value = patchmark_message_header(message, name, 0);

    if (value)
        commit_add_whole(commits, value);
}

void commits_find(const struct patchmark_message *message, bool robot, struct commits *commits) {
    struct finding finding = {.commits = commits, .robot = robot};
    const char *subject = patchmark_message_header(message, "Subject", 0);

    commits->count = 0;
    commits->tree[0] = '\0';
    if (robot) {
        header_read(commits, message, "X-Git-Rev");
        finding.is_named = commits->count > 0;
        header_read(commits, message, "X-Git-Newrev");
        subject_read(commits, subject ? subject : "");
    }
    body_walk(message, UNIT_LINE | UNIT_SENTENCE, unit_read, &finding);
}
