/* SPDX-License-Identifier: BSD-2-Clause
 *
 * pull.c - the classifier "pull": what a pull request asks to be pulled.
 *
 * Reads the text that git request-pull writes.  Mailers wrap and pad it, so it is read as words:
 * three phrases, in order, whatever line breaks are between their words.
 *
 *     The following changes since commit BASE: ...
 *     are available in the Git repository at: URL REF        (before 2008: "are found in ...")
 *     for you to fetch changes up to TIP: ...                (since 2011)
 *
 * Only between URL and REF do lines matter: there the text goes on with anything.  Owns nothing
 * between mails and never fails; each word is looked at once.
 */
#include "patchmark-plugin.h"

#include <string.h>
#include <strings.h>

/* ---- words -------------------------------------------------------------------------------- */

struct word {
    struct patchmark_text text;
    size_t line; /* number of its line */
    bool last;   /* nothing but blanks behind it on its line */
    bool broken; /* quoted text lies between the word before and this one */
};

struct words {
    struct patchmark_text rest; /* lines not yet begun */
    struct patchmark_text line; /* what is left of the current one */
    size_t number;
};

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r';
}

static void skip_blanks(struct patchmark_text *text) {
    while (text->length > 0 && is_blank(text->data[0]))
        text->data++, text->length--;
}

/* The next word that is not quoted; false at the end. */
static bool next_word(struct words *words, struct word *word) {
    word->broken = false;
    for (skip_blanks(&words->line); words->line.length == 0; skip_blanks(&words->line)) {
        if (!patchmark_text_line(&words->rest, &words->line))
            return false;
        words->number++;
        skip_blanks(&words->line);
        if (words->line.length > 0 && words->line.data[0] == '>') {
            word->broken = true;
            words->line.length = 0;
        }
    }
    size_t length = 0;
    while (length < words->line.length && !is_blank(words->line.data[length]))
        length++;
    word->text = (struct patchmark_text){words->line.data, length};
    word->line = words->number;
    words->line.data += length, words->line.length -= length;
    skip_blanks(&words->line);
    word->last = words->line.length == 0;
    return true;
}

/* ---- phrases ------------------------------------------------------------------------------ */

/* Words; a '|' parts two that are as good.  None begins again inside itself. */
static const char *const since[] = {"the", "following", "changes", "since", "commit", NULL};
static const char *const available[] = {"are", "available|found", "in",     "the",
                                        "git", "repository",      "at|at:", NULL};
static const char *const up_to[] = {"for", "you", "to", "fetch", "changes", "up", "to", NULL};

static bool fits(struct patchmark_text text, const char *choices) {
    const char *bar = strchr(choices, '|');
    if (bar == NULL)
        return patchmark_text_case_equals(text, choices);
    size_t length = (size_t)(bar - choices);
    return (text.length == length && strncasecmp(text.data, choices, length) == 0) ||
           patchmark_text_case_equals(text, bar + 1);
}

/* Follows PHRASE word by word; *AT says how far it got.  True when WORD ends it. */
static bool follow(const char *const *phrase, size_t *at, const struct word *word) {
    if (word->broken)
        *at = 0;
    if (!fits(word->text, phrase[*at]))
        *at = 0;
    if (fits(word->text, phrase[*at]))
        ++*at;
    if (phrase[*at] != NULL)
        return false;
    *at = 0;
    return true;
}

/* ---- what stands behind the phrases -------------------------------------------------------- */

static bool is_alphanumeric(char c) {
    return patchmark_is_digit(c) || patchmark_is_letter(c);
}

/* An object name, perhaps shortened, without the colon behind it; else length 0. */
static struct patchmark_text object_name(struct patchmark_text text) {
    size_t length = 0;
    while (length < text.length && patchmark_is_hex(text.data[length]))
        length++;
    bool whole = length == text.length ||
                 (length + 1 == text.length && strchr(":.,", text.data[length]) != NULL);
    return whole && length >= 5 && length <= 64 ? (struct patchmark_text){text.data, length}
                                                : (struct patchmark_text){"", 0};
}

/* Length of the run at the start of TEXT of letters, digits and bytes of MORE. */
static size_t span(struct patchmark_text text, const char *more) {
    size_t length = 0;
    while (length < text.length && (is_alphanumeric(text.data[length]) ||
                                    (text.data[length] != '\0' && strchr(more, text.data[length]))))
        length++;
    return length;
}

static bool begins_with(struct patchmark_text text, size_t at, const char *what) {
    size_t length = strlen(what);
    return text.length - at > length && memcmp(text.data + at, what, length) == 0;
}

/* "scheme://...", "user@host:path", "host:/path".  It begins with a letter or digit and holds
 * nothing that a shell or a reader of options would see more in. */
static bool is_url(struct patchmark_text text) {
    if (text.length == 0 || text.length > 1000 || !is_alphanumeric(text.data[0]) ||
        span(text, "-._~:/?#[]@!$&'()*+,;=%") != text.length)
        return false;
    if (begins_with(text, span(text, "+-."), "://"))
        return true;
    size_t user = span(text, "+-._~"), host = user;
    if (!begins_with(text, user, "@"))
        return memchr(text.data, '.', user) != NULL && begins_with(text, user, ":/");
    host++;
    host += span((struct patchmark_text){text.data + host, text.length - host}, "-.");
    return host > user + 1 && begins_with(text, host, ":");
}

/* The URL without the angle brackets that mailers put around one. */
static struct patchmark_text unwrapped(struct patchmark_text text) {
    if (text.length > 2 && text.data[0] == '<' && text.data[text.length - 1] == '>')
        return (struct patchmark_text){text.data + 1, text.length - 2};
    return text;
}

/* What git-check-ref-format(1) allows, and no more than refs have in mails. */
static bool is_ref(struct patchmark_text text) {
    if (text.length == 0 || text.length > 1000 || !is_alphanumeric(text.data[0]) ||
        span(text, "-._/+@#=,%!") != text.length)
        return false;
    for (size_t i = 1; i < text.length; i++)
        if (text.data[i - 1] == '.' && text.data[i] == '.')
            return false;
    return text.data[text.length - 1] != '.' && text.data[text.length - 1] != '/';
}

/* ---- the request -------------------------------------------------------------------------- */

struct request {
    struct patchmark_text base, url, ref, tip; /* length 0: none */
};

/* The ref behind the URL: the next word of its line, or a line of one word right under it.  A
 * backslash at the end of the URL's line says the same.  WORDS is left behind what was taken. */
static struct patchmark_text parse_ref(struct words *words, const struct word *url) {
    struct patchmark_text none = {"", 0};
    struct words ahead = *words;
    struct word word;
    if (!next_word(&ahead, &word))
        return none;
    bool same_line = word.line == url->line;
    if (same_line && patchmark_text_case_equals(word.text, "\\")) {
        if (!next_word(&ahead, &word))
            return none;
        same_line = false;
    }
    bool next_line = word.line == url->line + 1 && word.last;
    if ((!same_line && !next_line) || !is_ref(word.text))
        return none;
    *words = ahead;
    return word.text;
}

/* The word behind a phrase when it is an object name. */
static struct patchmark_text parse_object(struct words *words) {
    struct words ahead = *words;
    struct word word;
    struct patchmark_text name = {"", 0};
    if (next_word(&ahead, &word) && !word.broken)
        name = object_name(word.text);
    if (name.length > 0)
        *words = ahead;
    return name;
}

/* The URL behind "repository at:", the colon perhaps a word of its own; false when none is there.
 */
static bool parse_url(struct words *words, struct request *request) {
    struct words ahead = *words;
    struct word word;
    if (!next_word(&ahead, &word))
        return false;
    if (patchmark_text_case_equals(word.text, ":") && !next_word(&ahead, &word))
        return false;
    size_t length = word.text.length;
    if (length > 1 && word.last && word.text.data[length - 1] == '\\')
        word.text.length--; /* "URL\", the ref on the next line */
    word.text = unwrapped(word.text);
    if (word.broken || !is_url(word.text))
        return false;
    request->url = word.text;
    request->ref = parse_ref(&ahead, &word);
    *words = ahead;
    return true;
}

/* The first request in TEXT; false when there is none. */
static bool find_request(struct patchmark_text text, struct request *request) {
    struct words words = {.rest = text, .line = {"", 0}};
    struct word word;
    size_t at_since = 0, at_available = 0, at_up_to = 0;
    bool begun = false, found = false;
    *request = (struct request){{"", 0}, {"", 0}, {"", 0}, {"", 0}};
    while (next_word(&words, &word)) {
        if (follow(since, &at_since, &word)) {
            if (found)
                break;
            begun = true;
            request->base = parse_object(&words);
        } else if (begun && !found && follow(available, &at_available, &word)) {
            found = parse_url(&words, request);
        } else if (found && follow(up_to, &at_up_to, &word)) {
            request->tip = parse_object(&words);
            break;
        }
    }
    return found;
}

/* True when TEXT has END, which is looked for by its last letter: one that is rare in mail, so that
 * memchr goes over most of it. */
static bool has_end(struct patchmark_text text, const char *end) {
    size_t before = strlen(end) - 1;
    const char *at = text.data, *stop = text.data + text.length;

    for (; (at = memchr(at, end[before], (size_t)(stop - at))); at++)
        if ((size_t)(at - text.data) >= before && memcmp(at - before, end, before) == 0)
            return true;
    return false;
}

/* Nearly all mails are no pull requests, and the words of nearly all need not be looked at. */
static bool may_hold_request(struct patchmark_text text) {
    return has_end(text, "pository") || has_end(text, "POSITORY");
}

/* ---- the plugin --------------------------------------------------------------------------- */

static bool find_in_message(const struct patchmark_message *message, struct request *request) {
    for (size_t i = 0; i < patchmark_message_part_count(message); i++) {
        struct patchmark_part part = {.struct_size = sizeof part};
        if (patchmark_message_part(message, i, &part) && strcmp(part.type, "text/plain") == 0 &&
            may_hold_request(part.text) && find_request(part.text, request))
            return true;
    }
    return false;
}

static void set_text(struct patchmark_facts *facts, const char *key, struct patchmark_text value) {
    if (value.length > 0)
        patchmark_fact_set_text(facts, key, value);
}

static int classify(void *self, const struct patchmark_message *message,
                    struct patchmark_facts *facts) {
    (void)self;
    struct request request;
    bool present =
        !patchmark_fact_bool(facts, "subject.reply") && find_in_message(message, &request);
    patchmark_fact_set_bool(facts, "present", present);
    if (!present)
        return 0;
    set_text(facts, "url", request.url);
    set_text(facts, "ref", request.ref);
    set_text(facts, "base", request.base);
    set_text(facts, "tip", request.tip);
    patchmark_fact_set_bool(facts, "signed",
                            patchmark_text_starts(request.ref, "tags/") ||
                                patchmark_text_starts(request.ref, "refs/tags/"));
    return 0;
}

static const struct patchmark_fact provides[] = {
    {"present", PATCHMARK_BOOL, "the mail is a pull request"},
    {"url", PATCHMARK_STRING, "repository to pull from"},
    {"ref", PATCHMARK_STRING, "branch or \"tags/...\"; not set: the default branch"},
    {"base", PATCHMARK_STRING, "commit that the changes build on"},
    {"tip", PATCHMARK_STRING, "last commit of the changes"},
    {"signed", PATCHMARK_BOOL, "the ref is a tag, as maintainers sign them"},
    {NULL, 0, NULL},
};

static const char *const uses[] = {"subject.reply", NULL};

static struct patchmark_plugin plugin = {
    .kind = PATCHMARK_CLASSIFIER,
    .threads = PATCHMARK_PARALLEL,
    .name = "pull",
    .version = "1",
    .summary = "finds pull requests: repository, ref, base, tip",
    .provides = provides,
    .uses = uses,
    .classify = classify,
};

PATCHMARK_PLUGIN(plugin)
