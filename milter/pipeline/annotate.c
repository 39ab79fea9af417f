/* SPDX-License-Identifier: BSD-2-Clause
 *
 * annotate.c - makes the header fields of a mail from its facts; see annotate.h.
 *
 * Owns nothing; the header fields are in the arena of the mail.  Cannot fail: a word or a field
 * that must not be written is left out.
 */
#include "pipeline/annotate.h"

#include "pipeline/bounds.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define VALUE_SIZE LIMIT_HEADERS_WRITTEN

/* The order of these flags in the header field; other flags follow, in the order of the plugins. */
static const char *const flag_order[] = {"first",     "rfc",       "resend",    "backport",
                                         "automated", "applied",   "review",    "nack",
                                         "has-diff",  "truncated", "malformed", NULL};

/* ---- words -------------------------------------------------------------------------------- */

static bool word_is_safe(const char *word) {
    size_t length = 0;

    /* A loop, because strspn builds a table of the letters first, which takes longer than checking
     * most words. */
    for (; length <= 64 && word[length]; length++) {
        unsigned char byte = (unsigned char)word[length], letter = byte | 0x20;

        if ((letter < 'a' || letter > 'z') && (byte < '-' || byte > ':') && byte != '_' &&
            byte != '+')
            return false;
    }
    return length > 0 && length <= 64;
}

static bool words_have(const struct mail_words *words, const char *word) {
    for (size_t i = 0; i < words->count; i++)
        if (strcmp(words->words[i], word) == 0)
            return true;
    return false;
}

static void words_add(struct mail_words *words, const char *word) {
    if (words->count < MAIL_WORDS && word_is_safe(word) && !words_have(words, word))
        words->words[words->count++] = word;
}

static void words_collect(struct mail_words *words, const struct patchmark_facts *facts,
                          enum facts_words which) {
    size_t at = 0, item = 0;
    const char *word;

    while ((word = facts_word(facts, which, &at, &item)))
        words_add(words, word);
}

void annotate_words(struct mail *mail) {
    struct mail_words found = {.count = 0};

    words_collect(&found, mail->facts, FACTS_FLAGS);
    if (message_truncated(mail->message) || facts_truncated(mail->facts))
        words_add(&found, "truncated");
    if (message_malformed(mail->message) || mail->disputed)
        words_add(&found, "malformed");
    mail->flags.count = mail->labels.count = 0;
    for (size_t i = 0; flag_order[i]; i++)
        if (words_have(&found, flag_order[i]))
            words_add(&mail->flags, flag_order[i]);
    for (size_t i = 0; i < found.count; i++)
        words_add(&mail->flags, found.words[i]);
    words_collect(&mail->labels, mail->facts, FACTS_LABELS);
}

const char *annotate_kind(const struct mail *mail) {
    const char *kind = patchmark_fact_string(mail->facts, "kind.kind");

    return kind && word_is_safe(kind) ? kind : "other";
}

/* ---- names -------------------------------------------------------------------------------- */

bool annotate_writes(const char *name) {
    static const char *const names[] = {"Kind",  "Series",   "Version", "Part",
                                        "Topic", "Patch-Id", "Flags",   "Labels",
                                        "Robot", "Verdict",  "Info"};
    size_t length = strcspn(name, " \t");

    if (name[length + strspn(name + length, " \t")])
        return false;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strlen(names[i]) == length && strncasecmp(names[i], name, length) == 0)
            return true;
    return false;
}

/* ---- headers ------------------------------------------------------------------------------ */

struct writer {
    struct mail *mail;
    const struct configuration *configuration;
    size_t bytes; /* size of the fields so far, with ": " and CR LF */
};

static void header_add(struct writer *writer, enum configuration_header which, const char *name,
                       const char *value) {
    const char *prefix = writer->configuration->prefix;
    size_t bytes = strlen(prefix) + strlen(name) + strlen(value) + strlen(": \r\n");
    struct mail_header *header;
    char *full;

    if (!(writer->configuration->headers & which) || !*value ||
        writer->bytes + bytes > LIMIT_HEADERS_WRITTEN)
        return;
    header = &writer->mail->headers[writer->mail->header_count++];
    full = arena_allocate(&writer->mail->arena, strlen(prefix) + strlen(name) + 1);
    stpcpy(stpcpy(full, prefix), name);
    header->name = full;
    header->value = arena_copy(&writer->mail->arena, value, strlen(value));
    writer->bytes += bytes;
}

static void header_add_fact(struct writer *writer, enum configuration_header which,
                            const char *name, const char *fact) {
    const char *value = patchmark_fact_string(writer->mail->facts, fact);

    if (value && word_is_safe(value))
        header_add(writer, which, name, value);
}

/* Adds a field with as many of WORDS as fit into a quarter of LIMIT_HEADERS_WRITTEN. */
static void header_add_words(struct writer *writer, enum configuration_header which,
                             const char *name, const struct mail_words *words) {
    char value[VALUE_SIZE / 4 + 1]; /* leaves space for the nine other fields */
    size_t length = 0;

    for (size_t i = 0; i < words->count; i++) {
        size_t more = strlen(words->words[i]) + (length > 0);

        if (length + more >= sizeof(value))
            break;
        length += (size_t)snprintf(value + length, sizeof(value) - length, "%s%s",
                                   length > 0 ? " " : "", words->words[i]);
    }
    value[length] = '\0';
    header_add(writer, which, name, value);
}

static void header_add_posting(struct writer *writer) {
    const struct patchmark_facts *facts = writer->mail->facts;
    int64_t version = patchmark_fact_int(facts, "series.version", -1);
    int64_t part = patchmark_fact_int(facts, "series.part", -1);
    int64_t total = patchmark_fact_int(facts, "series.total", -1);
    char value[64];

    if (part < 0)
        return; /* a reply belongs to a series, but has no part number */
    if (version >= 0) {
        snprintf(value, sizeof(value), "%" PRId64, version);
        header_add(writer, HEADER_VERSION, "Version", value);
    }
    if (total >= 0)
        snprintf(value, sizeof(value), "%" PRId64 "/%" PRId64, part, total);
    else
        snprintf(value, sizeof(value), "%" PRId64, part);
    header_add(writer, HEADER_PART, "Part", value);
}

void annotate_headers(struct mail *mail, const struct configuration *configuration) {
    struct writer writer = {.mail = mail, .configuration = configuration};
    const char *confidence = patchmark_fact_string(mail->facts, "kind.confidence");
    char value[VALUE_SIZE];

    mail->header_count = 0;
    header_add(&writer, HEADER_KIND, "Kind", annotate_kind(mail));
    header_add_fact(&writer, HEADER_SERIES, "Series", "series.id");
    header_add_posting(&writer);
    header_add_fact(&writer, HEADER_TOPIC, "Topic", "series.topic");
    header_add_fact(&writer, HEADER_PATCH_ID, "Patch-Id", "patch.id");
    header_add_words(&writer, HEADER_FLAGS, "Flags", &mail->flags);
    header_add_words(&writer, HEADER_LABELS, "Labels", &mail->labels);
    header_add_fact(&writer, HEADER_ROBOT, "Robot", "automation.robot");
    header_add_fact(&writer, HEADER_VERDICT, "Verdict", "automation.verdict");
    snprintf(value, sizeof(value), "v=1; by=%s; conf=%s", configuration->host,
             confidence && word_is_safe(confidence) ? confidence : "low");
    header_add(&writer, HEADER_INFO, "Info", value);
}
