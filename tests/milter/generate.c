/* SPDX-License-Identifier: BSD-2-Clause
 *
 * generate.c - writes COUNT mails like those of development lists, as an mbox to standard output,
 * for tests and benchmarks that need load.
 *
 *     generate [-n COUNT] [-s SEED] [-c FILE]
 *
 * The mails are single patches, series with a cover, new versions of them, and replies with and
 * without tags.  Sizes and header fields are as measured on lists: about 40 fields, half of the
 * mails over 8 KB, one in a hundred over 40 KB.  The same SEED results in the same bytes.  Mails of
 * different seeds have no ids or titles in common, so one index can record several runs.
 *
 * Writes to FILE how many events a correct filter appends for the mails, as lines NAME=NUMBER for a
 * shell: mails, series (each is opened and completed once), superseded, tags.
 *
 * The only error is that the output cannot be written.
 */
#include <getopt.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#define FIRST_DATE 1772445600 /* 2026-03-02 10:00:00 UTC */
#define PARTS_MAX  12
#define RECENT     64 /* series that replies and new versions refer to */
/* The newest of them, which get no new version yet: their mails and those of the new version could
 * overtake each other. */
#define RECENT_LEFT 24
#define BODY_MEDIAN 3800.0
#define BODY_SPREAD 0.98 /* standard deviation of the logarithm of the size */
#define BODY_LEAST  400.0
#define BODY_MOST   (200 * 1024.0)

struct series {
    unsigned number; /* unique for the seed */
    unsigned author;
    unsigned version;
    unsigned total; /* 0 for a single patch without a number */
    time_t date;
    bool superseded;
};

static unsigned seed = 1;
static uint64_t random_state;
static unsigned mails, series_count, superseded, tags;
static struct series recent[RECENT];

static const char *const words[] = {
    "harbour", "tide",  "buoy",   "chart",  "depth",  "sounder", "anchor", "beacon",
    "current", "ferry", "gauge",  "hull",   "island", "jetty",   "keel",   "lantern",
    "mast",    "north", "offset", "pilot",  "quay",   "rudder",  "signal", "table",
    "vessel",  "wave",  "window", "yard",   "zenith", "marker",  "lock",   "timer",
    "pointer", "cache", "reader", "writer", "buffer", "driver",  "region", "handle",
};
static const char *const verbs[] = {"count", "refuse",  "name",   "check", "drop",
                                    "keep",  "measure", "report", "split", "bound"};
static const char *const names[] = {"Ada",    "Berta", "Carol", "Dora",  "Emil", "Frida",
                                    "Gustav", "Hanna", "Ida",   "Jonas", "Karl", "Lena"};
static const char *const families[] = {"Example", "Sample", "Probe", "Muster"};

/* ---- chance ------------------------------------------------------------------------------- */

static uint32_t chance(uint32_t below) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint32_t)((random_state * 0x2545F4914F6CDD1DULL) >> 33) % below;
}

static const char *word(void) {
    return words[chance(sizeof(words) / sizeof(*words))];
}

/* Returns the size of a body in bytes, with a log-normal distribution. */
static size_t body_size(void) {
    double normal = -6;
    for (int i = 0; i < 12; i++)
        normal += chance(1 << 20) / (double)(1 << 20);
    double size = BODY_MEDIAN * exp(BODY_SPREAD * normal);
    return (size_t)fmin(fmax(size, BODY_LEAST), BODY_MOST);
}

/* ---- output ------------------------------------------------------------------------------- */

/* The text of a body is collected here first, so that it can be quoted. */
static char body[256 * 1024];
static size_t body_length;

static void __attribute__((format(printf, 1, 2))) add(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(body + body_length, sizeof(body) - body_length, format, arguments);
    va_end(arguments);
    if (length > 0 && (size_t)length < sizeof(body) - body_length)
        body_length += (size_t)length;
}

static void add_sentences(unsigned lines) {
    for (unsigned i = 0; i < lines; i++)
        add("The %s of the %s is not the %s that the %s waits for, so\n", word(), word(), word(),
            word());
}

/* ---- header ------------------------------------------------------------------------------- */

static const char *address(unsigned person) {
    static char text[2][96];
    static unsigned turn;
    char *out = text[turn++ % 2];
    const char *name = names[person % 12], *family = families[person / 12 % 4];
    snprintf(out, sizeof(text[0]), "%s %s <%c%s.%s@example.org>", name, family, *name | 32,
             name + 1, family);
    return out;
}

static const char *date_text(time_t date) {
    static char text[64];
    struct tm when;
    strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S +0000", gmtime_r(&date, &when));
    return text;
}

/* Returns a Message-ID in the format of git send-email. */
static const char *message_id(const struct series *series, unsigned part) {
    static char text[2][128];
    static unsigned turn;
    char *out = text[turn++ % 2], stamp[32];
    struct tm when;
    strftime(stamp, sizeof(stamp), "%Y%m%d%H%M%S", gmtime_r(&series->date, &when));
    snprintf(out, sizeof(text[0]), "%s.%u-%u-author%u@example.org", stamp, 1000 + seed, part + 1,
             series->author);
    return out;
}

static const char *title(const struct series *series, unsigned part) {
    static char text[192];
    unsigned n = series->number * 7 + part;
    snprintf(text, sizeof(text), "%s: %s the %s of %s %u.%u.%u", words[n % 40], verbs[n % 10],
             words[(n / 3 + 11) % 40], words[(n / 5 + 23) % 40], seed, series->number, part);
    return text;
}

static const char *subject(const struct series *series, unsigned part) {
    static char text[256];
    char version[16] = "", place[32] = "";
    if (series->version > 1)
        snprintf(version, sizeof(version), " v%u", series->version);
    if (series->total > 0)
        snprintf(place, sizeof(place), " %u/%u", part, series->total);
    snprintf(text, sizeof(text), "[PATCH%s%s] %s", version, place, title(series, part));
    return text;
}

/* Prints lines of base64 as in DKIM signatures. */
static void print_noise(const char *before, unsigned lines) {
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (unsigned i = 0; i < lines; i++) {
        fputs(before, stdout);
        for (int j = 0; j < 68; j++)
            putchar(letters[chance(64)]);
        putchar('\n');
    }
}

static void print_way(time_t date) {
    printf("Return-Path: <tidewater-devel-bounces@lists.example.org>\n"
           "X-Original-To: tidewater-devel@archive.example.org\n"
           "Delivered-To: tidewater-devel@archive.example.org\n");
    for (unsigned hop = 0; hop < 9; hop++)
        printf("Received: from %s%u.example.net (%s%u.example.net [192.0.2.%u])\n"
               "\tby %s.example.org (Postfix) with ESMTPS id %08X%02X\n"
               "\tfor <tidewater-devel@lists.example.org>; %s\n",
               word(), hop, word(), hop, chance(254) + 1, word(), chance(1U << 31), hop,
               date_text(date - hop));
    printf("X-Virus-Scanned: at lists.example.org\n"
           "X-Spam-Flag: NO\nX-Spam-Score: -4.%03u\nX-Spam-Level:\n"
           "X-Spam-Status: No, score=-4.2 required=6.1 tests=[BAYES_00=-1.9,\n"
           "\tDKIM_SIGNED=0.1, RCVD_IN_DNSWL_MED=-2.3] autolearn=ham\n"
           "Authentication-Results: lists.example.org; dkim=pass header.i=@example.org\n"
           "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.org; s=harbour;\n"
           "\th=from:to:cc:subject:date:message-id:in-reply-to:references; bh=\n",
           chance(1000));
    print_noise("\t", 5);
    printf("X-Google-DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;\n"
           "\td=1e100.example.net; s=20230601; b=\n");
    print_noise("\t", 5);
    printf("X-Gm-Message-State: \n");
    print_noise("\t", 2);
    printf("X-Google-Smtp-Source: \n");
    print_noise("\t", 1);
}

static void print_list(void) {
    printf("MIME-Version: 1.0\n"
           "Content-Type: text/plain; charset=UTF-8\n"
           "Content-Transfer-Encoding: 8bit\n"
           "X-BeenThere: tidewater-devel@lists.example.org\n"
           "X-Mailman-Version: 2.1.39\n"
           "Precedence: list\n"
           "List-Id: Development of tidewater <tidewater-devel.lists.example.org>\n"
           "List-Unsubscribe: <https://lists.example.org/options/tidewater-devel>,\n"
           " <mailto:tidewater-devel-request@lists.example.org?subject=unsubscribe>\n"
           "List-Archive: <https://lists.example.org/pipermail/tidewater-devel>\n"
           "List-Post: <mailto:tidewater-devel@lists.example.org>\n"
           "List-Help: <mailto:tidewater-devel-request@lists.example.org?subject=help>\n"
           "List-Subscribe: <https://lists.example.org/listinfo/tidewater-devel>,\n"
           " <mailto:tidewater-devel-request@lists.example.org?subject=subscribe>\n"
           "Errors-To: tidewater-devel-bounces@lists.example.org\n"
           "Sender: \"tidewater-devel\" <tidewater-devel-bounces@lists.example.org>\n");
}

/* Prints a mail with the collected body.  PARENT and ROOT are Message-IDs, or NULL. */
static void print_mail(unsigned person, const char *subject_text, const char *id, time_t date,
                       const char *parent, const char *root) {
    printf("From patchmark Thu Jan  1 00:00:00 1970\n");
    print_way(date);
    printf("From: %s\nTo: tidewater-devel@lists.example.org\n", address(person));
    printf("Cc: %s,\n\tlinux-tides@lists.example.net\n", address(person + 5));
    printf("Subject: %s\nDate: %s\nMessage-ID: <%s>\n", subject_text, date_text(date), id);
    if (parent)
        printf("In-Reply-To: <%s>\nReferences: <%s>\n", parent, root ? root : parent);
    if (parent && root && strcmp(parent, root) != 0)
        printf("\t<%s>\n", parent);
    printf("X-Mailer: git-send-email 2.39.5\n");
    print_list();
    putchar('\n');
    fwrite(body, 1, body_length, stdout);
    putchar('\n');
    mails++;
}

/* ---- bodies ------------------------------------------------------------------------------- */

static void add_hunk(unsigned line) {
    unsigned removed = chance(4), added = 1 + chance(8);
    add("@@ -%u,%u +%u,%u @@ static int %s_%s(struct %s *%s)\n", line, 6 + removed, line, 6 + added,
        word(), word(), word(), word());
    for (int i = 0; i < 3; i++)
        add(" \tif (%s->%s < %u)\n", word(), word(), chance(1000));
    for (unsigned i = 0; i < removed; i++)
        add("-\t%s_%s(%s, %u);\n", word(), word(), word(), chance(100000));
    for (unsigned i = 0; i < added; i++)
        add("+\t%s->%s = %s_%s(%s, 0x%x);\n", word(), word(), word(), word(), word(),
            chance(1U << 30));
    for (int i = 0; i < 3; i++)
        add(" \treturn %s->%s;\n", word(), word());
}

/* Appends hunks until the body has SIZE bytes; about one in six starts a new file. */
static void add_diff(size_t size) {
    unsigned line = 0;
    do {
        if (line == 0 || chance(6) == 0) {
            const char *folder = word(), *file = word();
            line = 1 + chance(200);
            add("diff --git a/%s/%s.c b/%s/%s.c\nindex %07x..%07x 100644\n", folder, file, folder,
                file, chance(1 << 28), chance(1 << 28));
            add("--- a/%s/%s.c\n+++ b/%s/%s.c\n", folder, file, folder, file);
        }
        add_hunk(line);
        line += 20 + chance(100);
    } while (body_length < size);
}

static void make_patch(const struct series *series, unsigned part) {
    size_t size = body_size();
    body_length = 0;
    add_sentences(2 + chance(6));
    add("\nSigned-off-by: %s\n---\n %s/%s.c | %u +++--\n 1 file changed\n\n",
        address(series->author), word(), word(), 5 + chance(40));
    add_diff(size);
    add("-- \n2.39.5\n");
    const char *root = part == 0 || series->total == 0 ? NULL : message_id(series, 0);
    print_mail(series->author, subject(series, part), message_id(series, part), series->date + part,
               root, root);
}

static void make_cover(const struct series *series) {
    body_length = 0;
    add_sentences(5 + chance(20));
    add("\n%s (%u):\n", address(series->author), series->total);
    for (unsigned part = 1; part <= series->total; part++)
        add("  %s\n", title(series, part));
    add("\n %s.c | %u +++--\n %u files changed\n\n-- \n2.39.5\n", word(), chance(100),
        series->total + 1);
    print_mail(series->author, subject(series, 0), message_id(series, 0), series->date, NULL, NULL);
}

/* Replaces the collected text by its first SIZE bytes, quoted as a reply by WHO's mailer. */
static void quote_body(size_t size, const char *who) {
    static char quoted[sizeof(body)];
    size_t length = body_length < size ? body_length : size;
    while (length > 0 && body[length - 1] != '\n')
        length--;
    memcpy(quoted, body, length);
    body_length = 0;
    add("On %s, %s wrote:\n", "Mon, Mar 02, 2026 at 10:00:00AM +0000", who);
    for (size_t at = 0; at < length;) {
        size_t end = at;
        while (quoted[end] != '\n')
            end++;
        add("> %.*s\n", (int)(end - at), quoted + at);
        at = end + 1;
    }
}

/* Prints a reply to a part of SERIES. */
static void make_reply(const struct series *series, time_t date) {
    static const char *const tag_names[] = {"Reviewed-by", "Acked-by", "Tested-by"};
    unsigned part = series->total > 0 ? chance(series->total + 1) : 0;
    unsigned person = series->author + 1 + chance(40);
    size_t size = body_size();
    char id[96], subject_text[280];

    body_length = 0;
    add_sentences(3);
    add("\nSigned-off-by: %s\n---\n", address(series->author));
    add_diff(size);
    quote_body(size, address(series->author));
    add("\n");
    add_sentences(1 + chance(5));
    if (chance(2) == 0) {
        add("\n%s: %s\n", tag_names[chance(3)], address(person));
        tags++;
    }
    snprintf(id, sizeof(id), "answer-%u-%u-%08x@example.net", seed, mails, chance(1U << 31));
    snprintf(subject_text, sizeof(subject_text), "Re: %s", subject(series, part));
    print_mail(person, subject_text, id, date, message_id(series, part),
               series->total > 0 ? message_id(series, 0) : NULL);
}

/* ---- the stream of mails ------------------------------------------------------------------ */

/* Returns the next series: a new version of an earlier one that is not among the newest, or a new
 * one. */
static struct series next_series(unsigned left, time_t date) {
    struct series *old = &recent[(series_count + chance(RECENT - RECENT_LEFT)) % RECENT];
    struct series series = {.number = series_count, .author = chance(48), .version = 1};
    if (series_count >= RECENT && chance(5) == 0 && !old->superseded && old->total < left) {
        series = *old;
        series.version++;
        old->superseded = true;
        superseded++;
    } else if (left > PARTS_MAX && chance(3) != 0) {
        series.total = 1 + chance(PARTS_MAX - 1);
    }
    series.date = date;
    return series;
}

static void make_series(unsigned left, time_t date) {
    struct series series = next_series(left, date);
    recent[series_count++ % RECENT] = series;
    if (series.total == 0) {
        make_patch(&series, 0);
        return;
    }
    make_cover(&series);
    for (unsigned part = 1; part <= series.total; part++)
        make_patch(&series, part);
}

static unsigned number(const char *text, unsigned most) {
    char *end;
    unsigned long value = strtoul(text, &end, 10);
    if (end == text || *end || *text == '-' || value < 1 || value > most) {
        fprintf(stderr, "generate: invalid number '%s'; allowed: 1 to %u\n", text, most);
        exit(EX_USAGE);
    }
    return (unsigned)value;
}

static int write_counts(const char *path) {
    FILE *out = fopen(path, "w");
    if (!out)
        return -1;
    fprintf(out, "mails=%u\nseries=%u\nsuperseded=%u\ntags=%u\n", mails, series_count, superseded,
            tags);
    return fclose(out);
}

int main(int argc, char **argv) {
    unsigned count = 1000;
    const char *counts = NULL;
    for (int option; (option = getopt(argc, argv, "n:s:c:")) != -1;) {
        if (option == 'n')
            count = number(optarg, 10000000);
        else if (option == 's')
            seed = number(optarg, 60000);
        else if (option == 'c')
            counts = optarg;
        else
            return EX_USAGE;
    }
    random_state = 0x9E3779B97F4A7C15ULL * seed;
    for (time_t date = FIRST_DATE; mails < count; date += 60) {
        if (series_count == 0 || chance(10) < 4)
            make_series(count - mails, date);
        else
            make_reply(&recent[chance(series_count < RECENT ? series_count : RECENT)], date);
    }
    if (fflush(stdout) != 0 || ferror(stdout) || (counts && write_counts(counts) != 0)) {
        perror("generate");
        return EX_IOERR;
    }
    return 0;
}
