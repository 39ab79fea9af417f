/* SPDX-License-Identifier: BSD-2-Clause
 *
 * trailer.c - reads one trailer, and the person that it names: see trailer.h.
 */
#include "trailer.h"

/* Lines of one value; lists of Cc addresses are the longest. */
#define LINES_MAX 40

#define NAME_BYTES    64
#define ADDRESS_BYTES 320 /* 64 before the '@' and 255 after it, RFC 5321 section 4.5.3.1 */

/* ---- names -------------------------------------------------------------------------------- */

/* Headers of quoted or forwarded mails, and words of signatures: these are not trailers. */
static const char *const never[] = {"from",     "to",     "sent", "subject", "date",
                                    "reply-to", "phone",  "tel",  "mobile",  "fax",
                                    "email",    "e-mail", "mail", "sender",  NULL};

static const char *const known[] = {"cc",        "fixes",    "bug",           "buglink", "bug-link",
                                    "change-id", "resolves", "stable-dep-of", NULL};

static const char *const anywhere[] = {"base-commit",
                                       "change-id",
                                       "prerequisite-patch-id",
                                       "prerequisite-message-id",
                                       "prerequisite-change-id",
                                       "link",
                                       "closes",
                                       "depends-on",
                                       "supersedes",
                                       "obsoletes",
                                       "based-on",
                                       NULL};

bool trailer_is_tag(struct patchmark_text name) {
    return name.length > strlen("-by") && patchmark_text_case_ends(name, "-by");
}

/* Returns true for a name that counts at any place in a patch or cover: base-commit, Link, ... */
static bool is_anywhere(struct patchmark_text name) {
    return patchmark_text_case_is_any(name, anywhere);
}

bool trailer_is_known(struct patchmark_text name) {
    return trailer_is_tag(name) || is_anywhere(name) || patchmark_text_case_is_any(name, known);
}

/* Returns true if one of the words of NAME, which '-' and '_' separate, is one of WORDS. */
static bool has_word(struct patchmark_text name, const char *const *words) {
    while (name.length > 0) {
        size_t length = 0;
        while (length < name.length && name.data[length] != '-' && name.data[length] != '_')
            length++;
        if (patchmark_text_case_is_any((struct patchmark_text){name.data, length}, words))
            return true;
        name = patchmark_text_skip(name, length < name.length ? length + 1 : length);
    }
    return false;
}

static const char *const refusals[] = {"nak", "nack", "naked", "nacked", NULL};

bool trailer_approves(struct patchmark_text name) {
    static const char *const approvals[] = {"reviewed", "acked",     "ack",     "acknowledged",
                                            "tested",   "verified",  "checked", "approved",
                                            "endorsed", "validated", NULL};
    static const char *const negations[] = {"not", "un", "never", NULL};
    return trailer_is_tag(name) && has_word(name, approvals) && !has_word(name, negations) &&
           !has_word(name, refusals);
}

bool trailer_refuses(struct patchmark_text name) {
    return trailer_is_tag(name) && has_word(name, refusals);
}

/* ---- lines -------------------------------------------------------------------------------- */

static bool is_name_byte(char c) {
    return patchmark_is_letter(c) || patchmark_is_digit(c) || c == '-' || c == '_';
}

bool trailer_read(struct patchmark_text line, struct trailer *trailer) {
    struct patchmark_text rest = patchmark_text_trim(line);
    size_t length = 0;
    while (length < rest.length && length <= NAME_BYTES && is_name_byte(rest.data[length]))
        length++;
    if (length == 0 || length > NAME_BYTES || !patchmark_is_letter(rest.data[0]))
        return false;
    struct patchmark_text name = {rest.data, length};
    while (length < rest.length && patchmark_is_blank(rest.data[length]))
        length++;
    if (length == rest.length || rest.data[length] != ':' ||
        patchmark_text_case_is_any(name, never))
        return false;
    rest = patchmark_text_skip(rest, length + 1);
    bool apart = rest.length == 0 || patchmark_is_blank(rest.data[0]);
    if (!apart && (rest.data[0] == '/' || !trailer_is_known(name)))
        return false; /* a URL, a C++ name, a label */
    while (rest.length > 0 && rest.data[0] == ':')
        rest = patchmark_text_skip(rest, 1); /* "Cc:: somebody" */
    *trailer = (struct trailer){.name = name,
                                .value = patchmark_text_trim(rest),
                                .lines = 1,
                                .anywhere = is_anywhere(name)};
    return true;
}

/* Returns true if TEXT has more opening than closing parentheses. */
static bool is_open(struct patchmark_text text) {
    size_t opened = 0, closed = 0;
    for (size_t i = 0; i < text.length; i++) {
        opened += text.data[i] == '(';
        closed += text.data[i] == ')';
    }
    return opened > closed;
}

bool trailer_continues(const struct trailer *trailer, struct patchmark_text line) {
    struct patchmark_text value = trailer->value, next = patchmark_text_trim(line);
    struct trailer other;
    if (trailer->lines >= LINES_MAX || next.length == 0)
        return false;
    if (trailer_is_tag(trailer->name))
        return !patchmark_text_has(value, '@') && patchmark_text_has(next, '@') &&
               (next.data[0] == '<' || (text_indent(line) > 0 && patchmark_text_has(next, '<') &&
                                        !trailer_read(line, &other)));
    if (patchmark_text_case_equals(trailer->name, "fixes"))
        return trailer->lines < 4 && is_open(value) &&
               !(trailer_read(line, &other) && trailer_is_known(other.name));
    return value.length == 0 && patchmark_text_case_starts(next, "http");
}

void trailer_extend(struct trailer *trailer, struct patchmark_text line) {
    struct patchmark_text rest = patchmark_text_trim(line);
    if (trailer->lines >= LINES_MAX)
        return;
    trailer->lines++;
    trailer->value =
        patchmark_text_between(trailer->value.length > 0 ? trailer->value.data : rest.data,
                               text_end(rest));
}

/* ---- values ------------------------------------------------------------------------------- */

/* Returns the length of the blank at the start of TEXT, 0 if there is none.  Control bytes and the
 * no-break space count as blanks. */
static size_t blank_bytes(struct patchmark_text text) {
    if ((unsigned char)text.data[0] <= ' ' || text.data[0] == 0x7F)
        return 1;
    return patchmark_text_case_starts(text, "\u00a0") ? strlen("\u00a0") : 0;
}

size_t trailer_unfold(struct patchmark_text text, char *buffer, size_t size) {
    size_t length = 0, blank;
    while (text.length > 0 && length + 1 < size) {
        blank = blank_bytes(text);
        if (blank == 0)
            buffer[length++] = text.data[0];
        else if (length > 0 && buffer[length - 1] != ' ')
            buffer[length++] = ' ';
        text = patchmark_text_skip(text, blank > 0 ? blank : 1);
    }
    /* If a character was cut, remove all of its bytes. */
    if (text.length > 0 && (text.data[0] & 0xC0) == 0x80)
        while (length > 0 && (buffer[--length] & 0xC0) == 0x80)
            continue;
    while (length > 0 && buffer[length - 1] == ' ')
        length--;
    buffer[length] = '\0';
    return length;
}

/* ---- persons ------------------------------------------------------------------------------ */

static bool is_address(struct patchmark_text text) {
    const char *at = text.length > 0 ? memchr(text.data, '@', text.length) : NULL;
    return at != NULL && at != text.data && at + 1 < text_end(text) &&
           text.length <= ADDRESS_BYTES && !patchmark_text_has(text, '/') &&
           !patchmark_text_has(text, '<');
}

/* Returns the word of TEXT that contains the byte at AT, without punctuation at its ends. */
static struct patchmark_text word_at(struct patchmark_text text, const char *at) {
    const char *start = at, *end = at;
    while (start > text.data && strchr(" \t<>", start[-1]) == NULL)
        start--;
    while (end < text_end(text) && strchr(" \t<>", *end) == NULL)
        end++;
    return patchmark_text_trim_of((struct patchmark_text){start, (size_t)(end - start)},
                                  "()[]{},;:.?!'\"`*");
}

/* Returns the '@' of the first address in angle brackets, or else the first '@': a name may contain
 * one too.  Returns NULL if there is none. */
static const char *find_at(struct patchmark_text value) {
    const char *open = NULL, *first = NULL;
    for (const char *c = value.data; c < text_end(value); c++) {
        if (*c == '<')
            open = c;
        else if (*c == '>' || patchmark_is_blank(*c))
            open = NULL;
        else if (*c == '@' && open != NULL)
            return c;
        else if (*c == '@' && first == NULL)
            first = c;
    }
    return first;
}

bool person_read(struct patchmark_text value, struct person *person) {
    const char *at = find_at(value);
    if (at == NULL)
        return false;
    struct patchmark_text address = word_at(value, at);
    struct patchmark_text before = patchmark_text_between(value.data, address.data);
    struct patchmark_text after = {text_end(address),
                                   (size_t)(text_end(value) - text_end(address))};
    person->address = address;
    person->name = patchmark_text_trim_of(before, " \t<\"'");
    after = patchmark_text_trim_of(after, " \t>");
    if (person->name.length == 0 && after.length > 2 && after.data[0] == '(') {
        const char *close = memchr(after.data, ')', after.length);
        if (close != NULL)
            person->name = patchmark_text_trim(patchmark_text_between(after.data + 1, close));
    }
    return is_address(address);
}

static struct patchmark_text domain_of(struct patchmark_text address) {
    const char *at = memchr(address.data, '@', address.length);
    return patchmark_text_skip(address, (size_t)(at - address.data) + 1);
}

/* Returns the local part of ADDRESS, without "+extension". */
static struct patchmark_text local_of(struct patchmark_text address) {
    struct patchmark_text local =
        patchmark_text_between(address.data, memchr(address.data, '@', address.length));
    const char *plus = memchr(local.data, '+', local.length);
    return plus != NULL && plus != local.data ? patchmark_text_between(local.data, plus) : local;
}

/* Returns true if the domain BELOW is ABOVE with one more label in front. */
static bool is_direct_subdomain(struct patchmark_text below, struct patchmark_text above) {
    const char *dot = below.length > 0 ? memchr(below.data, '.', below.length) : NULL;
    return dot != NULL && dot != below.data && patchmark_text_has(above, '.') &&
           patchmark_text_case_same(patchmark_text_skip(below, (size_t)(dot - below.data) + 1),
                                    above);
}

bool person_is_same(const struct person *a, const struct person *b) {
    if (a->name.length > 0 && patchmark_text_case_same(a->name, b->name))
        return true;
    if (!is_address(a->address) || !is_address(b->address) ||
        !patchmark_text_case_same(local_of(a->address), local_of(b->address)))
        return false;
    struct patchmark_text here = domain_of(a->address), there = domain_of(b->address);
    return patchmark_text_case_same(here, there) || is_direct_subdomain(here, there) ||
           is_direct_subdomain(there, here);
}
