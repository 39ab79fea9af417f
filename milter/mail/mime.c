/* SPDX-License-Identifier: BSD-2-Clause
 *
 * mime.c - see mime.h.
 *
 * A parsed part points into the bytes of the mail, which the caller owns.  For the whole process
 * this file owns a cache of the last MIME headers and what GMime found in them; a lock protects it.
 * Nothing fails because of malformed mail.
 */
#include "mail/mime.h"

#include "mail/bounds.h"
#include "mail/flowed.h"
#include "util/cleanup.h"
#include "util/log.h"

#include <gmime/gmime.h>
#include <pthread.h>
#include <string.h>
#include <strings.h>

CLEANUP_DEFINE(gchar *, g_free)

CLEANUP_DEFINE(GDateTime *, g_date_time_unref)
#define AUTO_OBJECT __attribute__((cleanup(object_unref)))

struct part {
    const char *type, *filename;
    const char *charset;       /* NULL if the part declares none */
    struct patchmark_text raw; /* its bytes in the entity, still encoded */
    GMimeContentEncoding encoding;
    bool flowed, delsp;                /* format=flowed, and DelSp=yes (RFC 3676 3) */
    struct patchmark_text bytes, text; /* see struct patchmark_part; set if decoded */
    bool decoded;
};

struct mime {
    GMimeParserOptions *options;
    struct part parts[LIMIT_PARTS];
    size_t part_count;
    bool truncated, malformed;
};

static void object_unref(void *object) {
    if (*(gpointer *)object)
        g_object_unref(*(gpointer *)object);
}

/* ---- life --------------------------------------------------------------------------------- */

static void library_log(const gchar *domain, GLogLevelFlags level, const gchar *text,
                        gpointer argument) {
    (void)level;
    (void)argument;
    log_debug("%s: %s", domain ? domain : "glib", text);
}

void mime_library_init(void) {
    static const char *const leaves[] = {"rfc822",  "rfc2822", "global", "news",
                                         "partial", "*",       NULL};

    g_mime_init();
    for (size_t i = 0; leaves[i]; i++)
        g_mime_object_register_type("message", leaves[i], GMIME_TYPE_PART);
    /* GMime logs warnings about malformed mail.  With G_DEBUG in the environment, tests make them
     * fatal. */
    if (!g_getenv("G_DEBUG"))
        g_log_set_handler("gmime", G_LOG_LEVEL_MASK, library_log, NULL);
}

static void parser_warned(gint64 offset, GMimeParserWarning code, const gchar *item,
                          gpointer argument) {
    struct mime *mime = argument;

    (void)offset;
    (void)item;
    /* Minor warnings (8-bit bytes in a header, an unusual charset name) occur in usual mail. */
    if (code >= GMIME_CRIT_CONFLICTING_HEADER)
        mime->malformed = true;
}

struct mime *mime_new(void) {
    struct mime *mime = calloc(1, sizeof(*mime));

    if (!mime)
        return NULL;
    mime->options = g_mime_parser_options_new();
#if GMIME_CHECK_VERSION(3, 2, 15)
    g_mime_parser_options_set_warning_callback(mime->options, parser_warned, mime, NULL);
#else
    g_mime_parser_options_set_warning_callback(mime->options, parser_warned, mime);
#endif
    return mime;
}

void mime_reset(struct mime *mime) {
    memset(mime->parts, 0, mime->part_count * sizeof(mime->parts[0]));
    mime->part_count = 0;
    mime->truncated = mime->malformed = false;
}

void mime_free(struct mime *mime) {
    if (!mime)
        return;
    mime_reset(mime);
    g_mime_parser_options_free(mime->options);
    free(mime);
}

bool mime_truncated(const struct mime *mime) {
    return mime->truncated;
}

bool mime_malformed(const struct mime *mime) {
    return mime->malformed;
}

/* ---- fields ------------------------------------------------------------------------------- */

/* Returns a number of bytes at AT that are all ASCII.  Checks blocks of 32 and then of 8 bytes, so
 * a few more bytes may be ASCII. */
static size_t ascii_run(const char *at, size_t length) {
    static const uint64_t high = 0x8080808080808080;
    uint64_t words[4];
    size_t run = 0;

    for (; length - run >= sizeof(words); run += sizeof(words)) {
        memcpy(words, at + run, sizeof(words));
        if ((words[0] | words[1] | words[2] | words[3]) & high)
            break;
    }
    for (; length - run >= sizeof(words[0]); run += sizeof(words[0])) {
        memcpy(words, at + run, sizeof(words[0]));
        if (words[0] & high)
            break;
    }
    return run;
}

/* Returns true if TEXT is valid UTF-8 without NUL.  g_utf8_validate checks byte by byte, which is
 * slow for text that is nearly all ASCII; so it gets only the bytes between runs of ASCII.  A
 * character never extends across such a run. */
static bool is_utf8(struct patchmark_text text) {
    size_t at = 0;

    if (text.length == 0)
        return true;
    if (memchr(text.data, '\0', text.length))
        return false;
    while ((at += ascii_run(text.data + at, text.length - at)) < text.length) {
        size_t end = at + 1;

        while (end < text.length && (text.length - end < 8 || !ascii_run(text.data + end, 8)))
            end++;
        if (!g_utf8_validate(text.data + at, (gssize)(end - at), NULL))
            return false;
        at = end;
    }
    return true;
}

/* Since GLib 2.46 g_malloc uses malloc, so callers may free what GLib returns with free(3). */

char *mime_make_valid(struct patchmark_text text) {
    if (is_utf8(text))
        return NULL;
    return g_utf8_make_valid(text.data, (gssize)text.length);
}

/* Returns TEXT with its base64 encoded words rewritten in the Q encoding (RFC 2047 4.2), for
 * g_free.  GMime decodes adjacent base64 words together and loses what follows the first padding;
 * the Q encoding has no padding. */
static char *words_without_padding(const char *text) {
    GString *out = g_string_sized_new(strlen(text));
    const char *word;

    while ((word = strstr(text, "=?"))) {
        const char *charset_end = word + 2 + strcspn(word + 2, "? \t");
        bool is_base64 = strncasecmp(charset_end, "?b?", 3) == 0;
        const char *data = is_base64 ? charset_end + 3 : "";
        const char *data_end = data + strcspn(data, "? \t");
        AUTO(g_free) gchar *bytes = NULL;
        gint state = 0;
        guint save = 0;
        gsize length;

        if (strncmp(data_end, "?=", 2) != 0) {
            g_string_append_len(out, text, word + 2 - text);
            text = word + 2;
            continue;
        }
        bytes = g_malloc((gsize)(data_end - data) / 4 * 3 + 6);
        length =
            g_base64_decode_step(data, (gsize)(data_end - data), (guchar *)bytes, &state, &save);
        g_string_append_len(out, text, charset_end - text);
        g_string_append(out, "?q?");
        for (gsize i = 0; i < length; i++)
            g_string_append_printf(out, "=%02X", (guchar)bytes[i]);
        g_string_append(out, "?=");
        text = data_end + 2;
    }
    g_string_append(out, text);
    return g_string_free(out, FALSE);
}

char *mime_decode_words(struct mime *mime, struct patchmark_text value) {
    AUTO(g_free) gchar *copy = g_strndup(value.data, value.length);
    AUTO(g_free) gchar *unfolded = g_mime_utils_header_unfold(copy);
    AUTO(g_free) gchar *words = words_without_padding(unfolded);
    AUTO(g_free) gchar *decoded = g_mime_utils_header_decode_text(mime->options, words);

    return g_utf8_make_valid(decoded ? decoded : "", -1);
}

bool mime_first_mailbox(struct mime *mime, const char *value, char **address, char **name) {
    AUTO(g_free) gchar *words = words_without_padding(value);
    AUTO_OBJECT InternetAddressList *list = internet_address_list_parse(mime->options, words);
    InternetAddress *first;
    const char *text;

    if (!list || internet_address_list_length(list) == 0)
        return false;
    first = internet_address_list_get_address(list, 0);
    if (!INTERNET_ADDRESS_IS_MAILBOX(first))
        return false;
    text = internet_address_mailbox_get_addr(INTERNET_ADDRESS_MAILBOX(first));
    if (!text || !*text)
        return false;
    *address = g_ascii_strdown(text, -1);
    text = internet_address_get_name(first);
    *name = g_utf8_make_valid(text ? text : "", -1);
    return true;
}

int64_t mime_date(const char *text) {
    AUTO(g_date_time_unref) GDateTime *date = g_mime_utils_header_decode_date(text);

    return date ? g_date_time_to_unix(date) : -1;
}

bool mime_written_date(const char *text, struct tm *when) {
    AUTO(g_date_time_unref) GDateTime *date = g_mime_utils_header_decode_date(text);

    if (!date)
        return false;
    *when = (struct tm){.tm_year = g_date_time_get_year(date) - 1900,
                        .tm_mon = g_date_time_get_month(date) - 1,
                        .tm_mday = g_date_time_get_day_of_month(date),
                        .tm_hour = g_date_time_get_hour(date),
                        .tm_min = g_date_time_get_minute(date),
                        .tm_sec = g_date_time_get_second(date)};
    return true;
}

/* ---- the MIME tree ------------------------------------------------------------------------ */

/* Returns a copy of TEXT, a type or file name, as one line of valid UTF-8; RFC 2231 can encode any
 * byte in it. */
static const char *line_copy(struct arena *arena, const char *text) {
    AUTO(g_free) gchar *valid = g_utf8_make_valid(text ? text : "", -1);
    char *copy = arena_copy(arena, valid, strlen(valid));

    for (char *at = copy; *at; at++)
        if (g_ascii_iscntrl(*at) && *at != '\t')
            *at = ' ';
    return copy;
}

/* Returns the bytes of a part in the entity, still encoded. */
static struct patchmark_text part_raw(GMimeDataWrapper *content) {
    GMimeStream *stream = content ? g_mime_data_wrapper_get_stream(content) : NULL;
    GByteArray *array;
    gint64 end;

    if (!stream || !GMIME_IS_STREAM_MEM(stream))
        return (struct patchmark_text){"", 0};
    array = GMIME_STREAM_MEM(stream)->buffer;
    end = stream->bound_end < 0 ? (gint64)array->len : stream->bound_end;
    if (stream->bound_start < 0 || stream->bound_start >= end || end > (gint64)array->len)
        return (struct patchmark_text){"", 0};
    return (struct patchmark_text){(const char *)array->data + stream->bound_start,
                                   (size_t)(end - stream->bound_start)};
}

static bool parameter_is(GMimeObject *object, const char *name, const char *value) {
    const char *found = g_mime_object_get_content_type_parameter(object, name);

    return found && g_ascii_strcasecmp(found, value) == 0;
}

static void part_add(struct mime *mime, struct arena *arena, GMimeObject *object) {
    GMimeContentType *type = g_mime_object_get_content_type(object);
    AUTO(g_free) gchar *name = type ? g_mime_content_type_get_mime_type(type) : NULL;
    AUTO(g_free) gchar *lower = g_ascii_strdown(name ? name : "text/plain", -1);
    GMimeDataWrapper *content;
    const char *charset;
    struct part *part;

    if (!GMIME_IS_PART(object))
        return;
    if (mime->part_count == LIMIT_PARTS) {
        mime->truncated = true;
        return;
    }
    part = &mime->parts[mime->part_count++];
    content = g_mime_part_get_content(GMIME_PART(object));
    charset = g_mime_object_get_content_type_parameter(object, "charset");
    part->type = line_copy(arena, lower);
    part->filename = line_copy(arena, g_mime_part_get_filename(GMIME_PART(object)));
    part->charset = charset ? arena_copy(arena, charset, strlen(charset)) : NULL;
    part->raw = part_raw(content);
    part->encoding =
        content ? g_mime_data_wrapper_get_encoding(content) : GMIME_CONTENT_ENCODING_DEFAULT;
    part->flowed = parameter_is(object, "format", "flowed");
    part->delsp = parameter_is(object, "delsp", "yes");
}

/* Adds the leaves of the tree in the order of the mail.  The stack is an array; no recursion. */
static void parts_read(struct mime *mime, struct arena *arena, GMimeObject *entity) {
    struct {
        GMimeMultipart *multipart;
        int next;
    } stack[LIMIT_PART_DEPTH];
    size_t depth = 0;
    GMimeObject *object = entity;

    for (;;) {
        if (object && GMIME_IS_MULTIPART(object)) {
            if (depth == LIMIT_PART_DEPTH) {
                mime->truncated = true;
            } else {
                stack[depth].multipart = GMIME_MULTIPART(object);
                stack[depth++].next = 0;
            }
        } else if (object) {
            part_add(mime, arena, object);
        }
        while (depth > 0 &&
               stack[depth - 1].next >= g_mime_multipart_get_count(stack[depth - 1].multipart))
            depth--;
        if (depth == 0 || mime->part_count > LIMIT_PARTS)
            return;
        object = g_mime_multipart_get_part(stack[depth - 1].multipart, stack[depth - 1].next++);
    }
}

/* Adds the whole body as a text part, for a multipart without parts, because its boundary is
 * missing or not declared: people still read its text. */
static void whole_add(struct mime *mime, struct patchmark_text entity) {
    const char *body = memmem(entity.data, entity.length, "\n\n", 2);

    if (!body)
        return;
    body += 2;
    mime->parts[mime->part_count++] =
        (struct part){.type = "text/plain",
                      .filename = "",
                      .raw = {body, entity.length - (size_t)(body - entity.data)}};
    mime->malformed = true;
}

static void entity_parse(struct mime *mime, struct arena *arena, struct patchmark_text entity) {
    /* Uses the bytes without a copy. */
    GByteArray *array = g_byte_array_new_take((guint8 *)entity.data, entity.length);
    GMimeStream *stream = g_mime_stream_mem_new_with_byte_array(array);
    GMimeParser *parser;
    GMimeObject *root;

    g_mime_stream_mem_set_owner(GMIME_STREAM_MEM(stream), FALSE);
    parser = g_mime_parser_new_with_stream(stream);
    root = g_mime_parser_construct_part(parser, mime->options);
    parts_read(mime, arena, root);
    g_clear_object(&root);
    g_object_unref(parser);
    g_object_unref(stream);
    g_byte_array_free(array, FALSE); /* the caller owns the bytes */
}

/* ---- the cache of MIME headers ------------------------------------------------------------ */

/* Nearly all mails have one text part, and most have one of a few MIME headers.  Parsing the header
 * with GMime takes longer than all other work on the text, so the results for the last headers are
 * kept.  The cache is shared by all connections, because many connections send only one mail. */

#define CACHE_COUNT   16
#define CACHE_BYTES   256 /* of a header; the two usual fields have 80 */
#define CACHE_TYPE    64
#define CACHE_CHARSET 32

struct cached {
    char head[CACHE_BYTES]; /* the fields and the empty line */
    size_t length;          /* of the header; 0 if the entry is unused */
    char type[CACHE_TYPE], charset[CACHE_CHARSET];
    bool has_charset, flowed, delsp, malformed;
    GMimeContentEncoding encoding;
};

static struct {
    pthread_mutex_t lock;
    struct cached all[CACHE_COUNT];
    size_t next; /* the number of the entry that is replaced next */
} cache = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* Sets *FOUND to the entry for HEAD.  Returns false if there is none. */
static bool cache_get(struct patchmark_text head, struct cached *found) {
    bool is_cached = false;

    if (head.length > CACHE_BYTES)
        return false;
    pthread_mutex_lock(&cache.lock);
    for (size_t i = 0; i < CACHE_COUNT && !is_cached; i++) {
        is_cached = cache.all[i].length == head.length &&
                    memcmp(cache.all[i].head, head.data, head.length) == 0;
        if (is_cached)
            *found = cache.all[i];
    }
    pthread_mutex_unlock(&cache.lock);
    return is_cached;
}

/* Adds the part of a mail whose HEAD is in the cache.  Returns false if it is not.  A mail without
 * a body is always parsed, because GMime may report it as malformed. */
static bool cache_find(struct mime *mime, struct arena *arena, struct patchmark_text head,
                       struct patchmark_text body) {
    struct cached found;

    if (body.length == 0 || !cache_get(head, &found))
        return false;
    mime->malformed = found.malformed;
    mime->parts[mime->part_count++] =
        (struct part){.type = arena_copy(arena, found.type, strlen(found.type)),
                      .filename = "",
                      .charset = found.has_charset
                                     ? arena_copy(arena, found.charset, strlen(found.charset))
                                     : NULL,
                      .raw = body,
                      .encoding = found.encoding,
                      .flowed = found.flowed,
                      .delsp = found.delsp};
    return true;
}

/* Adds HEAD and the part found to the cache, if all of BODY is that one part: the result then does
 * not depend on the body. */
static void cache_add(const struct mime *mime, struct patchmark_text head,
                      struct patchmark_text body) {
    const struct part *part = &mime->parts[0];
    const char *charset = part->charset ? part->charset : "";
    struct cached new = {.length = head.length,
                         .has_charset = part->charset != NULL,
                         .flowed = part->flowed,
                         .delsp = part->delsp,
                         .malformed = mime->malformed,
                         .encoding = part->encoding};

    if (body.length == 0 || mime->part_count != 1 || mime->truncated ||
        part->raw.data != body.data || part->raw.length != body.length || *part->filename ||
        head.length > CACHE_BYTES || strlen(part->type) >= CACHE_TYPE ||
        strlen(charset) >= CACHE_CHARSET)
        return;
    memcpy(new.head, head.data, head.length);
    strcpy(new.type, part->type);
    strcpy(new.charset, charset);
    pthread_mutex_lock(&cache.lock);
    cache.all[cache.next] = new;
    cache.next = (cache.next + 1) % CACHE_COUNT;
    pthread_mutex_unlock(&cache.lock);
}

void mime_parse(struct mime *mime, struct arena *arena, struct patchmark_text head,
                struct patchmark_text body) {
    struct patchmark_text entity = {head.data, head.length + body.length};
    bool malformed = mime->malformed; /* because of other fields, not of HEAD */

    mime->malformed = false;
    if (!cache_find(mime, arena, head, body)) {
        entity_parse(mime, arena, entity);
        if (mime->part_count == 0 && !mime->truncated)
            whole_add(mime, entity);
        else
            cache_add(mime, head, body);
    }
    mime->malformed = mime->malformed || malformed;
}

/* ---- parts -------------------------------------------------------------------------------- */

/* Returns the bytes of PART with the transfer encoding decoded.  Base64 is decoded by GLib, which
 * continues behind padding as mail programs do; the decoder of GMime stops at the first "=". */
static struct patchmark_text part_bytes(struct arena *arena, const struct part *part) {
    struct patchmark_text raw = part->raw;
    gint state = 0;
    guint save = 0;
    char *out;

    if (part->encoding == GMIME_CONTENT_ENCODING_BASE64) {
        out = arena_allocate(arena, raw.length / 4 * 3 + 6);
        return (struct patchmark_text){out, g_base64_decode_step(raw.data, raw.length,
                                                                 (guchar *)out, &state, &save)};
    }
    if (part->encoding == GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE) {
        GMimeEncoding decoder;

        g_mime_encoding_init_decode(&decoder, part->encoding);
        out = arena_allocate(arena, g_mime_encoding_outlen(&decoder, raw.length) + 1);
        return (struct patchmark_text){out,
                                       g_mime_encoding_flush(&decoder, raw.data, raw.length, out)};
    }
    return raw;
}

/* Returns true if BYTES need no conversion.  Bytes that are valid UTF-8 are taken as UTF-8 whatever
 * charset the mail declares, because valid UTF-8 beyond ASCII is hardly ever anything else.  Text
 * with ESC may be ISO 2022, and text with NUL may be UTF-16. */
static bool text_is_utf8(struct patchmark_text bytes) {
    return !patchmark_text_has(bytes, '\033') && is_utf8(bytes);
}

/* Returns BYTES, in the charset CHARSET, as valid UTF-8. */
static struct patchmark_text part_text(struct arena *arena, const char *charset,
                                       struct patchmark_text bytes) {
    AUTO_OBJECT GMimeFilter *filter = NULL;
    AUTO(g_free) gchar *valid = NULL;
    char *out = (char *)bytes.data;
    size_t length = bytes.length, prespace;

    if (bytes.length == 0 || text_is_utf8(bytes))
        return bytes;
    if (charset && g_ascii_strcasecmp(charset, "us-ascii") != 0 &&
        g_ascii_strcasecmp(charset, "utf-8") != 0)
        filter = g_mime_filter_charset_new(charset, "UTF-8");
    if (filter)
        g_mime_filter_complete(filter, out, length, 0, &out, &length, &prespace);
    valid = g_utf8_make_valid(out, (gssize)length);
    length = strlen(valid);
    return (struct patchmark_text){arena_copy(arena, valid, length), length};
}

static bool type_is_binary(const char *type) {
    static const char *const binary[] = {"image/", "audio/", "video/", "font/", "message/", NULL};

    for (size_t i = 0; binary[i]; i++)
        if (g_str_has_prefix(type, binary[i]))
            return true;
    return false;
}

static void part_decode(struct arena *arena, struct part *part) {
    size_t head;

    part->decoded = true;
    part->bytes = part->text = (struct patchmark_text){"", 0};
    if (type_is_binary(part->type))
        return;
    part->bytes = part_bytes(arena, part);
    /* git uses the same test for binary files: a NUL in the first 8,000 bytes. */
    head = MIN(part->bytes.length, 8000);
    if (!g_str_has_prefix(part->type, "text/") && head > 0 && memchr(part->bytes.data, '\0', head))
        part->bytes = (struct patchmark_text){"", 0};
    /* BYTES are what git would read from the mail, with soft line breaks; TEXT is what people read.
     */
    part->text =
        part_text(arena, part->charset,
                  part->flowed ? flowed_decode(arena, part->bytes, part->delsp) : part->bytes);
}

size_t mime_part_count(const struct mime *mime) {
    return mime->part_count;
}

const char *mime_part_type(const struct mime *mime, size_t i) {
    return mime->parts[i].type;
}

struct patchmark_text mime_part_bytes(struct mime *mime, struct arena *arena, size_t i) {
    return part_bytes(arena, &mime->parts[i]);
}

struct patchmark_part mime_part(struct mime *mime, struct arena *arena, size_t i) {
    struct part *part = &mime->parts[i];

    if (!part->decoded)
        part_decode(arena, part);
    return (struct patchmark_part){.struct_size = sizeof(struct patchmark_part),
                                   .type = part->type,
                                   .filename = part->filename,
                                   .bytes = part->bytes,
                                   .text = part->text};
}
