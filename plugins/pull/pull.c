/* SPDX-License-Identifier: BSD-2-Clause
 *
 * pull.c - the classifier "pull": finds pull requests, and reads the repository, the ref and the
 * commits that they name.
 *
 * Reads the text that git request-pull(1) writes, also in other words.  Mail programs wrap and pad
 * this text, so it is read word by word: three phrases in this order, with any line breaks between
 * their words.
 *
 *     The following changes since commit BASE: ...
 *     are available in the Git repository at: URL REF        (or can be found in ..., at: ...)
 *     for you to fetch changes up to TIP: ...                (since 2011)
 *
 * If the subject says that the mail is a pull request, "pull" may stand for the first two:
 *
 *     Please pull the latest git tree from: URL REF          (or git pull URL REF)
 *     # HEAD: TIP ...
 *
 * Line breaks matter only between URL and REF, because any text may follow a URL without REF, and
 * where a phrase begins, which tells it from prose.  Keeps nothing between mails and cannot fail.
 * The work is linear in the length of the text.
 */
#include "patchmark-plugin.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

/* ---- words -------------------------------------------------------------------------------- */

struct word {
    struct patchmark_text text;
    size_t line;      /* number of its line */
    bool first;       /* only blanks precede it on its line */
    bool last;        /* only blanks follow it on its line */
    bool after_quote; /* quoted lines lie between the previous word and this one */
};

struct words {
    struct patchmark_text rest; /* the lines after the current one */
    struct patchmark_text line; /* the unread part of the current line */
    size_t line_number;
};

/* Returns the length of a blank at the start of TEXT, which is not empty: of ASCII, or one of the
 * no-break and wide blanks that mail programs write; 0 if there is none. */
static size_t blank_length(struct patchmark_text text) {
    static const char *const blanks[] = {"\u00a0", "\u2002", "\u2003", "\u2007", "\u2009",
                                         "\u200b", "\u202f", "\u3000", "\ufeff"};

    if (text.data[0] == ' ' || text.data[0] == '\t' || text.data[0] == '\r')
        return 1;
    if ((unsigned char)text.data[0] < 0xC2)
        return 0;
    for (size_t i = 0; i < sizeof blanks / sizeof blanks[0]; i++)
        if (patchmark_text_starts(text, blanks[i]))
            return strlen(blanks[i]);
    return 0;
}

static void skip_blanks(struct patchmark_text *text) {
    size_t length;
    while (text->length > 0 && (length = blank_length(*text)) > 0)
        text->data += length, text->length -= length;
}

/* Reads the next word of a line that is not quoted.  Returns false at the end of the text. */
static bool next_word(struct words *words, struct word *word) {
    word->after_quote = word->first = false;
    for (skip_blanks(&words->line); words->line.length == 0; skip_blanks(&words->line)) {
        if (!patchmark_text_line(&words->rest, &words->line))
            return false;
        words->line_number++;
        word->first = true;
        skip_blanks(&words->line);
        if (words->line.length > 0 && words->line.data[0] == '>') {
            word->after_quote = true;
            words->line.length = 0;
        }
    }
    struct patchmark_text after = words->line;
    while (after.length > 0 && blank_length(after) == 0)
        after.data++, after.length--;
    word->text = (struct patchmark_text){words->line.data, words->line.length - after.length};
    word->line = words->line_number;
    words->line = after;
    skip_blanks(&words->line);
    word->last = words->line.length == 0;
    return true;
}

/* ---- phrases ------------------------------------------------------------------------------ */

/* The words of the phrases.  In no phrase do the first words occur again further on, so that
 * match_word need not go back after a mismatch. */
static const char *const since[] = {"the", "following", "changes", "since", "commit", NULL};
static const char *const up_to[] = {"for", "you", "to", "fetch", "changes", "up", "to", NULL};

/* Words that a phrase before an address begins with, ... */
static const char *const leads[] = {"are", "is", "can", "available", NULL};
static const char *const pulls[] = {"pull", "pull:", "fetch", NULL};
/* ... one of which it has, ... */
static const char *const places[] = {"available", "found",  "fetched",    "pulled",    "located",
                                     "hosted",    "pushed", "accessible", "published", "pull",
                                     "pull:",     "fetch",  NULL};
/* ... and which stand directly before the address, unless that word has a colon at its end. */
static const char *const prepositions[] = {"at", "from", "in", "of", "on", "pull", "fetch", NULL};
#define PHRASE_WORDS 14 /* the longest such phrases of real mails have 10 */

/* Matches WORD against the next word of PHRASE.  *MATCHED is the number of words of PHRASE that
 * have matched so far.  Returns true if WORD completes PHRASE, and resets *MATCHED. */
static bool match_word(const char *const *phrase, size_t *matched, const struct word *word) {
    if (word->after_quote)
        *matched = 0;
    if (!patchmark_text_case_equals(word->text, phrase[*matched]))
        *matched = 0;
    if (patchmark_text_case_equals(word->text, phrase[*matched]))
        ++*matched;
    if (phrase[*matched] != NULL)
        return false;
    *matched = 0;
    return true;
}

/* ---- object names, URLs and refs ----------------------------------------------------------- */

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
    while (length < text.length && (patchmark_is_alphanumeric(text.data[length]) ||
                                    patchmark_is_one_of(text.data[length], more)))
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
    if (text.length == 0 || text.length > 1000 || !patchmark_is_alphanumeric(text.data[0]) ||
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

/* Returns true if TEXT is a ref by git-check-ref-format(1) and has only bytes that occur in refs of
 * real mails. */
static bool is_ref(struct patchmark_text text) {
    if (text.length == 0 || text.length > 1000 || !patchmark_is_alphanumeric(text.data[0]) ||
        span(text, "-._/+@#=,%!") != text.length)
        return false;
    for (size_t i = 1; i < text.length; i++)
        if (text.data[i - 1] == '.' && text.data[i] == '.')
            return false;
    return text.data[text.length - 1] != '.' && text.data[text.length - 1] != '/';
}

/* Returns TEXT without the quotes and brackets around it and the punctuation after it. */
static struct patchmark_text unwrap(struct patchmark_text text) {
    while (text.length > 0 && strchr("<(['\"`", text.data[0]))
        text.data++, text.length--;
    while (text.length > 0 && strchr(">)]'\"`,;:.!", text.data[text.length - 1]))
        text.length--;
    return text;
}

/* ---- the request -------------------------------------------------------------------------- */

#define BUFFER_BYTES 2048 /* an address of at most 1,000 bytes, and the name of a tag */

struct request {
    struct patchmark_text base, url, ref, tip; /* length 0 if the text does not name it */
    char buffer[BUFFER_BYTES];                 /* what had to be put together */
    size_t used;
};

/* Returns the text A followed by B; A if the buffer is full. */
static struct patchmark_text put_together(struct request *request, struct patchmark_text a,
                                          struct patchmark_text b) {
    char *start = request->buffer + request->used;
    if (a.length + b.length > sizeof request->buffer - request->used)
        return a;
    memcpy(start, a.data, a.length);
    memcpy(start + a.length, b.data, b.length);
    request->used += a.length + b.length;
    return (struct patchmark_text){start, a.length + b.length};
}

/* Returns the address in the word TEXT.  Outlook repeats an address in angle brackets, and puts
 * brackets into one that it takes for that of a mailbox. */
static struct patchmark_text clean_url(struct request *request, struct patchmark_text text) {
    const char *open = text.length > 1 ? memchr(text.data + 1, '<', text.length - 1) : NULL, *close;
    if (text.length > 1 && text.data[text.length - 1] == '\\')
        text.length--; /* "URL\" with the ref on the next line */
    if (!open)
        return unwrap(text);
    struct patchmark_text before = {text.data, (size_t)(open - text.data)};
    close = memchr(open, '>', text.length - before.length);
    size_t end = close ? (size_t)(close + 1 - text.data) : text.length;
    struct patchmark_text after = unwrap(patchmark_text_skip(text, end));
    return unwrap(after.length > 0 ? put_together(request, before, after) : before);
}

/* Returns true if WORD repeats the address before it: "URL <URL>". */
static bool is_repeated(struct patchmark_text word) {
    return word.length > 2 && strchr("<[", word.data[0]) && is_url(unwrap(word));
}

/* Returns the ref after the URL: the next word of its line, or the only word of the following line,
 * without "branch" or "tag" before it.  A backslash at the end of the URL's line may announce that
 * following line.  Moves WORDS behind the ref, and sets *LAST if the line ends there.  Returns a
 * text of length 0, and leaves WORDS unchanged, if there is no ref. */
static struct patchmark_text parse_ref(struct words *words, const struct word *url,
                                       struct request *request, bool *last) {
    static const char *const fillers[] = {"\\", "branch", "branch:", "ref",
                                          "-b", "tag",    "tag:",    NULL};
    struct patchmark_text none = {"", 0}, ref;
    struct words ahead = *words;
    bool same_line = true, tag = false;
    struct word word;
    if (!next_word(&ahead, &word))
        return none;
    if (is_repeated(word.text) && word.line == url->line && !next_word(&ahead, &word))
        return none;
    for (bool first = true;
         patchmark_text_case_is_any(unwrap(word.text), fillers) || word.text.data[0] == '\\';) {
        struct words after = ahead;
        struct word next;
        bool backslash = word.text.data[0] == '\\';
        if ((word.last && !backslash) || !first || !next_word(&after, &next))
            break;
        first = backslash;
        tag = patchmark_text_case_equals(unwrap(word.text), "tag");
        same_line = !backslash;
        ahead = after;
        word = next;
    }
    same_line = same_line && word.line == url->line;
    ref = unwrap(word.text);
    if ((!same_line && !(word.line == url->line + 1 && word.last)) || !is_ref(ref))
        return none;
    *words = ahead;
    *last = word.last;
    if (tag && !patchmark_text_has(ref, '/'))
        ref = put_together(request, (struct patchmark_text){"tags/", 5}, ref);
    return ref;
}

/* Returns the next word if it is an object name, and moves WORDS behind it; else returns a text of
 * length 0 and leaves WORDS unchanged. */
static struct patchmark_text parse_object(struct words *words) {
    static const char *const fillers[] = {":", "commit", "commit:", NULL};
    struct words ahead = *words;
    struct word word;
    struct patchmark_text name = {"", 0};
    bool more = next_word(&ahead, &word);
    if (more && !word.after_quote && patchmark_text_case_is_any(word.text, fillers))
        more = next_word(&ahead, &word);
    if (more && !word.after_quote)
        name = object_name(word.text);
    if (name.length > 0)
        *words = ahead;
    return name;
}

/* Reads the object name after "since commit".  Returns false if other words of a sentence follow
 * it; sets *COLON if a colon does. */
static bool parse_base(struct words *words, struct request *request, bool *colon) {
    struct words ahead = *words;
    struct word word;
    if (!next_word(&ahead, &word) || word.after_quote)
        return false;
    request->base = parse_object(words);
    *colon = word.text.data[word.text.length - 1] == ':' ||
             (ahead.line.length > 0 && ahead.line.data[0] == ':');
    return *colon || word.last;
}

/* Appends to the address the next word, if a mail program wrapped the address there.  A ref on a
 * line of its own looks alike: an address ends with ".git", and before a ref not with a slash. */
static void parse_wrapped(struct words *words, struct word *url, struct request *request) {
    struct words ahead = *words;
    struct word word;
    if (!url->last || patchmark_text_ends(request->url, ".git") || !next_word(&ahead, &word) ||
        word.line != url->line + 1 || word.after_quote)
        return;
    struct patchmark_text more = unwrap(word.text);
    bool slash = patchmark_text_ends(request->url, "/");
    if (!patchmark_text_ends(more, ".git") &&
        !(slash && patchmark_text_has(more, '/') && !word.last))
        return;
    struct patchmark_text whole = put_together(request, request->url, more);
    if (!is_url(whole))
        return;
    request->url = whole;
    url->line = word.line;
    url->last = word.last;
    *words = ahead;
}

/* Takes WORD as the URL, and reads the ref if there is one.  COLON is true if a colon stands before
 * the URL; otherwise prose after it shows that it is in a sentence.  Returns false if WORD is no
 * URL. */
static bool parse_url(struct words *words, struct word word, bool colon, struct request *request) {
    struct words ahead = *words;
    struct patchmark_text url = clean_url(request, word.text);
    if (word.after_quote || !is_url(url))
        return false;
    request->url = url;
    parse_wrapped(&ahead, &word, request);
    bool last = word.last;
    request->ref = parse_ref(&ahead, &word, request, &last);
    if (!colon && !last)
        return false;
    *words = ahead;
    return true;
}

/* The phrase before the address. */
struct phrase {
    size_t words;     /* number of words that were read; 0 before it begins */
    bool place;       /* it has one of the words in `places` */
    bool preposition; /* its last word may stand before an address */
    bool colon;       /* ... and ends with a colon */
};

/* Adds WORD, which is no address, to PHRASE, or begins a phrase with it.  SENTENCE is true if a
 * phrase may begin inside of a line; ASKED, if it may begin with "pull". */
static void phrase_add(struct phrase *phrase, const struct word *word, bool sentence, bool asked) {
    char end = word->text.data[word->text.length - 1];
    bool begins = (patchmark_text_case_is_any(word->text, leads) && (sentence || word->first)) ||
                  (asked && patchmark_text_case_is_any(word->text, pulls));
    bool ends = end == '!' || end == '?' || (end == '.' && word->text.length > 1);
    if (word->after_quote || ends || phrase->words == PHRASE_WORDS)
        *phrase = (struct phrase){0};
    if (ends || (phrase->words == 0 && !begins))
        return;
    phrase->words++;
    phrase->place |= patchmark_text_case_is_any(word->text, places);
    phrase->colon = end == ':';
    phrase->preposition = phrase->colon || patchmark_text_case_is_any(word->text, prepositions);
}

/* Reads the first request in TEXT.  ASKED is true if the subject says that the mail is a pull
 * request; the words of the text may then be others.  Returns false if there is none. */
static bool find_request(struct patchmark_text text, bool asked, struct request *request) {
    struct words words = {.rest = text, .line = {"", 0}};
    struct word word;
    struct phrase phrase = {0};
    size_t matched_since = 0, matched_up_to = 0;
    bool begun = false, colon = false, found = false;
    memset(request, 0, offsetof(struct request, buffer));
    request->used = 0;
    while (next_word(&words, &word)) {
        if (match_word(since, &matched_since, &word)) {
            if (found) /* the start of a second request */
                break;
            begun = parse_base(&words, request, &colon);
            phrase = (struct phrase){0};
        } else if (found && match_word(up_to, &matched_up_to, &word)) {
            request->tip = parse_object(&words);
            break;
        } else if (found && patchmark_text_equals(word.text, "HEAD:")) {
            request->tip = parse_object(&words);
        } else if (!found && (begun || asked)) {
            found = phrase.place && phrase.preposition && !word.after_quote &&
                    parse_url(&words, word, phrase.colon, request);
            if (!found)
                phrase_add(&phrase, &word, colon || asked, asked);
        }
    }
    if (!found)
        request->url.length = 0;
    return found;
}

/* Returns the length of the blank or line end at the start of TEXT; 0 if there is none. */
static size_t gap_length(struct patchmark_text text) {
    if (patchmark_text_starts(text, "\r\n"))
        return 2;
    return patchmark_text_starts(text, " ") || patchmark_text_starts(text, "\n");
}

/* Returns true if TEXT contains FIRST, "ollowing" in either case, a blank or line end, and SECOND.
 * Looks for the W, which is rare. */
static bool contains(struct patchmark_text text, const char *first, const char *second) {
    const char *start = text.data, *end = text.data + text.length, *at;
    size_t before = strlen("ollo");
    for (; (at = memchr(start, first[before], (size_t)(end - start))); start = at + 1) {
        size_t offset = (size_t)(at - text.data);
        if (offset < before)
            continue;
        struct patchmark_text rest = patchmark_text_skip(text, offset - before);
        if (!patchmark_text_starts(rest, first))
            continue;
        rest = patchmark_text_skip(rest, strlen(first));
        size_t gap = gap_length(rest);
        if (gap > 0 && patchmark_text_starts(patchmark_text_skip(rest, gap), second))
            return true;
    }
    return false;
}

/* Returns false if TEXT certainly has no request.  Nearly all mails have none, and find_request
 * need not read their words. */
static bool may_hold_request(struct patchmark_text text) {
    return contains(text, "ollowing", "changes") || contains(text, "OLLOWING", "CHANGES");
}

/* ---- the plugin --------------------------------------------------------------------------- */

/* Returns true if the subject says that the mail is a pull request, and it is not a patch of one.
 */
static bool is_asked(const struct patchmark_facts *facts) {
    return patchmark_fact_bool(facts, "subject.pull") &&
           patchmark_fact_int(facts, "subject.part", 0) == 0;
}

static bool find_in_message(const struct patchmark_message *message, bool asked,
                            struct request *request) {
    for (size_t i = 0; i < patchmark_message_part_count(message); i++) {
        struct patchmark_part part = {.struct_size = sizeof part};
        if (patchmark_message_part(message, i, &part) && strcmp(part.type, "text/plain") == 0 &&
            (asked || may_hold_request(part.text)) && find_request(part.text, asked, request))
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
    bool present = !patchmark_fact_bool(facts, "subject.reply") &&
                   find_in_message(message, is_asked(facts), &request);
    patchmark_fact_set_bool(facts, "present", present);
    if (!present)
        return 0;
    patchmark_explain(facts, "pull", "its text asks to pull from %.*s", (int)request.url.length,
                      request.url.data);
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
    {"present", PATCHMARK_BOOL, "the mail is a pull request", "true"},
    {"url", PATCHMARK_STRING, "the repository to pull from", "https://git.example.org/linux.git"},
    {"ref", PATCHMARK_STRING, "the branch or \"tags/...\"; not set for the default branch",
     "tags/for-linus"},
    {"base", PATCHMARK_STRING, "the commit on which the changes are based",
     "9123e3a74ec7b934a4a099e98af6a61c2f80bbf5"},
    {"tip", PATCHMARK_STRING, "the last commit of the changes",
     "2324d50d051ec0f14a548e78554fb02513d6dcef"},
    {"signed", PATCHMARK_BOOL, "the ref is a tag; maintainers sign tags", "true"},
    {0},
};

static const char *const uses[] = {"subject.reply", "subject.pull", "subject.part", NULL};

static struct patchmark_plugin plugin = {
    .traits = PATCHMARK_PARALLEL,
    .name = "pull",
    .version = "1",
    .summary = "finds pull requests: repository, ref, base, tip",
    .provides = provides,
    .uses = uses,
    .classify = classify,
};

PATCHMARK_PLUGIN(plugin)
