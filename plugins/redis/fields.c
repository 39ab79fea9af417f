/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fields.c - see fields.h.
 *
 * The JSON is our own, but nothing here relies on that: what is not of the kind that is looked for
 * is passed over, and what is no JSON is not read beyond its end.
 *
 * From top to bottom: reading JSON, writing MessagePack, the fields.
 */
#include "fields.h"

#include <stdlib.h>
#include <string.h>

#define BUFFER_FIRST (16 * 1024)
#define BUFFER_KEPT  (1024 * 1024) /* from one call to the next */

/* ---- reading JSON ------------------------------------------------------------------------- */

/* A value: of a string what is between the quotes, escapes and all; else from its first byte to its
 * last.  TYPE is its first byte; 0: not there. */
struct value {
    const char *data;
    size_t length;
    char type;
};

struct cursor {
    const char *at, *end;
};

static void blanks_skip(struct cursor *cursor) {
    while (cursor->at < cursor->end && (*cursor->at == ' ' || *cursor->at == '\t' ||
                                        *cursor->at == '\r' || *cursor->at == '\n'))
        cursor->at++;
}

/* True: the next byte is WANTED, and was taken. */
static bool next_is(struct cursor *cursor, char wanted) {
    blanks_skip(cursor);
    if (cursor->at == cursor->end || *cursor->at != wanted)
        return false;
    cursor->at++;
    return true;
}

static bool string_read(struct cursor *cursor, struct value *value) {
    if (!next_is(cursor, '"'))
        return false;
    const char *start = cursor->at, *from = start, *quote, *before;
    do {
        quote = memchr(from, '"', (size_t)(cursor->end - from));
        if (!quote)
            return false;
        for (before = quote; before > start && before[-1] == '\\';)
            before--;
        from = quote + 1;
    } while ((quote - before) % 2 != 0); /* it is escaped */
    *value = (struct value){start, (size_t)(quote - start), '"'};
    cursor->at = from;
    return true;
}

/* A word, a number, or a sign between values. */
static bool word_skip(struct cursor *cursor) {
    const char *start = cursor->at;

    while (cursor->at < cursor->end && !memchr("{}[]\",: \t\r\n", *cursor->at, 11))
        cursor->at++;
    return cursor->at > start;
}

static bool value_read(struct cursor *cursor, struct value *value) {
    struct value inner;
    size_t depth = 0;

    blanks_skip(cursor);
    if (cursor->at == cursor->end)
        return false;
    if (*cursor->at == '"')
        return string_read(cursor, value);
    *value = (struct value){cursor->at, 0, *cursor->at};
    do {
        char next = cursor->at < cursor->end ? *cursor->at : '\0';
        if (next == '"') {
            if (!string_read(cursor, &inner))
                return false;
        } else if (next == '{' || next == '[') {
            depth++;
            cursor->at++;
        } else if (depth > 0 && (next == '}' || next == ']')) {
            depth--;
            cursor->at++;
        } else if (depth > 0 && next && memchr(",: \t\r\n", next, 6)) {
            cursor->at++;
        } else if (!word_skip(cursor)) {
            return false;
        }
    } while (depth > 0);
    value->length = (size_t)(cursor->at - value->data);
    return true;
}

/* ---- what of it is wanted ----------------------------------------------------------------- */

struct fields {
    struct value time, message_id, list, title, author, tree, members;
    struct value topic, version, part, total, supersedes, how, same_as;
};

/* Where a member of an object goes, or what is wanted of the object that it is. */
struct place {
    const char *name; /* NULL ends them */
    char type;        /* as in struct value; '0': a number without sign */
    size_t offset;
    const struct place *inside;
};

#define FIELD(type, name) #name, type, offsetof(struct fields, name), NULL
static const struct place in_series[] = {{FIELD('"', topic)},      {FIELD('0', version)},
                                         {FIELD('0', part)},       {FIELD('0', total)},
                                         {FIELD('"', supersedes)}, {FIELD('"', how)},
                                         {FIELD('[', same_as)},    {NULL, 0, 0, NULL}};
static const struct place in_list[] = {{"id", '"', offsetof(struct fields, list), NULL},
                                       {NULL, 0, 0, NULL}};
static const struct place in_data[] = {{FIELD('"', message_id)},
                                       {FIELD('"', title)},
                                       {FIELD('"', author)},
                                       {FIELD('[', tree)},
                                       {FIELD('{', members)},
                                       {"have", '{', offsetof(struct fields, members),
                                        NULL}, /* no event has both */
                                       {"list", 0, 0, in_list},
                                       {"series", 0, 0, in_series},
                                       {NULL, 0, 0, NULL}};
static const struct place in_event[] = {{FIELD('"', time)},
                                        {"data", 0, 0, in_data},
                                        {NULL, 0, 0, NULL}};

/* Numbers that are wanted have few digits. */
static bool is_number(const struct value *value) {
    if (value->length > 9)
        return false;
    for (size_t i = 0; i < value->length; i++)
        if (value->data[i] < '0' || value->data[i] > '9')
            return false;
    return value->length > 0;
}

static const struct place *place_find(const struct place *places, const struct value *name) {
    for (; places->name; places++)
        if (strlen(places->name) == name->length &&
            memcmp(places->name, name->data, name->length) == 0)
            return places;
    return NULL;
}

/* Reads an object; it calls itself as deep as PLACES are, however deep the object is. */
static bool object_read(struct cursor *cursor, const struct place *places, struct fields *fields) {
    struct value name, value;

    if (!next_is(cursor, '{'))
        return false;
    if (next_is(cursor, '}'))
        return true;
    do {
        if (!string_read(cursor, &name) || !next_is(cursor, ':'))
            return false;
        const struct place *place = place_find(places, &name);
        blanks_skip(cursor);
        if (place && place->inside && cursor->at < cursor->end && *cursor->at == '{') {
            if (!object_read(cursor, place->inside, fields))
                return false;
            continue;
        }
        if (!value_read(cursor, &value))
            return false;
        if (place && (place->type == '0' ? value.type != '"' && is_number(&value)
                                         : place->type == value.type))
            memcpy((char *)fields + place->offset, &value, sizeof(value));
    } while (next_is(cursor, ','));
    return next_is(cursor, '}');
}

/* ---- the buffer --------------------------------------------------------------------------- */

void buffer_clear(struct buffer *buffer) {
    if (buffer->size > BUFFER_KEPT)
        buffer_free(buffer);
    buffer->length = 0;
    buffer->failed = false;
}

void buffer_free(struct buffer *buffer) {
    free(buffer->data);
    *buffer = (struct buffer){.data = NULL};
}

static void add(struct buffer *buffer, const char *data, size_t length) {
    size_t size = buffer->size ? buffer->size : BUFFER_FIRST;

    if (buffer->failed || length > SIZE_MAX / 4 || buffer->length > SIZE_MAX / 4) {
        buffer->failed = true;
        return;
    }
    while (size - buffer->length < length)
        size *= 2;
    if (size != buffer->size) {
        char *grown = realloc(buffer->data, size);
        if (!grown) {
            buffer->failed = true;
            return;
        }
        buffer->data = grown;
        buffer->size = size;
    }
    if (length > 0)
        memcpy(buffer->data + buffer->length, data, length);
    buffer->length += length;
}

/* ---- writing MessagePack ------------------------------------------------------------------ */

#define NIL    '\xc0'
#define STRING '\xdb' /* that one and the next have four bytes of length, then what is in them */
#define ARRAY  '\xdd'

static void nil_add(struct buffer *buffer) {
    const char nil = NIL;

    add(buffer, &nil, 1);
}

static void head_set(char head[5], char type, size_t length) {
    head[0] = type;
    for (int i = 1; i <= 4; i++)
        head[i] = (char)(length >> (32 - 8 * i) & 0xff);
}

static void text_add(struct buffer *buffer, const char *data, size_t length) {
    char head[5];

    head_set(head, STRING, length);
    add(buffer, head, sizeof(head));
    add(buffer, data, length);
}

/* Begins what has a length that is not known yet; gives where, for end. */
static size_t begin(struct buffer *buffer) {
    add(buffer, "     ", 5);
    return buffer->length;
}

static void end(struct buffer *buffer, size_t start, char type, size_t length) {
    if (!buffer->failed)
        head_set(buffer->data + start - 5, type, length);
}

static void string_end(struct buffer *buffer, size_t start) {
    end(buffer, start, STRING, buffer->length - start);
}

static unsigned hex_read(const char *data, const char *end_of_data) {
    unsigned number = 0;

    for (int i = 0; i < 4; i++) {
        char digit = data + i < end_of_data ? data[i] : '0';
        unsigned value = digit <= '9' ? (unsigned)digit - '0' : ((unsigned)digit | 0x20) - 'a' + 10;
        number = number << 4 | (value & 0xf);
    }
    return number;
}

static void character_add(struct buffer *buffer, unsigned code) {
    char utf8[4];
    size_t length = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const unsigned char first[] = {0, 0, 0xc0, 0xe0, 0xf0};

    for (size_t i = length - 1; i > 0; i--, code >>= 6)
        utf8[i] = (char)(0x80 | (code & 0x3f));
    utf8[0] = (char)(first[length] | code);
    add(buffer, utf8, length);
}

/* What a backslash at FROM stands for; gives what follows. */
static const char *escape_add(struct buffer *buffer, const char *from, const char *end_of_data) {
    static const char letters[] = "bfnrt", bytes[] = "\b\f\n\r\t";
    const char *letter = memchr(letters, from[1], 5);

    if (from[1] != 'u') { /* a quote, a slash or a backslash is itself */
        add(buffer, letter ? bytes + (letter - letters) : from + 1, 1);
        return from + 2;
    }
    unsigned code = hex_read(from + 2, end_of_data);
    from = end_of_data - from < 6 ? end_of_data : from + 6;
    if (code >= 0xd800 && code < 0xdc00 && end_of_data - from >= 6 && memcmp(from, "\\u", 2) == 0) {
        unsigned low = hex_read(from + 2, end_of_data);
        code = 0x10000 + ((code & 0x3ff) << 10 | (low & 0x3ff));
        from += 6;
    }
    character_add(buffer, code);
    return from;
}

/* The characters of a string, that never ends with half an escape. */
static void characters_add(struct buffer *buffer, const struct value *value) {
    const char *from = value->data, *end_of_data = from + value->length, *escape;

    while ((escape = memchr(from, '\\', (size_t)(end_of_data - from)))) {
        add(buffer, from, (size_t)(escape - from));
        from = escape_add(buffer, escape, end_of_data);
    }
    add(buffer, from, (size_t)(end_of_data - from));
}

static void value_add(struct buffer *buffer, const struct value *value) {
    if (!value->type) {
        nil_add(buffer);
        return;
    }
    size_t start = begin(buffer);
    characters_add(buffer, value);
    string_end(buffer, start);
}

/* ---- the fields --------------------------------------------------------------------------- */

/* The field of a hash for a part: nothing is added for what is no number. */
static bool part_add(struct buffer *buffer, const struct value *part) {
    if (!is_number(part))
        return false;
    if (part->length == 1 && *part->data == '0') {
        text_add(buffer, "cover", 5);
        return true;
    }
    size_t start = begin(buffer);
    add(buffer, "part:", 5);
    add(buffer, part->data, part->length);
    string_end(buffer, start);
    return true;
}

/* A list of strings as one, with spaces. */
static void joined_add(struct buffer *buffer, const struct value *array) {
    struct cursor cursor = {array->data, array->data + array->length};
    struct value value;
    size_t start, count = 0;

    if (!array->type || !next_is(&cursor, '[') || next_is(&cursor, ']')) {
        nil_add(buffer);
        return;
    }
    start = begin(buffer);
    do {
        if (!value_read(&cursor, &value))
            break;
        if (value.type != '"')
            continue;
        if (count++ > 0)
            add(buffer, " ", 1);
        characters_add(buffer, &value);
    } while (next_is(&cursor, ','));
    string_end(buffer, start);
}

/* {"1":"a@b"} as {"part:1", "a@b"}. */
static void members_add(struct buffer *buffer, const struct value *object) {
    struct cursor cursor = {object->data, object->data + object->length};
    struct value part, message;
    size_t start, count = 0;

    if (!object->type || !next_is(&cursor, '{') || next_is(&cursor, '}')) {
        nil_add(buffer);
        return;
    }
    start = begin(buffer);
    do {
        if (!string_read(&cursor, &part) || !next_is(&cursor, ':') ||
            !value_read(&cursor, &message))
            break;
        if (message.type == '"' && part_add(buffer, &part)) {
            value_add(buffer, &message);
            count += 2;
        }
    } while (next_is(&cursor, ','));
    end(buffer, start, ARRAY, count);
}

/* Another series that the event names: a word that makes a key of ours, and no other. */
static bool is_other(const struct value *id, const struct patchmark_event *event) {
    for (size_t i = 0; i < id->length; i++) {
        char c = id->data[i], letter = (char)(c | 0x20);
        if (c != '-' && (c < '0' || c > '9') && (letter < 'a' || letter > 'z'))
            return false;
    }
    return id->type == '"' && id->length > 0 &&
           (strlen(event->series) != id->length ||
            memcmp(event->series, id->data, id->length) != 0);
}

static void aliases_add(struct buffer *buffer, const struct value *array,
                        const struct patchmark_event *event) {
    struct cursor cursor = {array->data, array->data + array->length};
    struct value id;
    size_t start, count = 0;

    if (!array->type || !next_is(&cursor, '[') || next_is(&cursor, ']')) {
        nil_add(buffer);
        return;
    }
    start = begin(buffer);
    do {
        if (!value_read(&cursor, &id))
            break;
        if (is_other(&id, event)) {
            value_add(buffer, &id);
            count++;
        }
    } while (next_is(&cursor, ','));
    end(buffer, start, ARRAY, count);
}

static void state_pack(struct buffer *buffer, const struct patchmark_event *event,
                       const struct fields *fields) {
    static const struct value none;
    const char *type = event->type;
    bool incomplete = strcmp(type, "patchmark.series.incomplete.v1") == 0;
    bool completed = strcmp(type, "patchmark.series.completed.v1") == 0;
    bool superseded = strcmp(type, "patchmark.series.superseded.v1") == 0;
    bool aliased = strcmp(type, "patchmark.series.aliased.v1") == 0;
    const char *state = incomplete ? "incomplete" : completed ? "complete" : "open";
    bool older = superseded && is_other(&fields->supersedes, event);

    text_add(buffer, state, strlen(state));
    value_add(buffer, &fields->time);
    value_add(buffer, &fields->part);
    if (!part_add(buffer, &fields->part))
        nil_add(buffer);
    value_add(buffer, &fields->message_id);
    value_add(buffer, &fields->list);
    value_add(buffer, &fields->title);
    value_add(buffer, &fields->author);
    joined_add(buffer, &fields->tree);
    value_add(buffer, &fields->topic);
    value_add(buffer, &fields->version);
    value_add(buffer, &fields->total);
    value_add(buffer, superseded ? &fields->supersedes : &none);
    value_add(buffer, superseded ? &fields->how : &none);
    value_add(buffer, older ? &fields->supersedes : &none);
    members_add(buffer, &fields->members);
    aliases_add(buffer, aliased ? &fields->same_as : &none, event);
}

bool fields_pack(struct buffer *buffer, const struct patchmark_event *event, bool state) {
    struct cursor cursor = {event->json, event->json + event->json_length};
    struct fields fields = {.part = {.type = 0}};
    bool read = !state || object_read(&cursor, in_event, &fields);

    text_add(buffer, event->id, strlen(event->id));
    text_add(buffer, event->type, strlen(event->type));
    text_add(buffer, event->list, strlen(event->list));
    text_add(buffer, event->series, strlen(event->series));
    /* Only a mail with a number is of the series itself, others are answers. */
    if (state && read &&
        (fields.part.type || strcmp(event->type, "patchmark.message.seen.v1") != 0))
        state_pack(buffer, event, &fields);
    return read;
}
