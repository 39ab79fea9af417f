/* SPDX-License-Identifier: BSD-2-Clause
 *
 * message.c - see message.h.
 *
 * Owns the collected bytes (scan), the parts (mime) and, in an arena, every string that a function
 * returned.  Values that take time are decoded on first use and kept until the reset.  For this the
 * functions that read change the message although they take it as const; a caller cannot see the
 * change.  Nothing fails, except message_new without memory.
 */
#include "mail/message.h"

#include "mail/address.h"
#include "mail/message-private.h"
#include "util/cleanup.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* ---- life --------------------------------------------------------------------------------- */

void message_library_init(void) {
    mime_library_init();
}

struct patchmark_message *message_new(void) {
    struct patchmark_message *message = calloc(1, sizeof(*message));

    if (!message)
        return NULL;
    message->mime = mime_new();
    if (!message->mime) {
        free(message);
        return NULL;
    }
    message_reset(message);
    return message;
}

void message_reset(struct patchmark_message *message) {
    struct patchmark_message kept = {.scan = message->scan,
                                     .inner = message->inner,
                                     .mime = message->mime,
                                     .arena = message->arena};

    mime_reset(kept.mime); /* before the scans, because parts point into their bytes */
    scan_reset(&kept.scan);
    scan_reset(&kept.inner);
    arena_reset(&kept.arena);
    kept.id = kept.list = kept.from = kept.from_name = "";
    kept.sender = kept.sender_name = kept.via = "";
    *message = kept;
}

void message_free(struct patchmark_message *message) {
    if (!message)
        return;
    mime_free(message->mime);
    scan_free(&message->scan);
    scan_free(&message->inner);
    arena_free(&message->arena);
    free(message);
}

void message_add_header(struct patchmark_message *message, const char *name, const char *value) {
    scan_add_field(&message->scan, (struct patchmark_text){name, strlen(name)},
                   (struct patchmark_text){value, strlen(value)});
}

bool message_add_body(struct patchmark_message *message, const void *data, size_t length) {
    return scan_add_body(&message->scan, data, length);
}

void message_load(struct patchmark_message *message, struct patchmark_text raw) {
    scan_add_mail(&message->scan, raw);
}

void message_set_context(struct patchmark_message *message, const void *context) {
    message->context = context;
}

const void *message_context(const struct patchmark_message *message) {
    return message->context;
}

bool message_truncated(const struct patchmark_message *message) {
    return message->truncated || message->scan.truncated || message->inner.truncated ||
           mime_truncated(message->mime);
}

bool message_malformed(const struct patchmark_message *message) {
    return message->malformed || message->scan.malformed || message->inner.malformed ||
           mime_malformed(message->mime);
}

uint64_t message_size(const struct patchmark_message *message) {
    return message->scan.size;
}

const char *message_keep(const struct patchmark_message *message, const char *text) {
    if (!*text)
        return "";
    return arena_copy(&((struct patchmark_message *)message)->arena, text, strlen(text));
}

/* ---- text --------------------------------------------------------------------------------- */

/* Returns the number of bytes at the start of TEXT that are printable ASCII: of most values, all.
 * Reads eight at a time. */
static size_t printable_run(struct patchmark_text text) {
    static const uint64_t ones = 0x0101010101010101;
    uint64_t word;
    size_t run = 0;

    for (; text.length - run >= sizeof(word); run += sizeof(word)) {
        memcpy(&word, text.data + run, sizeof(word));
        /* The upper bit of a byte becomes 1 below a space, at DEL, and beyond ASCII. */
        if (((word - 0x20 * ones) | (word + ones) | word) & 0x80 * ones)
            break;
    }
    while (run < text.length && (unsigned char)text.data[run] - 0x20U < 0x5F)
        run++;
    return run;
}

/* Unfolds the string TEXT in place: one line, no control bytes except tab, no white space at its
 * end. */
static void text_unfold(char *text, size_t length) {
    char *from = text, *to = text, *end = text + length;

    while (from < end) {
        size_t run = printable_run((struct patchmark_text){from, (size_t)(end - from)});
        bool fold;

        if (run > 0) {
            to = (char *)memmove(to, from, run) + run;
            from += run;
            continue;
        }
        /* A fold, with all white space around it, becomes one space (RFC 5322 2.2.3). */
        fold = *from == '\n' || *from == '\r';
        if (fold) {
            while (to > text && isblank((unsigned char)to[-1]))
                to--;
            while (isspace((unsigned char)from[1]))
                from++;
        }
        *to++ = fold || (iscntrl((unsigned char)*from) && *from != '\t') ? ' ' : *from;
        from++;
    }
    while (to > text && isblank((unsigned char)to[-1]))
        to--;
    *to = '\0';
}

char *message_clean(struct patchmark_message *message, const char *text, size_t length) {
    AUTO(free) char *valid = mime_make_valid((struct patchmark_text){text, length});
    char *copy;

    length = valid ? strlen(valid) : length;
    copy = arena_copy(&message->arena, valid ? valid : text, length);
    text_unfold(copy, length);
    return copy + strspn(copy, " \t");
}

/* Returns true if VALUE is ASCII without encoded words (RFC 2047). */
static bool value_is_plain(struct patchmark_text value) {
    struct patchmark_text rest = value;
    const char *mark;

    while ((rest = patchmark_text_skip(rest, printable_run(rest))).length > 0) {
        if ((unsigned char)rest.data[0] >= 128)
            return false;
        rest = patchmark_text_skip(rest, 1);
    }
    while (value.length > 0 && (mark = memchr(value.data, '=', value.length))) {
        value = patchmark_text_skip(value, (size_t)(mark - value.data) + 1);
        if (value.length > 0 && value.data[0] == '?')
            return false;
    }
    return true;
}

const char *message_decode(struct patchmark_message *message, struct patchmark_text value) {
    AUTO(free) char *words = NULL;

    if (value_is_plain(value))
        return message_clean(message, value.data, value.length);
    words = mime_decode_words(message->mime, value);
    return message_clean(message, words, strlen(words));
}

/* Returns the value of field NUMBER of SCAN, decoded; DECODED has the values of its fields. */
static const char *field_decode(struct patchmark_message *message, const struct scan *scan,
                                const char **decoded, size_t number) {
    if (!decoded[number])
        decoded[number] = message_decode(message, scan_value(scan, &scan->fields[number]));
    return decoded[number];
}

/* Returns the number of field I of SCAN that is called NAME; -1 if there is none. */
static ptrdiff_t field_find(const struct scan *scan, const char *name, size_t i) {
    ptrdiff_t number = scan_find(scan, name, -1);

    while (number >= 0 && i-- > 0)
        number = scan_find(scan, name, number);
    return number;
}

/* Returns true if a field called NAME is read from the mail that a list wrapped.  What servers and
 * list managers add stands in the mail around it. */
static bool field_is_inner(const struct patchmark_message *message, const char *name) {
    static const char *const outer[] = {"List-",       "X-Mailman-",   "X-BeenThere", "Received",
                                        "Return-Path", "Delivered-To", "Archived-At", NULL};

    for (size_t i = 0; message->wrapped && outer[i]; i++)
        if (strncasecmp(name, outer[i], strlen(outer[i])) == 0)
            return false;
    return message->wrapped;
}

size_t patchmark_message_header_count(const struct patchmark_message *message, const char *name) {
    const struct scan *scan;
    size_t count = 0;

    if (!name)
        return 0;
    scan = field_is_inner(message, name) ? &message->inner : &message->scan;
    for (ptrdiff_t number = scan_find(scan, name, -1); number >= 0;
         number = scan_find(scan, name, number))
        count++;
    return count;
}

const char *patchmark_message_header(const struct patchmark_message *message, const char *name,
                                     size_t i) {
    bool is_inner = name && field_is_inner(message, name);
    const struct scan *scan = is_inner ? &message->inner : &message->scan;
    ptrdiff_t number = name ? field_find(scan, name, i) : -1;

    return number < 0
               ? NULL
               : field_decode((struct patchmark_message *)message, scan,
                              is_inner ? message->inner_decoded : message->decoded, (size_t)number);
}

/* ---- ids ---------------------------------------------------------------------------------- */

/* Cuts ID at the limit, between two characters. */
static void id_cut(struct patchmark_message *message, char *id) {
    size_t length = LIMIT_MESSAGE_ID_BYTES;

    if (strlen(id) <= length)
        return;
    while ((id[length] & 0xc0) == 0x80)
        length--;
    id[length] = '\0';
    message->truncated = true;
}

/* Returns the next id in angle brackets in *AT that is not empty, and moves *AT behind it; NULL if
 * there is none.  Removes white space inside, as mail archives do; of "<a<b>", returns "b".  The
 * parser of GMime follows the grammar strictly and loses ids that mail archives recognise. */
static const char *id_next(struct patchmark_message *message, const char **at) {
    const char *open, *close;

    while ((open = strchr(*at, '<')) && (close = strchr(open, '>'))) {
        char *id = arena_copy(&message->arena, open + 1, (size_t)(close - open - 1)), *to = id;

        *at = close + 1;
        for (const char *from = id; *from; from++)
            if (*from == '<')
                to = id;
            else if (*from != ' ' && *from != '\t')
                *to++ = *from;
        *to = '\0';
        id_cut(message, id);
        if (*id)
            return id;
    }
    return NULL;
}

/* Returns the id in Message-ID; "" if there is none.  If it has no angle brackets, the whole value
 * is the id. */
static const char *id_read(struct patchmark_message *message) {
    const char *text = patchmark_message_header(message, "Message-ID", 0);
    const char *id = text ? id_next(message, &text) : "";
    char *rest;

    if (id)
        return id;
    rest = message_clean(message, text, strlen(text));
    rest += strspn(rest, "< \t");
    id_cut(message, rest);
    return rest;
}

/* Adds a further Message-ID of this mail, unless it is known or there are too many. */
static void other_add(struct patchmark_message *message, const char *id) {
    if (!*id || strcmp(id, message->id) == 0 || message->other_count == LIMIT_OTHER_IDS)
        return;
    for (size_t i = 0; i < message->other_count; i++)
        if (strcmp(id, message->others[i]) == 0)
            return;
    message->others[message->other_count++] = id;
}

/* Reads the fields in which servers that replace a Message-ID keep it: Outlook.com and Exchange
 * Online; Gmail, formerly and now; senders and gateways that know of such a server behind them. */
static void others_read(struct patchmark_message *message) {
    static const char *const fields[] = {"X-Microsoft-Original-Message-ID",
                                         "X-Google-Original-Message-ID",
                                         "X-Gmail-Original-Message-ID", "X-Original-Message-ID",
                                         NULL};

    for (size_t i = 0; fields[i]; i++) {
        const char *text, *id;

        for (size_t j = 0;
             j < LIMIT_OTHER_IDS && (text = patchmark_message_header(message, fields[i], j)); j++)
            if ((id = id_next(message, &text)))
                other_add(message, id);
    }
}

/* Adds ID unless it was added before.  Returns false at the limit. */
static bool reference_add(struct patchmark_message *message, const char *id) {
    for (size_t i = 0; i < message->reference_count; i++)
        if (strcmp(message->references[i], id) == 0)
            return true;
    if (message->reference_count == LIMIT_REFERENCES) {
        message->truncated = true;
        return false;
    }
    message->references[message->reference_count++] = id;
    return true;
}

/* Reads the ids of In-Reply-To in their order, then those of each References field from its end. */
static void references_read(struct patchmark_message *message) {
    const char *text = patchmark_message_header(message, "In-Reply-To", 0), *id;

    while (text && (id = id_next(message, &text))) {
        if (!message->in_reply_to)
            message->in_reply_to = id;
        if (!reference_add(message, id))
            return;
    }
    for (size_t i = 0; (text = patchmark_message_header(message, "References", i)); i++) {
        /* A ring buffer keeps the last LIMIT_REFERENCES ids of the field. */
        const char *ring[LIMIT_REFERENCES];
        size_t count = 0;

        while ((id = id_next(message, &text)))
            ring[count++ % LIMIT_REFERENCES] = id;
        if (count > LIMIT_REFERENCES)
            message->truncated = true;
        for (size_t back = 1; back <= count && back <= LIMIT_REFERENCES; back++)
            if (!reference_add(message, ring[(count - back) % LIMIT_REFERENCES]))
                return;
    }
}

/* ---- From, time ---------------------------------------------------------------------------- */

static size_t count_byte(struct patchmark_text text, char byte) {
    size_t count = 0;

    for (size_t i = 0; i < text.length; i++)
        count += text.data[i] == byte;
    return count;
}

struct patchmark_text message_field(const struct patchmark_message *message, const char *name,
                                    size_t i) {
    ptrdiff_t number = field_find(&message->scan, name, i);

    return number < 0 ? (struct patchmark_text){NULL, 0}
                      : scan_value(&message->scan, &message->scan.fields[number]);
}

struct patchmark_text message_shown_field(const struct patchmark_message *message, const char *name,
                                          size_t i) {
    const struct scan *scan = field_is_inner(message, name) ? &message->inner : &message->scan;
    ptrdiff_t number = field_find(scan, name, i);

    return number < 0 ? (struct patchmark_text){NULL, 0} : scan_value(scan, &scan->fields[number]);
}

bool message_addresses_left_out(const struct patchmark_message *message, const char *name) {
    return scan_addresses_left_out(field_is_inner(message, name) ? &message->inner : &message->scan,
                                   name);
}

const char *message_display_name(struct patchmark_message *message, struct patchmark_text name) {
    char *plain = arena_allocate(&message->arena, name.length + 1);

    address_unquote(name, plain);
    return message_decode(message, (struct patchmark_text){plain, strlen(plain)});
}

/* Returns true if ADDRESS, as the parser of GMime read it, is a whole word of VALUE: the parser
 * cuts an address that has bytes which RFC 5322 does not allow. */
static bool address_is_whole(const char *value, const char *address) {
    const char *found = strcasestr(value, address);
    size_t length = strlen(address);

    if (!found || !strchr(address, '@'))
        return false;
    return (found == value || strchr(" \t\n<:,(\"", found[-1])) &&
           (!found[length] || strchr(" \t\n>,;()", found[length]));
}

/* Reads the first mailbox of From.  Parses the raw value, because a decoded name may contain a
 * comma.  Where the parser of GMime fails or cuts the address, reads what a person would. */
static void from_read(struct patchmark_message *message) {
    struct patchmark_text value = message_field(message, "From", 0);
    AUTO(free) char *address = NULL;
    AUTO(free) char *name = NULL;
    struct address found;
    bool fits;

    if (!value.data)
        return;
    value.data = arena_copy(&message->arena, value.data, value.length);
    fits = count_byte(value, ':') <= LIMIT_ADDRESS_COLONS;
    message->truncated |= !fits;
    if (fits && mime_first_mailbox(message->mime, value.data, &address, &name) &&
        address_is_whole(value.data, address)) {
        message->from = message_clean(message, address, strlen(address));
        message->from_name = message_clean(message, name, strlen(name));
    } else if (address_first(&message->arena, value, &found)) {
        message->from = message_clean(message, found.address, strlen(found.address));
        message->from_name = message_display_name(message, found.name);
    }
    message->sender = message->from;
    message->sender_name = message->from_name;
}

static int64_t received_read(struct patchmark_message *message) {
    struct patchmark_text trace = message_field(message, "Received", 0);
    const char *semicolon = trace.data ? memrchr(trace.data, ';', trace.length) : NULL, *date;
    int64_t when = -1;

    if (semicolon) {
        trace = patchmark_text_skip(trace, (size_t)(semicolon - trace.data) + 1);
        when = mime_date(message_decode(message, trace));
    }
    date = when < 0 ? patchmark_message_header(message, "Date", 0) : NULL;
    if (date)
        when = mime_date(date);
    return when < 0 ? 0 : when;
}

size_t patchmark_message_part_count(const struct patchmark_message *message) {
    return mime_part_count(message->mime);
}

bool patchmark_message_part(const struct patchmark_message *message, size_t i,
                            struct patchmark_part *out) {
    size_t size = out->struct_size < sizeof(*out) ? out->struct_size : sizeof(*out);
    const struct scan *scan = message->wrapped ? &message->inner : &message->scan;
    struct patchmark_part part;

    if (i >= mime_part_count(message->mime))
        return false;
    part = mime_part(message->mime, &((struct patchmark_message *)message)->arena, i);
    part.struct_size = out->struct_size;
    part.truncated = scan->truncated && i + 1 == mime_part_count(message->mime);
    memcpy(out, &part, size);
    return true;
}

/* ---- parsing ------------------------------------------------------------------------------ */

/* Checks the fields of SCAN that may be there once (RFC 5322 3.6, RFC 2045 3), and the body for
 * bytes that no mail may have (RFC 5322 2.3). */
static void form_check(struct patchmark_message *message, const struct scan *scan) {
    static const char *const once[] = {"From", "Subject",      "Message-ID",
                                       "Date", "Content-Type", NULL};
    const char *body = scan->entity.data + scan->body_start;
    size_t length = scan->entity.length - scan->body_start;

    for (size_t i = 0; once[i]; i++)
        if (field_find(scan, once[i], 1) >= 0)
            message->malformed = true;
    if (field_find(scan, "From", 0) < 0 || memchr(body, '\0', length) || memchr(body, '\r', length))
        message->malformed = true;
}

/* Parses the MIME entity of SCAN, checks its form, and returns room for its decoded fields. */
static const char **scan_parse(struct patchmark_message *message, const struct scan *scan) {
    const char *data = scan->entity.data;
    size_t size = (scan->field_count + 1) * sizeof(const char *), start = scan->body_start;

    form_check(message, scan);
    mime_parse(message->mime, &message->arena, (struct patchmark_text){data, start},
               (struct patchmark_text){data + start, scan->entity.length - start});
    return memset(arena_allocate(&message->arena, size), 0, size);
}

void message_parse(struct patchmark_message *message, int64_t received) {
    scan_end(&message->scan);
    message->decoded = scan_parse(message, &message->scan);
    message->id = id_read(message);
    from_read(message);
    message->list = message_list_id(message);
    message_unwrap(message);
    if (message->wrapped) {
        message->malformed |= mime_malformed(message->mime);
        message->truncated |= mime_truncated(message->mime);
        mime_reset(message->mime);
        message->inner_decoded = scan_parse(message, &message->inner);
        other_add(message, id_read(message));
    }
    others_read(message);
    references_read(message);
    message->received = received < 0 ? received_read(message) : received;
}

/* ---- plain accessors ---------------------------------------------------------------------- */

const char *patchmark_message_id(const struct patchmark_message *message) {
    return message->id;
}

const char *message_in_reply_to(const struct patchmark_message *message) {
    return message->in_reply_to;
}

size_t patchmark_message_reference_count(const struct patchmark_message *message) {
    return message->reference_count;
}

const char *patchmark_message_reference(const struct patchmark_message *message, size_t i) {
    return i < message->reference_count ? message->references[i] : NULL;
}

bool patchmark_message_is_reply(const struct patchmark_message *message) {
    const char *id = message->wrapped && message->other_count ? message->others[0] : message->id;
    const char *own = strrchr(id, '@'), *other;

    if (message->reference_count != 1 || !own ||
        patchmark_message_header_count(message, "In-Reply-To") > 0)
        return message->reference_count > 0;
    other = strrchr(message->references[0], '@');
    return !other || strcasecmp(own, other) != 0;
}

const char *patchmark_message_sender(const struct patchmark_message *message) {
    return message->sender;
}

const char *patchmark_message_sender_name(const struct patchmark_message *message) {
    return message->sender_name;
}

const char *patchmark_message_sender_via(const struct patchmark_message *message) {
    return message->via;
}

size_t patchmark_message_other_id_count(const struct patchmark_message *message) {
    return message->other_count;
}

const char *patchmark_message_other_id(const struct patchmark_message *message, size_t i) {
    return i < message->other_count ? message->others[i] : NULL;
}

bool message_header_is_full(const struct patchmark_message *message) {
    return message->scan.field_count >= LIMIT_HEADER_FIELDS;
}

void message_use_id(struct patchmark_message *message, const char *id) {
    for (size_t i = 0; i < message->other_count; i++)
        if (strcmp(message->others[i], id) == 0) {
            message->others[i] = message->id;
            message->id = arena_copy(&message->arena, id, strlen(id));
        }
}

const char *patchmark_message_list(const struct patchmark_message *message) {
    return message->list;
}

int64_t patchmark_message_received(const struct patchmark_message *message) {
    return message->received;
}
