/* SPDX-License-Identifier: BSD-2-Clause
 *
 * web.c - measures the answers of the API (milter/web/api.h) on a large store.  Run by hand:
 *
 *     make tests/bench/web && tests/bench/web FOLDER [SERIES [ROUNDS [TEXT]]]
 *
 * If FOLDER does not exist, makes a store there with SERIES series (100,000 unless stated) of the
 * last half year: 1 to 12 parts, half of them with a cover, every fourth a new version of another;
 * answers, tags, reports of robots, applied series; 30 lists, 3,000 authors; one series of 2,000
 * parts and 5,000 answers; and 50,000 events.  Then prints for each request its status, its size,
 * the median and the maximum of ROUNDS rounds (50 unless stated), and how many requests with `next`
 * follow until the search is complete, at most 1,000.  With TEXT, only those that contain it.
 */
#include "store/index.h"
#include "store/outbox.h"
#include "util/clock.h"
#include "web/api.h"

#include "settings/configuration-load.h"

#include <glib.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#define SERIES  100000
#define ROUNDS  50
#define LISTS   30
#define AUTHORS 3000
#define EVENTS  50000
#define BATCH   2000
#define SPAN    (180 * 24 * 3600)

/* ---- the store ----------------------------------------------------------------------------- */

static const char *const words[] = {"fix",     "add",    "remove", "driver",  "memory", "leak",
                                    "support", "device", "queue",  "network", "buffer", "kernel",
                                    "clock",   "timer",  "handle", "error",   "path",   "return",
                                    "value",   "struct", "layout", "cache",   "flush",  "page",
                                    "table",   "lock",   "order"};
#define WORDS (sizeof(words) / sizeof(words[0]))

struct filling {
    struct store *store;
    GRand *random;
    int64_t start;
    int number;
    char title[256], address[64], name[64], list[64], id[PATCHMARK_ID_SIZE],
        topic[PATCHMARK_ID_SIZE], older[PATCHMARK_ID_SIZE], notes[400];
};

static int pick(struct filling *filling, int below) {
    return g_rand_int_range(filling->random, 0, below);
}

static void id_of(const char *prefix, int number, char id[PATCHMARK_ID_SIZE]) {
    char text[32];

    snprintf(text, sizeof(text), "series %d", number);
    patchmark_id(prefix, patchmark_text_of(text), id);
}

static void names_make(struct filling *filling) {
    int author = pick(filling, AUTHORS);
    bool newer = filling->number > 1000 && filling->number % 4 == 0;

    snprintf(filling->title, sizeof(filling->title), "%s: %s %s %s %s number %d",
             words[(size_t)pick(filling, WORDS)], words[(size_t)pick(filling, WORDS)],
             words[(size_t)pick(filling, WORDS)], words[(size_t)pick(filling, WORDS)],
             words[(size_t)pick(filling, WORDS)], filling->number);
    snprintf(filling->address, sizeof(filling->address), "author%d@company%d.example.org", author,
             author % 100);
    snprintf(filling->name, sizeof(filling->name), author % 20 ? "Author Number %d" : "Jürgen Ä%d",
             author);
    snprintf(filling->list, sizeof(filling->list), "list%d.example.org", pick(filling, LISTS));
    id_of("s1-", filling->number, filling->id);
    id_of("t1-", newer ? filling->number - 1000 : filling->number, filling->topic);
    *filling->older = '\0';
    if (newer)
        id_of("s1-", filling->number - 1000, filling->older);
}

static void mail_record(struct filling *filling, const char *message_id, int part, int total,
                        int64_t time) {
    char title[300];

    snprintf(title, sizeof(title), "%s, part %d", filling->title, part);
    index_record_message(filling->store, &(struct index_message){.message_id = message_id,
                                                                 .series = filling->id,
                                                                 .sender = filling->address,
                                                                 .kind = part ? "patch" : "cover",
                                                                 .lists = filling->list,
                                                                 .posted = filling->list,
                                                                 .published = true,
                                                                 .part = part,
                                                                 .received = time,
                                                                 .target = -1,
                                                                 .notes = filling->notes,
                                                                 .title = title});
    index_record_member(
        filling->store,
        &(struct index_series){.id = filling->id,
                               .topic = filling->topic,
                               .author = filling->address,
                               .title = part ? title : filling->title,
                               .submitter_name = filling->name,
                               .patch_author = filling->address,
                               .patch_author_name = filling->name,
                               .tree = "net-next",
                               .lists = filling->list,
                               .version = *filling->older ? 2 : 1,
                               .total = total,
                               .supersedes = filling->older,
                               .how = *filling->older ? "title" : "",
                               .replaces = *filling->older ? "all" : "",
                               .changed = time},
        &(struct index_member){.message_id = message_id, .title = title, .part = part}, true);
}

static void answer_record(struct filling *filling, int number, int part, int64_t time) {
    char id[80], sender[64];
    int what = pick(filling, 8);

    snprintf(id, sizeof(id), "%d.%d-answer@example.org", filling->number, number);
    snprintf(sender, sizeof(sender), "reviewer%d@example.com", pick(filling, 500));
    index_record_message(
        filling->store,
        &(struct index_message){.message_id = id,
                                .series = filling->id,
                                .sender = sender,
                                .sender_name = what == 5 ? "robot" : "A Reviewer",
                                .kind = what == 5 ? "report" : "reply",
                                .lists = filling->list,
                                .posted = filling->list,
                                .published = true,
                                .part = -1,
                                .received = time,
                                .target = part,
                                .tags = what < 2 ? "Reviewed-by: A Reviewer <r@example.com>" : NULL,
                                .robot = what == 5 ? "test robot" : NULL,
                                .verdict = what == 5 ? "pass" : NULL,
                                .applied = what == 6 ? "all\nto net-next" : NULL});
}

static void series_record(struct filling *filling, int total, int answers, bool cover) {
    int64_t time = filling->start + (int64_t)((double)filling->number * SPAN / (SERIES + 1.0));
    char id[80];

    names_make(filling);
    for (int part = cover ? 0 : 1; part <= total; part++) {
        if (total > 1 && part == total && filling->number % 20 == 3)
            continue; /* it is missing */
        snprintf(id, sizeof(id), "%d.%d-part@example.org", filling->number, part);
        mail_record(filling, id, part, total, time + part);
    }
    for (int i = 0; i < answers; i++)
        answer_record(filling, i, pick(filling, total + 1), time + 3600 + i);
}

static void events_append(struct filling *filling) {
    for (int i = 0; i < EVENTS; i++) {
        char id[40], list[40], data[2048];

        if (i % BATCH == 0 && i > 0)
            store_commit(filling->store), store_begin(filling->store);
        snprintf(id, sizeof(id), "%032d", i);
        snprintf(list, sizeof(list), "list%d.example.org", i % LISTS);
        snprintf(data, sizeof(data),
                 "{\"message\":{\"id\":\"%d@example.org\",\"text\":\"%01500d\"}}", i, i);
        outbox_append(filling->store,
                      &(struct outbox_event){.id = id,
                                             .type = i % 10 ? "patchmark.message.seen.v1"
                                                            : "patchmark.series.opened.v1",
                                             .subject = id,
                                             .list = list,
                                             .series = "",
                                             .source = "https://host.example.org/patchmark",
                                             .data = data,
                                             .data_length = strlen(data),
                                             .time = filling->start});
    }
}

static int store_fill(const char *folder, int series) {
    struct filling filling = {.store = store_open(folder),
                              .random = g_rand_new_with_seed(1),
                              .start = (int64_t)time(NULL) - SPAN};

    if (!filling.store)
        return -1;
    memset(filling.notes, 'n', sizeof(filling.notes) - 1);
    store_begin(filling.store);
    for (filling.number = 1; filling.number <= series; filling.number++) {
        int total = pick(&filling, 3) ? 1 + pick(&filling, 12) : 1;

        if (filling.number % BATCH == 0) {
            store_commit(filling.store);
            store_checkpoint(filling.store);
            store_begin(filling.store);
        }
        series_record(&filling, total, pick(&filling, 6), total > 1 && pick(&filling, 2));
    }
    series_record(&filling, 2000, 5000, true);
    events_append(&filling);
    store_commit(filling.store);
    g_rand_free(filling.random);
    store_close(filling.store);
    return 0;
}

/* ---- requests ------------------------------------------------------------------------------ */

/* A path with its query, decoded. */
struct query {
    const char *path, *arguments; /* "name=value&name=value" */
    char value[512];
    const char *before;
};

static const char *argument_find(void *context, const char *name) {
    struct query *query = context;
    size_t length = strlen(name);

    if (query->before && strcmp(name, "before") == 0)
        return query->before;
    for (const char *at = query->arguments; at && *at;) {
        const char *end = at + strcspn(at, "&");

        if (strncmp(at, name, length) == 0 && at[length] == '=') {
            char *value = g_strndup(at + length + 1, (gsize)(end - at) - length - 1);

            return g_intern_string(value); /* few different ones */
        }
        at = *end ? end + 1 : end;
    }
    return NULL;
}

static int compare(const void *one, const void *other) {
    double a = *(const double *)one, b = *(const double *)other;

    return a < b ? -1 : a > b;
}

/* The milliseconds that one request took: by the clock, and of the CPU, on which other programs
 * have less influence. */
struct cost {
    double clock, cpu;
};

static int64_t cpu_nanoseconds(void) {
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static struct cost request_cost(struct api *api, struct query *query, struct web_answer *answer) {
    const struct web_request request = {query->path, argument_find, query, NULL};
    int64_t began = clock_nanoseconds(), cpu = cpu_nanoseconds();

    api_answer(api, &request, answer);
    return (struct cost){(double)(clock_nanoseconds() - began) / 1e6,
                         (double)(cpu_nanoseconds() - cpu) / 1e6};
}

/* Returns the `next` in BODY, for g_free; NULL if there is none. */
static char *next_of(const char *body) {
    const char *at = strstr(body, "\"next\":\""), *end = at ? strchr(at + 8, '"') : NULL;

    return end ? g_strndup(at + 8, (gsize)(end - at) - 8) : NULL;
}

/* Returns how many requests a complete search takes, at most 1,000. */
static int requests_count(struct api *api, struct query *query) {
    g_autofree char *next = NULL;
    int count = 0;

    do {
        struct web_answer answer;
        char *before = next;

        query->before = before;
        request_cost(api, query, &answer);
        next = next_of(answer.body);
        g_free(before);
        free(answer.body);
        free(answer.location);
    } while (++count < 1000 && next);
    query->before = NULL;
    return count;
}

static const char *only; /* the argument TEXT; NULL: all */

static void measure(struct api *api, const char *path, const char *arguments, int rounds) {
    struct query query = {.path = path, .arguments = arguments};
    double *times = calloc((size_t)rounds, sizeof(*times)),
           *cpu = calloc((size_t)rounds, sizeof(*cpu));
    struct web_answer answer = {.status = 0};
    char request[200];

    snprintf(request, sizeof(request), "%s%s%s", path, *arguments ? "?" : "", arguments);
    if (only && !strstr(request, only))
        rounds = 0;
    for (int i = 0; i < rounds; i++) {
        struct cost cost = request_cost(api, &query, &answer);

        times[i] = cost.clock;
        cpu[i] = cost.cpu;
        free(answer.body);
        free(answer.location);
    }
    qsort(times, (size_t)rounds, sizeof(*times), compare);
    qsort(cpu, (size_t)rounds, sizeof(*cpu), compare);
    if (rounds > 0)
        printf("%-56s %3u %8zu %8.2f %8.2f %8.2f %8.2f %6d\n", request, answer.status,
               answer.length, times[rounds / 2], times[rounds - 1], cpu[rounds / 2],
               cpu[rounds - 1], strcmp(path, "/api/series") == 0 ? requests_count(api, &query) : 1);
    free(times);
    free(cpu);
}

int main(int argc, char **argv) {
    struct configuration configuration = {.host = (char *)"host.example.org"};
    int series = argc > 2 ? atoi(argv[2]) : SERIES, rounds = argc > 3 ? atoi(argv[3]) : ROUNDS;
    char middle[64], giant[64], id[PATCHMARK_ID_SIZE];
    struct api *api;

    only = argc > 4 ? argv[4] : NULL;
    if (argc < 2 || series < 2000 || rounds < 1) {
        fputs("usage: web FOLDER [SERIES [ROUNDS [TEXT]]]\n", stderr);
        return EX_USAGE;
    }
    configuration.state = argv[1];
    if (access(argv[1], F_OK) < 0 && store_fill(argv[1], series) < 0)
        return EX_IOERR;
    api = api_open(&configuration);
    id_of("s1-", series / 2, id);
    snprintf(middle, sizeof(middle), "/api/series/%s", id);
    id_of("s1-", series + 1, id);
    snprintf(giant, sizeof(giant), "/api/series/%s", id);
    printf("%-56s %3s %8s %8s %8s %8s %8s %6s\n", "ms: p50 and max by the clock, of the CPU", "",
           "bytes", "clock", "max", "cpu", "max", "pages");
    measure(api, "/api/series", "", rounds);
    measure(api, "/api/series", "limit=200", rounds);
    measure(api, "/api/series", "q=nothing-has-this", rounds);
    measure(api, "/api/series", "q=driver leak", rounds);
    measure(api, "/api/series", "q=number 4242", rounds);
    measure(api, "/api/series", "q=JÜRGEN", rounds);
    measure(api, "/api/series", "q=<500.1-part@example.org>", rounds);
    measure(api, "/api/series", "list=list7.example.org", rounds);
    measure(api, "/api/series", "list=unknown.example.org", rounds);
    measure(api, "/api/series", "author=author17@company17", rounds);
    measure(api, "/api/series", "author=nobody", rounds);
    measure(api, "/api/series", "state=incomplete", rounds);
    measure(api, "/api/series", "state=open", rounds);
    measure(api, "/api/series", "state=superseded&limit=200", rounds);
    measure(api, "/api/series", "waiting=1", rounds);
    measure(api, "/api/series", "waiting=1&limit=200", rounds);
    measure(api, middle, "", rounds);
    measure(api, giant, "", rounds);
    measure(api, "/api/series/unknown", "", rounds);
    measure(api, "/api/messages/500.1-part@example.org", "", rounds);
    measure(api, "/api/events", "", rounds);
    measure(api, "/api/events", "since=1&limit=200", rounds);
    measure(api, "/api/events", "since=1&type=trailer.given", rounds);
    measure(api, "/api/events", "since=1&list=list7.example.org&limit=200", rounds);
    measure(api, "/api/events", "list=unknown.example.org", rounds);
    measure(api, "/api/lists", "", rounds);
    measure(api, "/api/activity", "", rounds);
    measure(api, "/api/activity", "hours=168", rounds);
    measure(api, "/api/health", "", rounds);
    measure(api, "/feed.atom", "", rounds);
    measure(api, "/lists/list7.example.org/feed.atom", "", rounds);
    api_close(api);
    return EX_OK;
}
