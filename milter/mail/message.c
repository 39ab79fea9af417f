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
                                     .mime = message->mime,
                                     .arena = message->arena};

    mime_reset(kept.mime); /* before the scan, because parts point into its bytes */
    scan_reset(&kept.scan);
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
    return message->truncated || message->scan.truncated || mime_truncated(message->mime);
}

bool message_malformed(const struct patchmark_message *message) {
    return message->malformed || message->scan.malformed || mime_malformed(message->mime);
}

uint64_t message_size(const struct patchmark_message *message) {
    return message->scan.size;
}

const char *message_keep(const struct patchmark_message *message, const char *text) {
    return arena_copy(&((struct patchmark_message *)message)->arena, text, strlen(text));
}

/* ---- text --------------------------------------------------------------------------------- */

char *message_clean(struct patchmark_message *message, const char *text, size_t length) {
    AUTO(free) char *valid = mime_make_valid((struct patchmark_text){text, length});
    char *copy = valid ? arena_copy(&message->arena, valid, strlen(valid))
                       : arena_copy(&message->arena, text, length);
    char *to = copy;

    for (const char *from = copy; *from; from++) {
        bool fold = *from == '\n' || *from == '\r';

        if ((unsigned char)*from >= ' ' && *from != '\177') { /* nearly all bytes */
            *to++ = *from;
            continue;
        }
        /* A fold, with all white space around it, becomes one space (RFC 5322 2.2.3). */
        if (fold) {
            while (to > copy && isblank((unsigned char)to[-1]))
                to--;
            while (isspace((unsigned char)from[1]))
                from++;
        }
        *to++ = fold || (iscntrl((unsigned char)*from) && *from != '\t') ? ' ' : *from;
    }
    while (to > copy && isblank((unsigned char)to[-1]))
        to--;
    *to = '\0';
    return copy + strspn(copy, " \t");
}

/* Returns true if VALUE is ASCII without encoded words (RFC 2047). */
static bool value_is_plain(struct patchmark_text value) {
    for (size_t i = 0; i < value.length; i++)
        if ((unsigned char)value.data[i] >= 128 ||
            (value.data[i] == '=' && i + 1 < value.length && value.data[i + 1] == '?'))
            return false;
    return true;
}

static const char *field_decode(struct patchmark_message *message, size_t number) {
    struct patchmark_text value = scan_value(&message->scan, &message->scan.fields[number]);

    if (!message->decoded[number] && value_is_plain(value)) {
        message->decoded[number] = message_clean(message, value.data, value.length);
    } else if (!message->decoded[number]) {
        AUTO(free) char *decoded = mime_decode_words(message->mime, value);

        message->decoded[number] = message_clean(message, decoded, strlen(decoded));
    }
    return message->decoded[number];
}

/* Returns the number of field I that is called NAME; -1 if there is none. */
static ptrdiff_t field_find(const struct patchmark_message *message, const char *name, size_t i) {
    ptrdiff_t number = scan_find(&message->scan, name, -1);

    while (number >= 0 && i-- > 0)
        number = scan_find(&message->scan, name, number);
    return number;
}

size_t patchmark_message_header_count(const struct patchmark_message *message, const char *name) {
    size_t count = 0;

    for (ptrdiff_t number = scan_find(&message->scan, name, -1); number >= 0;
         number = scan_find(&message->scan, name, number))
        count++;
    return count;
}

const char *patchmark_message_header(const struct patchmark_message *message, const char *name,
                                     size_t i) {
    ptrdiff_t number = field_find(message, name, i);

    return number < 0 ? NULL : field_decode((struct patchmark_message *)message, (size_t)number);
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

/* Reads Message-ID.  If it has no angle brackets, the whole value is the id. */
static void id_read(struct patchmark_message *message) {
    const char *text = patchmark_message_header(message, "Message-ID", 0);
    const char *id = text ? id_next(message, &text) : "";

    if (!id) {
        char *rest = message_clean(message, text, strlen(text));

        rest += strspn(rest, "< \t");
        id_cut(message, rest);
        id = rest;
    }
    message->id = id;
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
    ptrdiff_t number = field_find(message, name, i);

    return number < 0 ? (struct patchmark_text){NULL, 0}
                      : scan_value(&message->scan, &message->scan.fields[number]);
}

const char *message_display_name(struct patchmark_message *message, struct patchmark_text name) {
    char *plain = arena_allocate(&message->arena, name.length + 1);

    address_unquote(name, plain);
    if (!value_is_plain((struct patchmark_text){plain, strlen(plain)})) {
        AUTO(free)
        char *decoded =
            mime_decode_words(message->mime, (struct patchmark_text){plain, strlen(plain)});

        return message_clean(message, decoded, strlen(decoded));
    }
    return message_clean(message, plain, strlen(plain));
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
    const char *trace = patchmark_message_header(message, "Received", 0);
    const char *semicolon = trace ? strrchr(trace, ';') : NULL;
    const char *date = patchmark_message_header(message, "Date", 0);
    int64_t when = semicolon ? mime_date(semicolon + 1) : -1;

    if (when < 0 && date)
        when = mime_date(date);
    return when < 0 ? 0 : when;
}

size_t patchmark_message_part_count(const struct patchmark_message *message) {
    return mime_part_count(message->mime);
}

bool patchmark_message_part(const struct patchmark_message *message, size_t i,
                            struct patchmark_part *out) {
    size_t size = out->struct_size < sizeof(*out) ? out->struct_size : sizeof(*out);
    struct patchmark_part part;

    if (i >= mime_part_count(message->mime))
        return false;
    part = mime_part(message->mime, &((struct patchmark_message *)message)->arena, i);
    part.struct_size = out->struct_size;
    part.truncated = message->scan.truncated && i + 1 == mime_part_count(message->mime);
    memcpy(out, &part, size);
    return true;
}

/* ---- parsing ------------------------------------------------------------------------------ */

static void fields_check(struct patchmark_message *message) {
    static const char *const once[] = {"From", "Subject",      "Message-ID",
                                       "Date", "Content-Type", NULL}; /* RFC 5322 3.6, RFC 2045 3 */

    for (size_t i = 0; once[i]; i++)
        if (field_find(message, once[i], 1) >= 0)
            message->malformed = true;
    if (field_find(message, "From", 0) < 0)
        message->malformed = true;
}

void message_parse(struct patchmark_message *message, int64_t received) {
    struct scan_buffer entity;
    size_t start;

    scan_end(&message->scan);
    entity = message->scan.entity;
    start = message->scan.body_start;
    message->decoded = arena_allocate(&message->arena,
                                      (message->scan.field_count + 1) * sizeof(*message->decoded));
    memset(message->decoded, 0, (message->scan.field_count + 1) * sizeof(*message->decoded));
    fields_check(message);
    id_read(message);
    references_read(message);
    from_read(message);
    message->list = message_list_id(message);
    message->received = received < 0 ? received_read(message) : received;
    mime_parse(message->mime, &message->arena, (struct patchmark_text){entity.data, start},
               (struct patchmark_text){entity.data + start, entity.length - start});
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
    const char *own = strrchr(message->id, '@'), *other;

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
    (void)message;
    return 0;
}

const char *patchmark_message_other_id(const struct patchmark_message *message, size_t i) {
    (void)message;
    (void)i;
    return NULL;
}

const char *patchmark_message_list(const struct patchmark_message *message) {
    return message->list;
}

int64_t patchmark_message_received(const struct patchmark_message *message) {
    return message->received;
}
