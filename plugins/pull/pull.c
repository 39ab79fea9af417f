/* SPDX-License-Identifier: BSD-2-Clause
 *
 * pull.c - the classifier "pull": finds pull requests, and reads the repository, the ref and the
 * commits that they name.
 *
 * Reads the text that git request-pull(1) writes.  Mail programs wrap and pad this text, so it is
 * read word by word: three phrases in this order, with any line breaks between their words.
 *
 *     The following changes since commit BASE: ...
 *     are available in the Git repository at: URL REF        (before 2008: "are found in ...")
 *     for you to fetch changes up to TIP: ...                (since 2011)
 *
 * Line breaks matter only between URL and REF, because any text may follow a URL without REF.
 * Keeps nothing between mails and cannot fail.  The work is linear in the length of the text.
 */
#include "patchmark-plugin.h"

#include <string.h>
#include <strings.h>

/* ---- words -------------------------------------------------------------------------------- */

struct word {
    struct patchmark_text text;
    size_t line;      /* number of its line */
    bool last;        /* only blanks follow it on its line */
    bool after_quote; /* quoted lines lie between the previous word and this one */
};

struct words {
    struct patchmark_text rest; /* the lines after the current one */
    struct patchmark_text line; /* the unread part of the current line */
    size_t line_number;
};

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r';
}

static void skip_blanks(struct patchmark_text *text) {
    while (text->length > 0 && is_blank(text->data[0]))
        text->data++, text->length--;
}

/* Reads the next word of a line that is not quoted.  Returns false at the end of the text. */
static bool next_word(struct words *words, struct word *word) {
    word->after_quote = false;
    for (skip_blanks(&words->line); words->line.length == 0; skip_blanks(&words->line)) {
        if (!patchmark_text_line(&words->rest, &words->line))
            return false;
        words->line_number++;
        skip_blanks(&words->line);
        if (words->line.length > 0 && words->line.data[0] == '>') {
            word->after_quote = true;
            words->line.length = 0;
        }
    }
    size_t length = 0;
    while (length < words->line.length && !is_blank(words->line.data[length]))
        length++;
    word->text = (struct patchmark_text){words->line.data, length};
    word->line = words->line_number;
    words->line.data += length, words->line.length -= length;
    skip_blanks(&words->line);
    word->last = words->line.length == 0;
    return true;
}

/* ---- phrases ------------------------------------------------------------------------------ */

/* The words of the phrases; '|' separates two alternatives.  In no phrase do the first words occur
 * again further on, so that match_word need not go back after a mismatch. */
static const char *const since[] = {"the", "following", "changes", "since", "commit", NULL};
static const char *const available[] = {"are", "available|found", "in",     "the",
                                        "git", "repository",      "at|at:", NULL};
static const char *const up_to[] = {"for", "you", "to", "fetch", "changes", "up", "to", NULL};

/* Returns true if TEXT is one of the words in ALTERNATIVES, in any case. */
static bool is_phrase_word(struct patchmark_text text, const char *alternatives) {
    const char *bar = strchr(alternatives, '|');
    if (bar == NULL)
        return patchmark_text_case_equals(text, alternatives);
    size_t length = (size_t)(bar - alternatives);
    return (text.length == length && strncasecmp(text.data, alternatives, length) == 0) ||
           patchmark_text_case_equals(text, bar + 1);
}

/* Matches WORD against the next word of PHRASE.  *MATCHED is the number of words of PHRASE that
 * have matched so far.  Returns true if WORD completes PHRASE, and resets *MATCHED. */
static bool match_word(const char *const *phrase, size_t *matched, const struct word *word) {
    if (word->after_quote)
        *matched = 0;
    if (!is_phrase_word(word->text, phrase[*matched]))
        *matched = 0;
    if (is_phrase_word(word->text, phrase[*matched]))
        ++*matched;
    if (phrase[*matched] != NULL)
        return false;
    *matched = 0;
    return true;
}

/* ---- object names, URLs and refs ----------------------------------------------------------- */

static bool is_alphanumeric(char c) {
    return patchmark_is_digit(c) || patchmark_is_letter(c);
}

/* Returns the object name in the word TEXT, which may be abbreviated, without the punctuation after
 * it.  Its length is 0 if TEXT is none. */
static struct patchmark_text object_name(struct patchmark_text text) {
    size_t length = 0;
    while (length < text.length && patchmark_is_hex(text.data[length]))
        length++;
    bool whole = length == text.length ||
                 (length + 1 == text.length && strchr(":.,", text.data[length]) != NULL);
    return whole && length >= 5 && length <= 64 ? (struct patchmark_text){text.data, length}
                                                : (struct patchmark_text){"", 0};
}

/* Returns the number of bytes at the start of TEXT that are letters, digits or bytes of MORE. */
static size_t span(struct patchmark_text text, const char *more) {
    size_t length = 0;
    while (length < text.length && (is_alphanumeric(text.data[length]) ||
                                    (text.data[length] != '\0' && strchr(more, text.data[length]))))
        length++;
    return length;
}

/* Returns true if TEXT has PREFIX at offset AT, and at least one byte after it. */
static bool begins_with(struct patchmark_text text, size_t at, const char *prefix) {
    size_t length = strlen(prefix);
    return text.length - at > length && memcmp(text.data + at, prefix, length) == 0;
}

/* Returns true if TEXT has one of the forms "scheme://...", "user@host:path" and "host:/path".  A
 * text that does not start with a letter or digit, or has quotes, backquotes or backslashes, is no
 * URL, so that no program takes it for an option or for quoting. */
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

/* Returns TEXT without the angle brackets that mail programs put around a URL. */
static struct patchmark_text without_brackets(struct patchmark_text text) {
    if (text.length > 2 && text.data[0] == '<' && text.data[text.length - 1] == '>')
        return (struct patchmark_text){text.data + 1, text.length - 2};
    return text;
}

/* Returns true if TEXT is a ref by git-check-ref-format(1) and has only bytes that occur in refs of
 * real mails. */
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
    struct patchmark_text base, url, ref, tip; /* length 0 if the text does not name it */
};

/* Returns the ref after the URL: the next word of its line, or the only word of the following line.
 * A backslash at the end of the URL's line may announce that following line.  Moves WORDS behind
 * the ref.  Returns a text of length 0, and leaves WORDS unchanged, if there is no ref. */
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

/* Returns the next word if it is an object name, and moves WORDS behind it; else returns a text of
 * length 0 and leaves WORDS unchanged. */
static struct patchmark_text parse_object(struct words *words) {
    struct words ahead = *words;
    struct word word;
    struct patchmark_text name = {"", 0};
    if (next_word(&ahead, &word) && !word.after_quote)
        name = object_name(word.text);
    if (name.length > 0)
        *words = ahead;
    return name;
}

/* Reads the URL, and the ref if there is one, after "repository at:"; the colon may be a word of
 * its own.  Returns false if no URL is there; WORDS is then unchanged. */
static bool parse_url(struct words *words, struct request *request) {
    struct words ahead = *words;
    struct word word;
    if (!next_word(&ahead, &word))
        return false;
    if (patchmark_text_case_equals(word.text, ":") && !next_word(&ahead, &word))
        return false;
    size_t length = word.text.length;
    if (length > 1 && word.last && word.text.data[length - 1] == '\\')
        word.text.length--; /* "URL\" with the ref on the next line */
    word.text = without_brackets(word.text);
    if (word.after_quote || !is_url(word.text))
        return false;
    request->url = word.text;
    request->ref = parse_ref(&ahead, &word);
    *words = ahead;
    return true;
}

/* Reads the first request in TEXT.  Returns false if there is none. */
static bool find_request(struct patchmark_text text, struct request *request) {
    struct words words = {.rest = text, .line = {"", 0}};
    struct word word;
    size_t matched_since = 0, matched_available = 0, matched_up_to = 0;
    bool begun = false, found = false;
    *request = (struct request){{"", 0}, {"", 0}, {"", 0}, {"", 0}};
    while (next_word(&words, &word)) {
        if (match_word(since, &matched_since, &word)) {
            if (found) /* the start of a second request */
                break;
            begun = true;
            request->base = parse_object(&words);
        } else if (begun && !found && match_word(available, &matched_available, &word)) {
            found = parse_url(&words, request);
        } else if (found && match_word(up_to, &matched_up_to, &word)) {
            request->tip = parse_object(&words);
            break;
        }
    }
    return found;
}

/* Returns true if TEXT contains WORD.  Searches for the last letter of WORD, which should be rare
 * in mail, so that memchr skips most of TEXT. */
static bool contains(struct patchmark_text text, const char *word) {
    size_t before = strlen(word) - 1;
    const char *at = text.data, *stop = text.data + text.length;

    for (; (at = memchr(at, word[before], (size_t)(stop - at))); at++)
        if ((size_t)(at - text.data) >= before && memcmp(at - before, word, before) == 0)
            return true;
    return false;
}

/* Returns false if TEXT certainly has no request.  Nearly all mails have none, and find_request
 * need not read their words. */
static bool may_hold_request(struct patchmark_text text) {
    return contains(text, "pository") || contains(text, "POSITORY");
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
    {"url", PATCHMARK_STRING, "the repository to pull from"},
    {"ref", PATCHMARK_STRING, "the branch or \"tags/...\"; not set for the default branch"},
    {"base", PATCHMARK_STRING, "the commit on which the changes are based"},
    {"tip", PATCHMARK_STRING, "the last commit of the changes"},
    {"signed", PATCHMARK_BOOL, "the ref is a tag; maintainers sign tags"},
    {0},
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
