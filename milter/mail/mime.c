/* SPDX-License-Identifier: BSD-2-Clause
 *
 * mime.c - see mime.h.
 *
 * Owns nothing of a mail once it is parsed but places in its bytes; and for the process what MIME
 * headers that came lately mean, behind a lock.
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
    const char *charset;       /* NULL: none is said */
    struct patchmark_text raw; /* as it stands in the entity */
    GMimeContentEncoding encoding;
    bool flowed, delsp;                /* format=flowed, and DelSp=yes (RFC 3676 3) */
    struct patchmark_text bytes, text; /* once decoded */
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
    /* GMime complains of bad mail through the log.  Tests make that fatal by G_DEBUG. */
    if (!g_getenv("G_DEBUG"))
        g_log_set_handler("gmime", G_LOG_LEVEL_MASK, library_log, NULL);
}

static void parser_warned(gint64 offset, GMimeParserWarning code, const gchar *item,
                          gpointer argument) {
    struct mime *mime = argument;

    (void)offset;
    (void)item;
    /* The milder ones (8-bit bytes in a header, an odd charset name) are everyday mail. */
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

/* How many bytes at AT are ASCII for sure: whole runs of 32, and then of 8. */
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

/* GLib looks at each byte, which costs most of all where nearly all are ASCII; so it is shown what
 * lies between runs of those alone.  No character goes on across them.  A NUL is not valid. */
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

/* GLib's memory is malloc's since 2.46, so what it gives can be freed with free. */

char *mime_make_valid(struct patchmark_text text) {
    if (is_utf8(text))
        return NULL;
    return g_utf8_make_valid(text.data, (gssize)text.length);
}

/* GMime decodes neighbouring base64 words in one run and loses what follows the first padding.  So
 * base64 words are written anew in the other encoding, which has none.  On the heap. */
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

/* ---- the tree ----------------------------------------------------------------------------- */

/* Type or file name as one line of UTF-8: RFC 2231 can encode any byte. */
static const char *line_copy(struct arena *arena, const char *text) {
    AUTO(g_free) gchar *valid = g_utf8_make_valid(text ? text : "", -1);
    char *copy = arena_copy(arena, valid, strlen(valid));

    for (char *at = copy; *at; at++)
        if (g_ascii_iscntrl(*at) && *at != '\t')
            *at = ' ';
    return copy;
}

/* The part's bytes as they stand in the entity. */
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

/* Leaves in the order of the mail; a stack of its own instead of recursion. */
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

/* A multipart in which no part was found - its boundary never comes, or is not said - still has a
 * text that people read. */
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
    /* Wraps the bytes without a copy. */
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
    g_byte_array_free(array, FALSE); /* the bytes are the caller's */
}

/* ---- headers that came before ------------------------------------------------------------- */

/* Nearly all mails are one text, and their MIME headers are a few, again and again.  What GMime
 * made of such a header is kept, and tells what the part is without parsing it anew, which costs
 * more than all else that is done for its text.  For the whole process: a connection often brings
 * one mail. */

#define KNOWN_COUNT   16
#define KNOWN_BYTES   256 /* of a header; two fields as all write them have 80 */
#define KNOWN_TYPE    64
#define KNOWN_CHARSET 32

struct known {
    char head[KNOWN_BYTES]; /* the fields and the empty line */
    size_t length;          /* 0: none */
    char type[KNOWN_TYPE], charset[KNOWN_CHARSET];
    bool has_charset, flowed, delsp, malformed;
    GMimeContentEncoding encoding;
};

static struct {
    pthread_mutex_t lock;
    struct known all[KNOWN_COUNT];
    size_t next; /* the one to be replaced */
} known = {.lock = PTHREAD_MUTEX_INITIALIZER};

static bool known_get(struct patchmark_text head, struct known *found) {
    bool is_known = false;

    if (head.length > KNOWN_BYTES)
        return false;
    pthread_mutex_lock(&known.lock);
    for (size_t i = 0; i < KNOWN_COUNT && !is_known; i++) {
        is_known = known.all[i].length == head.length &&
                   memcmp(known.all[i].head, head.data, head.length) == 0;
        if (is_known)
            *found = known.all[i];
    }
    pthread_mutex_unlock(&known.lock);
    return is_known;
}

/* Without a body GMime may complain. */
static bool known_find(struct mime *mime, struct arena *arena, struct patchmark_text head,
                       struct patchmark_text body) {
    struct known found;

    if (body.length == 0 || !known_get(head, &found))
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

/* Keeps what was found when all of BODY is the one part: then nothing that stands in the body had a
 * say in it. */
static void known_add(const struct mime *mime, struct patchmark_text head,
                      struct patchmark_text body) {
    const struct part *part = &mime->parts[0];
    const char *charset = part->charset ? part->charset : "";
    struct known new = {.length = head.length,
                        .has_charset = part->charset != NULL,
                        .flowed = part->flowed,
                        .delsp = part->delsp,
                        .malformed = mime->malformed,
                        .encoding = part->encoding};

    if (body.length == 0 || mime->part_count != 1 || mime->truncated ||
        part->raw.data != body.data || part->raw.length != body.length || *part->filename ||
        head.length > KNOWN_BYTES || strlen(part->type) >= KNOWN_TYPE ||
        strlen(charset) >= KNOWN_CHARSET)
        return;
    memcpy(new.head, head.data, head.length);
    strcpy(new.type, part->type);
    strcpy(new.charset, charset);
    pthread_mutex_lock(&known.lock);
    known.all[known.next] = new;
    known.next = (known.next + 1) % KNOWN_COUNT;
    pthread_mutex_unlock(&known.lock);
}

void mime_parse(struct mime *mime, struct arena *arena, struct patchmark_text head,
                struct patchmark_text body) {
    struct patchmark_text entity = {head.data, head.length + body.length};
    bool malformed = mime->malformed; /* by fields that were read before, and no matter of HEAD */

    mime->malformed = false;
    if (!known_find(mime, arena, head, body)) {
        entity_parse(mime, arena, entity);
        if (mime->part_count == 0 && !mime->truncated)
            whole_add(mime, entity);
        else
            known_add(mime, head, body);
    }
    mime->malformed = mime->malformed || malformed;
}

/* ---- parts -------------------------------------------------------------------------------- */

/* Undoes the transfer encoding.  Base64 by GLib, which reads on behind padding as mail programs
 * do; GMime's decoder stops at the first "=". */
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

/* True when the bytes are UTF-8 as they stand.  A charset that is declared wrongly shows itself:
 * bytes beyond ASCII that are valid UTF-8 are UTF-8, whatever the mail says.  ISO 2022 hides in
 * ASCII behind escapes, UTF-16 behind NULs. */
static bool text_is_utf8(struct patchmark_text bytes) {
    return !memchr(bytes.data, '\033', bytes.length) && is_utf8(bytes);
}

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
    /* git's own test of what is binary: a NUL in the first 8,000 bytes. */
    head = MIN(part->bytes.length, 8000);
    if (!g_str_has_prefix(part->type, "text/") && memchr(part->bytes.data, '\0', head))
        part->bytes = (struct patchmark_text){"", 0};
    /* The bytes stay as git would get them from the mail; people read the text. */
    part->text =
        part_text(arena, part->charset,
                  part->flowed ? flowed_decode(arena, part->bytes, part->delsp) : part->bytes);
}

size_t mime_part_count(const struct mime *mime) {
    return mime->part_count;
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
