/* SPDX-License-Identifier: BSD-2-Clause
 *
 * growth.c - measures how the CPU time of a mail, from raw bytes to headers and events, grows with
 * the size of the mail and with the size of the index.
 *
 *     growth [MOST-SERIES]
 *
 * Prints lines of JSON for report.py, by the bytes of a patch, the bytes of a reply with quotes,
 * the files of a diff, and the series in the index (10 to MOST-SERIES, 1,000,000).  The first three
 * use a store in memory, a new one for each size.  The last one uses a store on the disk of TMPDIR,
 * as the daemon does; there, the time of the thread that commits is printed separately, because
 * mails do not wait for it.
 */
#include "inside.h"
#include "pipeline/learned.h"
#include "util/cleanup.h"
#include "util/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#define SERIES_MOST   1000000
#define SERIES_BATCH  20000
#define AUTHOR_SERIES 50 /* the number of series of one author */
#define MAILS_MOST    200
#define ROUNDS        21 /* rounds over all indexes, */
#define MAILS_ROUND   20 /* with few mails each, so that the smallest index stays small */
#define SIZES_MOST    6
#define COMMIT_NS     30000000 /* wait for the commit of the last mails, about 10 ms later */
#define MAILS_LEAST   5
#define BYTES_ENOUGH  (8 * 1024 * 1024) /* the size of mails that is enough for one length */

static struct pipeline *pipeline;
static struct mail mail;
static unsigned number; /* the number of the mail, which is part of its Message-ID and text */

/* ---- mails --------------------------------------------------------------------------------- */

static void header_write(FILE *out, const char *subject, unsigned author) {
    fprintf(out,
            "From: Ada Example <ada%u@example.org>\nTo: list@lists.example.org\n"
            "List-Id: <list.lists.example.org>\nDate: Mon, 02 Mar 2026 10:05:02 +0000\n"
            "Message-ID: <growth-%u@example.org>\nSubject: %s\n\n",
            author, number, subject);
}

/* Writes a patch of one file and LENGTH bytes. */
static void patch_write(FILE *out, size_t length) {
    char subject[64];

    snprintf(subject, sizeof(subject), "[PATCH] harbour: %u buoys of the tide", number);
    header_write(out, subject, 1);
    fprintf(out, "The tide has buoys.\n\nSigned-off-by: Ada Example <ada@example.org>\n---\n"
                 " harbour.c | 2 +-\n\ndiff --git a/harbour.c b/harbour.c\n"
                 "index 0123456789ab..ba9876543210 100644\n--- a/harbour.c\n+++ b/harbour.c\n"
                 "@@ -1,1000000 +1,1000000 @@\n");
    for (unsigned i = 0; (size_t)ftell(out) < length; i++)
        fprintf(out, "%c    buoy_place(harbour, %u, tide_of(%u));\n", " -+ "[i % 4], i, number);
}

/* Writes a review of LENGTH bytes, most of them quoted. */
static void reply_write(FILE *out, size_t length) {
    char subject[64];

    snprintf(subject, sizeof(subject), "Re: [PATCH] harbour: %u buoys of the tide", number);
    header_write(out, subject, 2);
    fprintf(out, "On Monday, Ada Example wrote:\n");
    for (unsigned i = 0; (size_t)ftell(out) < length; i++)
        fprintf(out,
                i % 20 ? "> +    buoy_place(harbour, %u, tide_of(%u));\n"
                       : "\nWhy is buoy %u at tide %u?\n\n",
                i, number);
    fprintf(out, "\nReviewed-by: Berta Sample <berta@example.org>\n");
}

static void files_write(FILE *out, size_t files) {
    header_write(out, "[PATCH] harbour: rename all buoys", 1);
    fprintf(out, "All of them.\n---\n");
    for (size_t i = 0; i < files; i++)
        fprintf(
            out,
            "diff --git a/b/%zu.c b/b/%zu.c\n--- a/b/%zu.c\n+++ b/b/%zu.c\n@@ -1 +1 @@\n-a%u\n+b\n",
            i, i, i, i, number);
}

/* Writes a patch of an author in the index; every second one is a new version of a series there. */
static void known_write(FILE *out, size_t series) {
    size_t which = ((size_t)number * 7919) % series;
    char subject[96];

    snprintf(subject, sizeof(subject), "[PATCH%s] harbour: light %zu of the outer %s",
             number % 2 ? " v2" : "", which, number % 2 ? "jetty" : "quay");
    header_write(out, subject, (unsigned)(which / AUTHOR_SERIES));
    fprintf(out,
            "A text.\n---\ndiff --git a/light.c b/light.c\nindex %012zx..ba9876543210 100644\n"
            "--- a/light.c\n+++ b/light.c\n@@ -1 +1 @@\n-one\n+%zu\n",
            which, which);
}

typedef void (*write_function)(FILE *out, size_t size);

/* ---- measuring ----------------------------------------------------------------------------- */

/* Returns a raw mail, which the caller frees. */
static struct patchmark_text mail_make(write_function write, size_t size) {
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);

    number++;
    if (!out)
        exit(EX_OSERR);
    write(out, size);
    if (fclose(out) != 0)
        exit(EX_OSERR);
    return (struct patchmark_text){text, length};
}

static uint32_t mail_time(struct store *store, struct patchmark_text raw) {
    int64_t began = inside_cpu();

    mail_reset(&mail);
    message_load(mail.message, raw);
    message_parse(mail.message, 1772445902);
    pipeline_run(pipeline, store, &mail);
    return (uint32_t)(inside_cpu() - began);
}

/* Returns the median of up to MOST mails, in nanoseconds.  Sets *LENGTH to the size of a mail. */
static uint32_t measure(struct store *store, write_function write, size_t size, size_t most,
                        size_t *length) {
    uint32_t times[MAILS_MOST];
    size_t count = 0, bytes = 0;

    while (count < most && (count < MAILS_LEAST || bytes < BYTES_ENOUGH)) {
        struct patchmark_text raw = mail_make(write, size);

        times[count++] = mail_time(store, raw);
        bytes += *length = raw.length;
        free((char *)raw.data);
    }
    qsort(times, count, sizeof(*times), inside_compare);
    return times[count / 2];
}

static void print_time(const char *what, size_t size, size_t length, uint32_t nanoseconds) {
    printf("{\"bench\":\"growth\",\"what\":\"%s\",\"round\":0,\"size\":%zu,\"bytes\":%zu,\"us\":%."
           "3f}\n",
           what, size, length, nanoseconds / 1e3);
    fflush(stdout);
}

static void by_mail(const char *what, write_function write, size_t from, size_t to, size_t factor) {
    for (size_t size = from; size <= to; size *= factor) {
        struct store *store = store_open(NULL);
        size_t length;
        uint32_t time;

        if (!store)
            exit(EX_OSERR);
        /* The first run allocates memory and prepares statements. */
        measure(store, write, size, MAILS_MOST, &length);
        time = measure(store, write, size, MAILS_MOST, &length);
        print_time(what, size, length, time);
        store_close(store);
    }
}

/* ---- the index ----------------------------------------------------------------------------- */

/* Records the learned data of a patch of one file, with keys as of the plugin series. */
static void series_record(struct store *store, size_t i) {
    char id[32], topic[32], author[48], title[64], message_id[64], texts[5][128];
    const char *keys[] = {texts[0], texts[1], texts[2], texts[3], texts[4]};
    int64_t received = 1700000000 + (int64_t)i;
    struct learned learned;

    snprintf(id, sizeof(id), "s1-%016zx", i * 2654435761u);
    snprintf(topic, sizeof(topic), "t1-%016zx", i * 2654435761u);
    snprintf(author, sizeof(author), "ada%zu@example.org", i / AUTHOR_SERIES);
    snprintf(title, sizeof(title), "harbour: light %zu of the outer jetty", i);
    snprintf(message_id, sizeof(message_id), "known-%zu-%zu@example.org", i * 40503 % 1000003, i);
    snprintf(texts[0], sizeof(texts[0]), "author %s", author);
    snprintf(texts[1], sizeof(texts[1]), "base %s %012zx", author, i);
    snprintf(texts[2], sizeof(texts[2]), "patch %040zx", i * 2654435761u);
    snprintf(texts[3], sizeof(texts[3]), "title %s light %zu of the outer jetty", author, i);
    snprintf(texts[4], sizeof(texts[4]), "whole %s %s", author, title);
    learned = (struct learned){
        .message = {.message_id = message_id,
                    .series = id,
                    .sender = author,
                    .kind = "patch",
                    .lists = "list.lists.example.org",
                    .posted = "",
                    .part = 1,
                    .received = received},
        .series = {.id = id,
                   .topic = topic,
                   .author = author,
                   .title = title,
                   .version = 1,
                   .total = 1,
                   .changed = received,
                   .archived = true},
        .member = {.message_id = message_id, .title = title, .author = author, .part = 1},
        .keys = {keys, 5},
        .target = -1};
    learned_record(store, &learned);
}

static void series_fill(struct store *store, size_t series) {
    for (size_t i = 0; i < series;) {
        store_batch_begin(store);
        for (size_t end = i + SERIES_BATCH; i < end && i < series; i++)
            series_record(store, i);
        if (store_batch_end(store) < 0)
            exit(EX_IOERR);
        store_checkpoint(store);
    }
}

/* An index of SERIES series, on disk as that of the daemon. */
struct known {
    size_t series;
    char folder[INSIDE_PATH_SIZE];
    struct store *store;
    uint32_t times[ROUNDS];
    int64_t others; /* CPU time of the thread that commits, in nanoseconds */
    size_t length;
};

static void known_open(struct known *known, size_t series) {
    known->series = series;
    known->store = inside_store_open(known->folder);
    if (!known->store)
        exit(EX_CANTCREAT);
    series_fill(known->store, series);
    measure(known->store, known_write, series, MAILS_ROUND, &known->length);
}

static void known_measure(struct known *known, int round) {
    int64_t others = inside_cpu_others();

    known->times[round] =
        measure(known->store, known_write, known->series, MAILS_ROUND, &known->length);
    nanosleep(&(struct timespec){.tv_nsec = COMMIT_NS}, NULL);
    known->others += inside_cpu_others() - others;
}

static void known_close(struct known *known) {
    qsort(known->times, ROUNDS, sizeof(*known->times), inside_compare);
    print_time("series", known->series, known->length, known->times[ROUNDS / 2]);
    print_time("commit", known->series, known->length,
               (uint32_t)(known->others / ROUNDS / MAILS_ROUND));
    inside_store_remove(known->store, known->folder);
}

/* Measures the indexes alternately, because the speed of a processor changes with time. */
static void by_index(size_t most) {
    static struct known known[SIZES_MOST];
    size_t count = 0;

    for (size_t series = 10; series <= most && count < SIZES_MOST; series *= 10)
        known_open(&known[count++], series);
    for (int round = 0; round < ROUNDS; round++)
        for (size_t i = 0; i < count; i++)
            known_measure(&known[i], round);
    for (size_t i = 0; i < count; i++)
        known_close(&known[i]);
}

int main(int argc, char **argv) {
    size_t most = argc > 1 ? strtoul(argv[1], NULL, 10) : SERIES_MOST;

    log_open(LOG_TO_STDERR, PATCHMARK_WARNING);
    message_library_init();
    pipeline = inside_pipeline();
    if (!pipeline || mail_init(&mail) < 0)
        return EX_CONFIG;
    by_mail("patch", patch_write, 1024, 2 * 1024 * 1024, 2);
    by_mail("reply", reply_write, 1024, 2 * 1024 * 1024, 2);
    by_mail("files", files_write, 1, 10000, 10);
    by_index(most);
    mail_free(&mail);
    pipeline_release(pipeline);
    return EX_OK;
}
