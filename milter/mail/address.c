/* SPDX-License-Identifier: BSD-2-Clause
 *
 * address.c - see address.h.
 */
#include "mail/address.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* ---- one address -------------------------------------------------------------------------- */

static bool is_space(char byte) {
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

/* Returns true if ADDRESS has text on both sides of its last "@", and the domain begins as one. */
static bool address_is_valid(const char *address) {
    const char *at = strrchr(address, '@');

    return at && at > address &&
           (isalnum((unsigned char)at[1]) || at[1] == '[' || (unsigned char)at[1] >= 128);
}

/* Returns the address in TEXT, what stands in angle brackets or a bare word; NULL if it is none. */
static char *address_read(struct arena *arena, struct patchmark_text text) {
    const char *inner = text.length ? memrchr(text.data, '<', text.length) : NULL;
    char *copy, *to, *colon;

    if (inner) {
        text.length -= (size_t)(inner + 1 - text.data);
        text.data = inner + 1;
    }
    if (text.length == 0 || !memchr(text.data, '@', text.length))
        return NULL;
    copy = to = arena_copy(arena, text.data, text.length);
    for (const char *from = copy; *from; from++)
        if (!is_space(*from))
            *to++ = (char)tolower((unsigned char)*from);
    *to = '\0';
    if (strncmp(copy, "mailto:", 7) == 0)
        copy += 7;
    /* The obsolete route of RFC 5322 4.4: "@a.example,@b.example:user@host". */
    if (*copy == '@' && (colon = strchr(copy, ':')))
        copy = colon + 1;
    for (to = copy; *to; to++)
        if (iscntrl((unsigned char)*to) || *to == '>')
            return NULL;
    return address_is_valid(copy) ? copy : NULL;
}

/* Removes from the bare word WORD what is no part of an address: brackets around it, and
 * punctuation behind it. */
static struct patchmark_text word_trim(struct patchmark_text word) {
    if (word.length > 1 && *word.data == '[' && word.data[word.length - 1] == ']')
        word = (struct patchmark_text){word.data + 1, word.length - 2};
    while (word.length > 0 && strchr(":.>", word.data[word.length - 1]))
        word.length--;
    return word;
}

/* ---- a field ------------------------------------------------------------------------------ */

/* The reader of one mailbox. */
struct reader {
    struct arena *arena;
    const char *start, *at, *end;
    const char *word;               /* the start of the word at AT; NULL between words */
    struct patchmark_text comment;  /* the last comment, without its parentheses */
    struct address angle, bare;     /* what was found; the address is NULL if nothing was */
    bool quotes_open, comment_open; /* the rest has an opening byte without its closing one */
};

/* Returns the end of the quoted string at AT; NULL if it is not closed. */
static const char *quoted_end(const char *at, const char *end) {
    while (++at < end) {
        if (*at == '\\')
            at++;
        else if (*at == '"')
            return at + 1;
    }
    return NULL;
}

/* Returns the end of the comment at AT, which may contain comments; NULL if it is not closed. */
static const char *comment_end(const char *at, const char *end) {
    size_t depth = 0;

    for (; at < end; at++) {
        if (*at == '\\')
            at++;
        else if (*at == '(')
            depth++;
        else if (*at == ')' && --depth == 0)
            return at + 1;
    }
    return NULL;
}

static void word_end(struct reader *reader) {
    struct patchmark_text word;

    if (!reader->word)
        return;
    word = (struct patchmark_text){reader->word, (size_t)(reader->at - reader->word)};
    if (!reader->bare.address && !reader->angle.address) {
        reader->bare.address = address_read(reader->arena, word_trim(word));
        reader->bare.name =
            (struct patchmark_text){reader->start, (size_t)(reader->word - reader->start)};
    }
    reader->word = NULL;
}

static void angle_read(struct reader *reader) {
    const char *open = reader->at;
    const char *close = memchr(open, '>', (size_t)(reader->end - open));
    const char *stop = close ? close : reader->end;
    const char *address =
        address_read(reader->arena, (struct patchmark_text){open + 1, (size_t)(stop - open - 1)});

    if (address)
        reader->angle = (struct address){address, {reader->start, (size_t)(open - reader->start)}};
    reader->at = close ? close + 1 : reader->end;
}

/* Moves behind a quoted string, comment or address in angle brackets.  Returns false if there is
 * none at AT. */
static bool unit_skip(struct reader *reader) {
    const char *stop = NULL;

    if (*reader->at == '<') {
        word_end(reader);
        angle_read(reader);
        return true;
    }
    if (*reader->at == '"' && !reader->quotes_open) {
        stop = quoted_end(reader->at, reader->end);
        reader->quotes_open = !stop;
    } else if (*reader->at == '(' && !reader->comment_open) {
        stop = comment_end(reader->at, reader->end);
        reader->comment_open = !stop;
        if (stop)
            reader->comment =
                (struct patchmark_text){reader->at + 1, (size_t)(stop - reader->at - 2)};
    }
    if (!stop)
        return false;
    word_end(reader);
    reader->at = stop;
    return true;
}

/* Reads up to the comma or semicolon behind an address.  A comma before it belongs to the name. */
static bool mailbox_read(struct reader *reader) {
    while (reader->at < reader->end) {
        char byte = *reader->at;

        if (unit_skip(reader))
            continue;
        if (is_space(byte) || byte == ',' || byte == ';' || byte == '"') {
            word_end(reader);
            if ((byte == ',' || byte == ';') && (reader->angle.address || reader->bare.address))
                break;
        } else if (!reader->word) {
            reader->word = reader->at;
        }
        reader->at++;
    }
    word_end(reader);
    return reader->angle.address || reader->bare.address;
}

bool address_next(struct arena *arena, struct patchmark_text *rest, struct address *found) {
    struct reader reader = {.arena = arena, .at = rest->data, .end = rest->data + rest->length};
    bool is_found;
    const char *next;

    while (reader.at < reader.end && is_space(*reader.at))
        reader.at++;
    reader.start = reader.at;
    is_found = mailbox_read(&reader);
    next = reader.at < reader.end ? reader.at + 1 : reader.end;
    *rest = (struct patchmark_text){next, (size_t)(reader.end - next)};
    if (!is_found)
        return false;
    *found = reader.angle.address ? reader.angle : reader.bare;
    /* "ada@example.org (Ada Example)", and "<ada@example.org> (Ada Example)" */
    if (found->name.length == 0 && reader.comment.data)
        found->name = reader.comment;
    return true;
}

bool address_first(struct arena *arena, struct patchmark_text value, struct address *found) {
    const char *close, *open;

    if (address_next(arena, &(struct patchmark_text){value.data, value.length}, found))
        return true;
    close = value.length ? memrchr(value.data, '>', value.length) : NULL;
    open = close ? memrchr(value.data, '<', (size_t)(close - value.data)) : NULL;
    if (!open)
        return false;
    *found = (struct address){
        address_read(arena, (struct patchmark_text){open + 1, (size_t)(close - open - 1)}),
        {value.data, (size_t)(open - value.data)}};
    return found->address != NULL;
}

void address_unquote(struct patchmark_text name, char *to) {
    for (size_t i = 0; i < name.length; i++) {
        if (name.data[i] == '"')
            continue;
        if (name.data[i] == '\\' && i + 1 < name.length)
            i++;
        *to++ = name.data[i];
    }
    *to = '\0';
}

/* ---- domains ------------------------------------------------------------------------------ */

const char *address_domain(const char *address) {
    const char *at = strrchr(address, '@');

    return at ? at + 1 : "";
}

/* Returns true if unrelated parties register names directly below DOMAIN: one label, or two that
 * are a general word below a country ("co.uk", "com.br"). */
static bool domain_is_public(const char *domain) {
    static const char *const words[] = {"ac",  "co",  "com", "edu", "gob", "gouv", "gov",
                                        "go",  "id",  "ltd", "me",  "mil", "ne",   "net",
                                        "nhs", "nom", "or",  "org", "plc", "sch",  NULL};
    const char *dot = strchr(domain, '.');
    size_t length;

    if (!dot)
        return true;
    if (strchr(dot + 1, '.') || strlen(dot + 1) != 2)
        return false;
    length = (size_t)(dot - domain);
    for (size_t i = 0; words[i]; i++)
        if (strlen(words[i]) == length && strncmp(words[i], domain, length) == 0)
            return true;
    return false;
}

bool address_domains_related(const char *a, const char *b) {
    size_t length_a = strlen(a), length_b = strlen(b);
    const char *below = length_a > length_b ? a : b, *above = length_a > length_b ? b : a;
    size_t more = length_a > length_b ? length_a - length_b : length_b - length_a;

    if (domain_is_public(above) || strcmp(below + more, above) != 0)
        return false;
    return more == 0 || below[more - 1] == '.';
}
